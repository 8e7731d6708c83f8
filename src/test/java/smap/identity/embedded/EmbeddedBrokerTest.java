package smap.identity.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DeliverCallback;
import com.rabbitmq.client.MessageProperties;
import com.rabbitmq.client.PossibleAuthenticationFailureException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EmbeddedBrokerTest {

    private EmbeddedBroker broker;

    @BeforeAll
    void start(@TempDir Path home) {
        broker = EmbeddedBroker.start(home.resolve("with a space"));
    }

    @AfterAll
    void stop() {
        broker.close();
    }

    @Test
    void a_confirmed_mandatory_message_goes_by_a_fanout_exchange_to_a_durable_queue() throws Exception {
        try (Connection connection = connect(broker.url()); Channel channel = connection.createChannel()) {
            channel.exchangeDeclare("fan", "fanout", true);
            channel.queueDeclare("jobs", true, false, false, Map.of());
            channel.queueBind("jobs", "fan", "");
            channel.confirmSelect();
            channel.basicPublish("fan", "", true, MessageProperties.PERSISTENT_TEXT_PLAIN, "mail".getBytes(StandardCharsets.UTF_8));
            channel.waitForConfirmsOrDie(10_000);

            BlockingQueue<String> received = new LinkedBlockingQueue<>();
            DeliverCallback onDelivery = (tag, delivery) -> {
                channel.basicAck(delivery.getEnvelope().getDeliveryTag(), false);
                received.add(new String(delivery.getBody(), StandardCharsets.UTF_8));
            };
            channel.basicConsume("jobs", false, onDelivery, tag -> { });
            assertThat(received.poll(10, TimeUnit.SECONDS)).isEqualTo("mail");
        }
    }

    @Test
    void a_mandatory_message_that_no_queue_takes_comes_back() throws Exception {
        try (Connection connection = connect(broker.url()); Channel channel = connection.createChannel()) {
            BlockingQueue<String> returned = new LinkedBlockingQueue<>();
            channel.addReturnListener(message -> returned.add(message.getReplyText()));
            channel.exchangeDeclare("nowhere", "fanout", true);
            channel.basicPublish("nowhere", "", true, null, new byte[0]);

            assertThat(returned.poll(10, TimeUnit.SECONDS)).startsWithIgnoringCase("No route");
        }
    }

    @Test
    void queue_arguments_of_rabbitmq_are_accepted() throws Exception {
        try (Connection connection = connect(broker.url()); Channel channel = connection.createChannel()) {
            Map<String, Object> arguments = Map.of("x-dead-letter-exchange", "dead", "x-message-ttl", 5000, "x-queue-type", "quorum",
                    "x-delivery-limit", 5);

            assertThat(channel.queueDeclare("ladder", true, false, false, arguments).getQueue()).isEqualTo("ladder");
        }
    }

    @Test
    void every_spelling_of_the_default_virtual_host_leads_to_the_same_queues() throws Exception {
        ConnectionFactory slash = factory(broker.url());
        slash.setVirtualHost("/");
        try (Connection one = connect(broker.url()); Channel channel = one.createChannel();
                Connection other = slash.newConnection(); Channel otherChannel = other.createChannel();
                Connection encoded = connect(broker.url() + "%2F"); Channel encodedChannel = encoded.createChannel()) {
            channel.queueDeclare("shared", true, false, false, Map.of());

            assertThat(otherChannel.queueDeclarePassive("shared").getQueue()).isEqualTo("shared");
            assertThat(encodedChannel.queueDeclarePassive("shared").getQueue()).isEqualTo("shared");
        }
    }

    @Test
    void a_wrong_password_is_refused() throws Exception {
        ConnectionFactory guess = factory(broker.url());
        guess.setPassword("guest");

        assertThatThrownBy(guess::newConnection).isInstanceOf(PossibleAuthenticationFailureException.class);
    }

    @Test
    void it_prints_and_logs_nothing_and_stops_listening(@TempDir Path home) throws Exception {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream out = System.out;
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        EmbeddedBroker other;
        try {
            other = EmbeddedBroker.start(home);
            other.close();
            other.close();
        } finally {
            System.setOut(out);
        }

        assertThat(printed.toString(StandardCharsets.UTF_8)).isEmpty();
        assertThatThrownBy(() -> connect(other.url())).isInstanceOf(ConnectException.class);
    }

    @Test
    void a_port_in_use_is_a_failure_that_names_the_way_out(@TempDir Path home) throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assertThatThrownBy(() -> EmbeddedBroker.start(home, taken.getLocalPort()))
                    .isInstanceOf(EmbeddedServerException.class)
                    .hasMessageContaining(Integer.toString(taken.getLocalPort()))
                    .hasMessageContaining("RABBITMQ_URL");
        }
    }

    private static Connection connect(String url) throws Exception {
        return factory(url).newConnection();
    }

    private static ConnectionFactory factory(String url) throws Exception {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setUri(url);
        return factory;
    }
}
