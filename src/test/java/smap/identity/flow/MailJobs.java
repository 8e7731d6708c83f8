package smap.identity.flow;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import smap.identity.support.RabbitMqNode;

/** What the API does to the broker, done by a test: mail jobs on the exchange, persistent and confirmed. Thread-safe. */
final class MailJobs {

    static final String EXCHANGE = "smtp_send_email_exc";
    static final String WORK = "smtp_send_email";
    static final String BULK = "smtp_send_email.bulk";
    private static final String CODE = "verification";
    private static final long CONFIRM_LIMIT = 30_000;

    private final RabbitMqNode broker;
    private final String url;

    MailJobs(RabbitMqNode broker, String url) {
        this.broker = broker;
        this.url = url;
    }

    /** Publishes a code's mail to this address and returns its id. */
    String publish(String recipient) {
        return publishAll(List.of(recipient)).get(0);
    }

    /** Publishes a code's mail to each of these addresses, in order, and returns their ids. */
    List<String> publishAll(List<String> recipients) {
        List<String> ids = recipients.stream().map(recipient -> UUID.randomUUID().toString()).toList();
        publish(ids, recipients);
        return ids;
    }

    /** The same with these ids. */
    void publish(List<String> ids, List<String> recipients) {
        publish(ids, recipients, CODE);
    }

    /** Publishes a mail to each of these addresses that can wait. */
    void publishBulk(List<String> recipients) {
        publish(recipients.stream().map(recipient -> UUID.randomUUID().toString()).toList(), recipients, "bulk");
    }

    private void publish(List<String> ids, List<String> recipients, String purpose) {
        withChannel(channel -> {
            for (int i = 0; i < ids.size(); i++) {
                channel.basicPublish(EXCHANGE, "", properties(ids.get(i), purpose), body(recipients.get(i)));
            }
        });
    }

    /** Publishes any bytes as a code's mail with this id. */
    void publish(String id, byte[] body) {
        publish(body, properties(id, CODE));
    }

    /** Publishes anything. */
    void publish(byte[] body, BasicProperties properties) {
        withChannel(channel -> channel.basicPublish(EXCHANGE, "", properties, body));
    }

    /** Does something with a channel, and returns when the broker has confirmed what was published on it. */
    void withChannel(ChannelTask task) {
        try (Connection connection = broker.connect(url); Channel channel = connection.createChannel()) {
            channel.confirmSelect();
            task.run(channel);
            channel.waitForConfirmsOrDie(CONFIRM_LIMIT);
        } catch (Exception e) {
            throw new IllegalStateException("the broker did not take it", e);
        }
    }

    /** Messages that wait in a queue. */
    int waiting(String queue) {
        return broker.queueDepth(url, queue);
    }

    /** Takes away what waits in a queue, and answers how many that were. */
    int purge(String queue) {
        AtomicInteger count = new AtomicInteger();
        withChannel(channel -> count.set(channel.queuePurge(queue).getMessageCount()));
        return count.get();
    }

    /** Workers that take from a queue. */
    int consumers(String queue) {
        AtomicInteger count = new AtomicInteger();
        withChannel(channel -> count.set(channel.queueDeclarePassive(queue).getConsumerCount()));
        return count.get();
    }

    /** {@code prefix0@example.com}, {@code prefix1@example.com} and so on. */
    static List<String> addresses(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i + "@example.com").toList();
    }

    static byte[] body(String recipient) {
        return ("{\"subject\":\"Hi\",\"recipient\":\"" + recipient + "\",\"body\":\"<p>Hi</p>\"}").getBytes(StandardCharsets.UTF_8);
    }

    private static BasicProperties properties(String id, String purpose) {
        return new BasicProperties.Builder()
                .contentType("application/json")
                .deliveryMode(2)
                .messageId(id)
                .headers(Map.of("purpose", purpose, "attempt", 1))
                .build();
    }

    /** What is done with a channel. */
    interface ChannelTask {
        void run(Channel channel) throws Exception;
    }
}
