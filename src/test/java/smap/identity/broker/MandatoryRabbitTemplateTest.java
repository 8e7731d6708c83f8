package smap.identity.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.springrabbit.SpringRabbitMQConstants;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.amqp.AmqpException;
import smap.identity.support.RabbitMqNode;
import smap.identity.support.RequiresRabbitMq;

/** Published as the routes publish: through an endpoint of the component that stands in for Camel's own. */
@RequiresRabbitMq
@Timeout(120)
class MandatoryRabbitTemplateTest {

    private static final String PUBLISH = "spring-rabbitmq:smtp_send_email_exc?exchangeType=fanout&routingKey="
            + "&usePublisherConnection=true&confirm=disabled&confirmTimeout=5000";
    private static final String QUEUE = "smtp_send_email";

    private RabbitMqNode node;
    private String url;
    private BrokerConnectionFactory factory;
    private DefaultCamelContext camel;
    private ProducerTemplate producer;

    @BeforeEach
    void start(RabbitMqNode shared) {
        node = shared;
        use(node.newVirtualHost());
    }

    private void use(String virtualHost) {
        url = virtualHost;
        factory = TestBroker.factory(url);
        MandatoryRabbitMQComponent component = new MandatoryRabbitMQComponent();
        component.setConnectionFactory(factory);
        camel = new DefaultCamelContext();
        camel.addComponent("spring-rabbitmq", component);
        camel.start();
        producer = camel.createProducerTemplate();
    }

    @AfterEach
    void stop() {
        camel.stop();
        factory.close();
    }

    @Test
    void a_job_that_a_queue_took_is_published_persistent_with_its_properties() throws Exception {
        producer.send(PUBLISH, exchange -> {
            exchange.getMessage().setBody("{}".getBytes(StandardCharsets.UTF_8));
            exchange.getMessage().setHeader(SpringRabbitMQConstants.MESSAGE_ID, "6f1d6c2e-abcd-4000-8000-00000000000f");
            exchange.getMessage().setHeader(SpringRabbitMQConstants.CONTENT_TYPE, "application/json");
            exchange.getMessage().setHeader("purpose", "verification");
        });

        try (Connection connection = node.connect(url); Channel channel = connection.createChannel()) {
            GetResponse message = channel.basicGet(QUEUE, true);
            assertThat(message.getBody()).asString(StandardCharsets.UTF_8).isEqualTo("{}");
            assertThat(message.getProps().getDeliveryMode()).isEqualTo(2);
            assertThat(message.getProps().getMessageId()).isEqualTo("6f1d6c2e-abcd-4000-8000-00000000000f");
            assertThat(message.getProps().getContentType()).isEqualTo("application/json");
            assertThat(message.getProps().getHeaders().get("purpose")).hasToString("verification");
        }
    }

    @Test
    void a_job_no_queue_took_is_not_published() throws Exception {
        producer.sendBody(PUBLISH, new byte[] {1});
        try (Connection connection = node.connect(url); Channel channel = connection.createChannel()) {
            channel.queueUnbind(QUEUE, "smtp_send_email_exc", "");
        }

        assertThatThrownBy(() -> producer.sendBody(PUBLISH, new byte[] {2})).isInstanceOf(CamelExecutionException.class)
                .cause().isInstanceOf(UnroutableException.class).isInstanceOf(AmqpException.class)
                .hasMessageContaining("'smtp_send_email_exc'").hasMessageContaining("312 NO_ROUTE");

        assertThat(node.queueDepth(url, QUEUE)).isEqualTo(1);
    }

    @Test
    void after_a_job_was_given_back_the_same_channel_publishes_the_next() throws Exception {
        producer.sendBody(PUBLISH, new byte[] {1});
        try (Connection connection = node.connect(url); Channel channel = connection.createChannel()) {
            channel.queueUnbind(QUEUE, "smtp_send_email_exc", "");
            assertThatThrownBy(() -> producer.sendBody(PUBLISH, new byte[] {2})).hasCauseInstanceOf(UnroutableException.class);
            channel.queueBind(QUEUE, "smtp_send_email_exc", "");
        }

        assertThatCode(() -> producer.sendBody(PUBLISH, new byte[] {3})).doesNotThrowAnyException();

        assertThat(node.queueDepth(url, QUEUE)).isEqualTo(2);
    }

    /** Many times, because the broker closes the channel at a moment of its own: before or while the confirm is waited for. */
    @Test
    void an_exchange_that_is_not_there_is_a_failure() {
        for (int i = 0; i < 200; i++) {
            assertThatThrownBy(() -> producer.sendBody(PUBLISH.replace("email_exc", "email_gone"), new byte[] {1}))
                    .cause().isInstanceOf(AmqpException.class).hasStackTraceContaining("NOT_FOUND");
        }
    }

    @Test
    void a_queue_that_is_full_and_refuses_is_a_failure() throws Exception {
        try (Connection connection = node.connect(url); Channel channel = connection.createChannel()) {
            channel.queueDeclare("small", true, false, false, Map.of("x-max-length", 1, "x-overflow", "reject-publish"));
        }
        String small = "spring-rabbitmq:default?routingKey=small&usePublisherConnection=true&confirm=disabled&confirmTimeout=5000";
        producer.sendBody(small, new byte[] {1});

        for (int i = 0; i < 50; i++) {
            assertThatThrownBy(() -> producer.sendBody(small, new byte[] {2})).cause().isInstanceOf(AmqpException.class);
        }

        assertThat(node.queueDepth(url, "small")).isEqualTo(1);
    }

    @Test
    void parallel_publishers_do_not_mistake_anothers_return_for_their_own() throws Exception {
        String nowhere = "spring-rabbitmq:default?routingKey=nowhere&usePublisherConnection=true&confirm=disabled&confirmTimeout=5000";
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> good = new ArrayList<>();
            List<Future<?>> bad = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                good.add(threads.submit(() -> producer.sendBody(PUBLISH, new byte[] {1})));
                bad.add(threads.submit(() -> producer.sendBody(nowhere, new byte[] {2})));
            }
            for (Future<?> published : good) {
                published.get();
            }
            assertThat(bad).allSatisfy(lost -> assertThatThrownBy(lost::get).hasRootCauseInstanceOf(UnroutableException.class));
        } finally {
            threads.shutdownNow();
        }
        assertThat(node.queueDepth(url, QUEUE)).isEqualTo(100);
    }

    @Test
    void a_broker_that_stops_is_a_failure_and_its_return_declares_and_publishes_again() {
        try (RabbitMqNode own = RabbitMqNode.startNew()) {
            stop();
            use(own.url());
            producer.sendBody(PUBLISH, new byte[] {1});
            own.stop();

            assertThatThrownBy(() -> producer.sendBody(PUBLISH, new byte[] {2})).cause().isInstanceOf(AmqpException.class);

            own.start();
            producer.sendBody(PUBLISH, new byte[] {3});
            assertThat(own.queueDepth(QUEUE)).isEqualTo(2);
        }
    }
}
