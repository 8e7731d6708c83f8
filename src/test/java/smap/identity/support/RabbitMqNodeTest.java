package smap.identity.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.MessageProperties;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

@RequiresRabbitMq
class RabbitMqNodeTest {

    private static final String QUEUE = "kept";

    @Test
    void a_published_message_is_received(RabbitMqNode node) throws Exception {
        String url = node.newVirtualHost();
        try (Connection connection = node.connect(url); Channel channel = connection.createChannel()) {
            publish(channel, "hello");

            assertThat(node.queueDepth(url, QUEUE)).isEqualTo(1);
            assertThat(channel.basicGet(QUEUE, true).getBody()).asString(StandardCharsets.UTF_8).isEqualTo("hello");
            assertThat(node.queueDepth(url, QUEUE)).isZero();
        }
    }

    @Test
    void virtual_hosts_do_not_see_each_others_queues(RabbitMqNode node) throws Exception {
        String first = node.newVirtualHost();
        String second = node.newVirtualHost();
        try (Connection connection = node.connect(first); Channel channel = connection.createChannel()) {
            publish(channel, "hello");
        }

        assertThat(first).isNotEqualTo(second);
        assertThat(node.queueDepth(first, QUEUE)).isEqualTo(1);
        assertThatThrownBy(() -> node.queueDepth(second, QUEUE)).isInstanceOf(UncheckedIOException.class).hasMessageContaining(QUEUE);
    }

    @Test
    void a_persistent_message_survives_a_stop_and_a_kill_and_closing_ends_every_process_that_was_started() throws Exception {
        long before = processes();
        RabbitMqNode node = RabbitMqNode.startNew();
        try (node) {
            String url = node.url();
            try (Connection connection = node.connect(); Channel channel = connection.createChannel()) {
                publish(channel, "hello");
            }
            assertThat(processes()).isGreaterThan(before);

            node.stop();
            assertThat(node.isRunning()).isFalse();
            assertThatThrownBy(node::connect).isInstanceOf(UncheckedIOException.class);
            node.start();
            assertThat(node.url()).isEqualTo(url);
            assertThat(node.queueDepth(QUEUE)).isEqualTo(1);

            node.kill();
            assertThat(node.isRunning()).isFalse();
            assertThatThrownBy(node::connect).isInstanceOf(UncheckedIOException.class);
            node.start();
            assertThat(node.queueDepth(QUEUE)).isEqualTo(1);
        }

        assertThat(node.isRunning()).isFalse();
        assertThat(processes()).isEqualTo(before);
    }

    private static long processes() {
        return ProcessHandle.current().descendants().filter(ProcessHandle::isAlive).count();
    }

    private static void publish(Channel channel, String text) throws Exception {
        channel.queueDeclare(QUEUE, true, false, false, Map.of());
        channel.confirmSelect();
        channel.basicPublish("", QUEUE, MessageProperties.PERSISTENT_TEXT_PLAIN, text.getBytes(StandardCharsets.UTF_8));
        channel.waitForConfirmsOrDie(10_000);
    }
}
