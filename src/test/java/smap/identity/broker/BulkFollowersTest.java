package smap.identity.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import smap.identity.support.RabbitMqNode;
import smap.identity.support.RequiresRabbitMq;

@RequiresRabbitMq
@Timeout(120)
class BulkFollowersTest {

    private static final MailQueues QUEUES = TestBroker.queues(Map.of());

    private RabbitMqNode node;
    private String url;
    private BrokerConnectionFactory factory;
    private BulkFollowers followers;

    @BeforeEach
    void start(RabbitMqNode shared) {
        node = shared;
        url = node.newVirtualHost();
        factory = TestBroker.factory(url);
        factory.open();
        followers = new BulkFollowers(factory, QUEUES, "5s");
    }

    @AfterEach
    void stop() {
        factory.close();
    }

    @Test
    void bulk_jobs_up_to_the_first_other_job_move_and_the_rest_keeps_its_order() throws Exception {
        publish("bulk", "1", "2");
        publish("verification", "3");
        publish("bulk", "4");
        publish("verification", "5");

        followers.move();

        assertThat(ids(QUEUES.bulk(), 2)).containsExactly("1", "2");
        assertThat(ids(QUEUES.work(), 3)).containsExactly("3", "4", "5");
    }

    @Test
    void a_hundred_move_at_a_time() throws Exception {
        publish("bulk", IntStream.range(0, 150).mapToObj(Integer::toString).toArray(String[]::new));

        followers.move();
        awaitDepth(QUEUES.work(), 50);
        awaitDepth(QUEUES.bulk(), 100);

        followers.move();
        awaitDepth(QUEUES.bulk(), 150);
        awaitDepth(QUEUES.work(), 0);
    }

    @Test
    void a_copy_is_persistent_and_has_the_jobs_headers_but_those_of_the_broker() throws Exception {
        publish("bulk", "1");

        followers.move();

        try (Connection connection = node.connect(url); Channel channel = connection.createChannel()) {
            GetResponse copy = channel.basicGet(QUEUES.bulk(), true);
            assertThat(copy.getProps().getDeliveryMode()).isEqualTo(2);
            assertThat(copy.getProps().getMessageId()).isEqualTo("1");
            assertThat(copy.getProps().getContentType()).isEqualTo("application/json");
            assertThat(copy.getProps().getHeaders()).containsOnlyKeys("purpose", "attempt").containsEntry("attempt", 2);
            assertThat(copy.getBody()).asString(StandardCharsets.UTF_8).isEqualTo("job 1");
        }
    }

    @Test
    void a_job_without_an_id_is_left_to_who_gives_it_one() throws Exception {
        publish("bulk", new String[] {null});

        followers.move();

        awaitDepth(QUEUES.work(), 1);
        awaitDepth(QUEUES.bulk(), 0);
    }

    @Test
    void jobs_whose_copies_no_queue_took_stay_where_they_are() throws Exception {
        // the connection first, which declares the queue
        followers.move();
        publish("bulk", "1", "2");
        try (Connection connection = node.connect(url); Channel channel = connection.createChannel()) {
            channel.queueDelete(QUEUES.bulk());
        }

        followers.move();

        // sooner than a channel that still holds them is closed
        Awaitility.await().atMost(Duration.ofSeconds(3)).until(() -> node.queueDepth(url, QUEUES.work()) == 2);
        assertThat(ids(QUEUES.work(), 2)).containsExactly("1", "2");
    }

    @Test
    void jobs_whose_copies_are_not_confirmed_in_time_stay_where_they_are() throws Exception {
        publish("bulk", "1", "2");

        new BulkFollowers(withoutConfirms(), QUEUES, "5s").move();

        assertThat(ids(QUEUES.work(), 2)).containsExactly("1", "2");
    }

    @Test
    void a_job_that_has_moved_does_not_come_back_with_the_end_of_the_connection() throws Exception {
        publish("bulk", "1", "2");
        followers.move();

        factory.close();

        Awaitility.await().during(Duration.ofMillis(500)).until(() -> node.queueDepth(url, QUEUES.work()) == 0);
        awaitDepth(QUEUES.bulk(), 2);
    }

    @Test
    void nothing_happens_when_no_job_waits() {
        followers.move();

        awaitDepth(QUEUES.bulk(), 0);
    }

    /** The test's own connections to a broker that never gets to its confirms. */
    private ConnectionFactory withoutConfirms() {
        return replacing(ConnectionFactory.class, factory, "getPublisherConnectionFactory", () -> replacing(
                ConnectionFactory.class, factory, "createConnection", () -> replacing(
                        org.springframework.amqp.rabbit.connection.Connection.class, factory.createConnection(), "createChannel",
                        () -> replacing(Channel.class, factory.createConnection().createChannel(false), "waitForConfirmsOrDie", () -> {
                            throw new TimeoutException("no confirm");
                        }))));
    }

    /** Does what the target does, but for one method. */
    private static <T> T replacing(Class<T> type, T target, String method, Callable<?> instead) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, called, arguments) ->
                called.getName().equals(method) ? instead.call() : called.invoke(target, arguments)));
    }

    private void publish(String purpose, String... ids) throws Exception {
        try (Connection connection = node.connect(url); Channel channel = connection.createChannel()) {
            channel.confirmSelect();
            for (String id : ids) {
                BasicProperties properties = new BasicProperties.Builder()
                        .messageId(id)
                        .headers(Map.of("purpose", purpose, "attempt", 2, "x-first-death-queue", "retry"))
                        .build();
                channel.basicPublish(QUEUES.exchange(), "", properties, ("job " + id).getBytes(StandardCharsets.UTF_8));
            }
            channel.waitForConfirmsOrDie(5_000);
        }
    }

    private List<String> ids(String queue, int count) throws Exception {
        awaitDepth(queue, count);
        List<String> ids = new ArrayList<>();
        try (Connection connection = node.connect(url); Channel channel = connection.createChannel()) {
            for (GetResponse job = channel.basicGet(queue, true); job != null; job = channel.basicGet(queue, true)) {
                ids.add(job.getProps().getMessageId());
            }
        }
        return ids;
    }

    /** What is handed back, or was held by a channel that is closed, is there a moment later. */
    private void awaitDepth(String queue, int count) {
        Awaitility.await(queue).untilAsserted(() -> assertThat(node.queueDepth(url, queue)).isEqualTo(count));
    }
}
