package smap.identity.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.MessageProperties;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.AmqpException;
import smap.identity.support.RabbitMqNode;
import smap.identity.support.RequiresRabbitMq;

@RequiresRabbitMq
class MailTopologyTest {

    private static final String EXCHANGE = "smtp_send_email_exc";
    private static final String QUEUE = "smtp_send_email";
    private static final String DEAD = "smtp_send_email.dead";
    private static final String RETRY = "smtp_send_email.retry.";
    private static final String BACKUP = "email_backup";

    private RabbitMqNode node;
    private String url;

    @BeforeEach
    void start(RabbitMqNode shared) {
        node = shared;
        url = node.newVirtualHost();
    }

    @Test
    void a_connection_declares_what_the_old_services_declare() throws Exception {
        connect();

        try (Connection old = node.connect(url); Channel channel = old.createChannel()) {
            assertThatCode(() -> declareAsTheOldServices(channel)).doesNotThrowAnyException();
            channel.queueDeclare(DEAD, true, false, false, null);
            channel.basicPublish(EXCHANGE, "any key", MessageProperties.PERSISTENT_BASIC, new byte[] {1});
            assertThat(channel.queueDeclarePassive(QUEUE).getMessageCount()).isLessThanOrEqualTo(1);
        }
        assertThat(node.queueDepth(url, QUEUE)).isEqualTo(1);
        assertThat(node.queueDepth(url, DEAD)).isZero();
    }

    @Test
    void what_exists_already_is_left_as_it_is_with_its_messages() throws Exception {
        try (Connection old = node.connect(url); Channel channel = old.createChannel()) {
            declareAsTheOldServices(channel);
            channel.confirmSelect();
            channel.basicPublish(EXCHANGE, "", MessageProperties.PERSISTENT_BASIC, new byte[] {1});
            channel.waitForConfirmsOrDie(10_000);
        }

        connect();
        connect();

        assertThat(node.queueDepth(url, QUEUE)).isEqualTo(1);
    }

    @Test
    void a_queue_with_other_arguments_refuses_the_connection_and_says_which_and_why() throws Exception {
        try (Connection other = node.connect(url); Channel channel = other.createChannel()) {
            channel.queueDeclare(QUEUE, true, false, false, Map.of("x-max-length", 10));
        }

        assertThatThrownBy(this::connect).isInstanceOf(AmqpException.class)
                .hasStackTraceContaining("PRECONDITION_FAILED").hasStackTraceContaining("x-max-length").hasStackTraceContaining(QUEUE);
    }

    @Test
    void an_exchange_of_another_kind_refuses_the_connection() throws Exception {
        try (Connection other = node.connect(url); Channel channel = other.createChannel()) {
            channel.exchangeDeclare(EXCHANGE, "topic", true);
        }

        assertThatThrownBy(this::connect).isInstanceOf(AmqpException.class).hasStackTraceContaining("PRECONDITION_FAILED")
                .hasStackTraceContaining(EXCHANGE);
    }

    @Test
    void a_message_in_a_retry_queue_comes_back_to_the_work_queue_and_nowhere_else() throws Exception {
        connect(Map.of("MAIL_RETRY_DELAYS", "300ms,1h", "MAIL_BACKUP_ENABLED", "true"));

        publish(RETRY + "300ms");
        publish(RETRY + "1h");

        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> node.queueDepth(url, QUEUE) == 1);
        assertThat(node.queueDepth(url, RETRY + "300ms")).isZero();
        assertThat(node.queueDepth(url, RETRY + "1h")).isEqualTo(1);
        assertThat(node.queueDepth(url, BACKUP)).isZero();
    }

    @Test
    void other_delays_are_other_queues_and_the_old_ones_empty_themselves() throws Exception {
        connect(Map.of("MAIL_RETRY_DELAYS", "2s"));
        publish(RETRY + "2s");

        connect(Map.of("MAIL_RETRY_DELAYS", "3s,1h"));

        assertThat(node.queueDepth(url, RETRY + "3s")).isZero();
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> node.queueDepth(url, QUEUE) == 1);
        assertThat(node.queueDepth(url, RETRY + "2s")).isZero();
    }

    @Test
    void the_backup_gets_a_copy_of_each_job_only_where_it_is_asked_for() throws Exception {
        connect();
        publishJob();
        assertThatThrownBy(() -> node.queueDepth(url, BACKUP)).hasStackTraceContaining("NOT_FOUND");

        connect(Map.of("MAIL_BACKUP_ENABLED", "true"));
        publishJob();

        assertThat(node.queueDepth(url, BACKUP)).isEqualTo(1);
        assertThat(node.queueDepth(url, QUEUE)).isEqualTo(2);
    }

    private void publishJob() throws Exception {
        publish(EXCHANGE, "");
    }

    private void publish(String queue) throws Exception {
        publish("", queue);
    }

    private void publish(String exchange, String routingKey) throws Exception {
        try (Connection connection = node.connect(url); Channel channel = connection.createChannel()) {
            channel.confirmSelect();
            channel.basicPublish(exchange, routingKey, true, MessageProperties.PERSISTENT_BASIC, new byte[] {1});
            channel.waitForConfirmsOrDie(10_000);
        }
    }

    private static void declareAsTheOldServices(Channel channel) throws Exception {
        channel.exchangeDeclare(EXCHANGE, "fanout", true, false, false, null);
        channel.queueDeclare(QUEUE, true, false, false, null);
        channel.queueBind(QUEUE, EXCHANGE, "", null);
    }

    private void connect() {
        connect(Map.of());
    }

    private void connect(Map<String, String> environment) {
        BrokerConnectionFactory factory = TestBroker.factory(url, environment);
        try {
            factory.createConnection();
        } finally {
            factory.close();
        }
    }
}
