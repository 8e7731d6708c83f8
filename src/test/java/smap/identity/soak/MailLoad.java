package smap.identity.soak;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import smap.identity.support.RabbitMqNode;

/**
 * Publishes mail jobs at a rate, persistent and confirmed, one id and one recipient each. As the product's own relay does, it publishes a
 * job again whose confirm was lost with its connection, with the same id. Thread-safe.
 */
public final class MailLoad implements AutoCloseable {

    private static final String EXCHANGE = "smtp_send_email_exc";
    private static final String QUEUE = "smtp_send_email";
    private static final long CATCH_UP = TimeUnit.MILLISECONDS.toNanos(200);
    private static final Duration DRAIN = Duration.ofSeconds(60);

    private final RabbitMqNode broker;
    private final String url;
    private final Ledger ledger;
    private final long interval;
    private final Random random;
    private final AtomicBoolean running = new AtomicBoolean(true);
    private final Map<String, Job> open = new ConcurrentHashMap<>();
    private final Thread publisher = new Thread(this::publish, "mail-load");
    private int count;

    private MailLoad(RabbitMqNode broker, String url, Ledger ledger, int rate, long seed) {
        this.broker = broker;
        this.url = url;
        this.ledger = ledger;
        this.interval = TimeUnit.SECONDS.toNanos(1) / rate;
        this.random = new Random(seed);
    }

    /**
     * Begins to publish.
     *
     * @param rate jobs a second; what an absent broker kept back is not made up for
     * @param seed decides the size of each mail, and which are codes
     */
    public static MailLoad start(RabbitMqNode broker, String url, Ledger ledger, int rate, long seed) {
        MailLoad load = new MailLoad(broker, url, ledger, rate, seed);
        load.publisher.setDaemon(true);
        load.publisher.start();
        return load;
    }

    /** Makes no more jobs, and returns when the broker has confirmed all there were. */
    public void stop() {
        running.set(false);
        Awaitility.await("confirms of all jobs").atMost(DRAIN).until(() -> !publisher.isAlive());
    }

    @Override
    public void close() {
        running.set(false);
        publisher.interrupt();
    }

    private void publish() {
        while (running.get() || !open.isEmpty()) {
            try (Connection connection = broker.connect(url); Channel channel = connection.createChannel()) {
                publishOn(channel);
            } catch (IOException | RuntimeException | TimeoutException e) {
                // The broker is away: the next connection publishes again what it had not confirmed.
                pause(100);
            }
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
        }
    }

    private void publishOn(Channel channel) throws IOException {
        ConcurrentNavigableMap<Long, Job> unconfirmed = new ConcurrentSkipListMap<>();
        Queue<Job> again = new ConcurrentLinkedQueue<>(open.values());
        // As every producer does: a fanout exchange confirms what no queue took.
        channel.exchangeDeclare(EXCHANGE, "fanout", true);
        channel.queueDeclare(QUEUE, true, false, false, null);
        channel.queueBind(QUEUE, EXCHANGE, "");
        channel.confirmSelect();
        channel.addConfirmListener(
                (number, multiple) -> settled(unconfirmed, number, multiple).forEach(job -> {
                    ledger.accepted(job.id());
                    open.remove(job.id());
                }),
                (number, multiple) -> again.addAll(settled(unconfirmed, number, multiple)));
        long due = System.nanoTime();
        while (channel.isOpen() && (running.get() || !open.isEmpty()) && !Thread.currentThread().isInterrupted()) {
            Job job = again.poll();
            if (job == null && running.get() && System.nanoTime() >= due) {
                job = newJob();
                open.put(job.id(), job);
                due = Math.max(due + interval, System.nanoTime() - CATCH_UP);
            }
            if (job == null) {
                pause(1);
            } else {
                unconfirmed.put(channel.getNextPublishSeqNo(), job);
                channel.basicPublish(EXCHANGE, "", job.properties(), job.body());
            }
        }
    }

    private static List<Job> settled(ConcurrentNavigableMap<Long, Job> unconfirmed, long number, boolean multiple) {
        Map<Long, Job> settled = multiple ? unconfirmed.headMap(number, true) : unconfirmed.subMap(number, true, number, true);
        List<Job> jobs = List.copyOf(settled.values());
        settled.clear();
        return jobs;
    }

    /** Nine in ten are codes, which are sent again where nobody knows whether they were taken; the others are held then (MAIL_UNKNOWN). */
    private Job newJob() {
        String id = new UUID(random.nextLong(), random.nextLong()).toString();
        String purpose = random.nextInt(10) > 0 ? "verification" : "notice";
        String padding = "x".repeat(random.nextInt(200) == 0 ? 100_000 : random.nextInt(2_000));
        String body = "{\"subject\":\"Job\",\"recipient\":\"soak" + count++ + "@example.com\",\"body\":\"<p>" + padding + "</p>\"}";
        BasicProperties properties = new BasicProperties.Builder()
                .contentType("application/json")
                .deliveryMode(2)
                .messageId(id)
                .timestamp(new Date())
                .headers(Map.of("purpose", purpose, "attempt", 1))
                .build();
        return new Job(id, properties, body.getBytes(StandardCharsets.UTF_8));
    }

    private static void pause(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private record Job(String id, BasicProperties properties, byte[] body) {}
}
