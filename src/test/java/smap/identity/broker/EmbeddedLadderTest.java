package smap.identity.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.MessageProperties;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import smap.identity.embedded.EmbeddedBroker;

/** The embedded broker knows no dead-lettering by arguments of RabbitMQ's; it is told the same in its own words. */
class EmbeddedLadderTest {

    @Test
    void a_message_in_a_retry_queue_comes_back_to_the_work_queue(@TempDir Path home) throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(home)) {
            BrokerConnectionFactory factory = TestBroker.factory(broker.url(), Map.of("MAIL_RETRY_DELAYS", "300ms,1h"));
            try (Channel channel = factory.createConnection().createChannel(false)) {
                channel.confirmSelect();
                channel.basicPublish("", "smtp_send_email.retry.300ms", true, MessageProperties.PERSISTENT_BASIC, new byte[] {1});
                channel.basicPublish("", "smtp_send_email.retry.1h", true, MessageProperties.PERSISTENT_BASIC, new byte[] {2});
                channel.waitForConfirmsOrDie(10_000);

                Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> depth(channel, "smtp_send_email") == 1);
                assertThat(channel.basicGet("smtp_send_email", true).getBody()).containsExactly(1);
                assertThat(depth(channel, "smtp_send_email.retry.1h")).isEqualTo(1);
            } finally {
                factory.close();
            }
        }
    }

    private static int depth(Channel channel, String queue) throws Exception {
        return channel.queueDeclarePassive(queue).getMessageCount();
    }
}
