package smap.identity.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.springrabbit.SpringRabbitMQConstants;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;
import smap.identity.support.RabbitMqNode;
import smap.identity.support.RecordedLog;
import smap.identity.support.RequiresRabbitMq;

/** Consumed as the route mail-deliver consumes. */
@RequiresRabbitMq
class GiveBackTest {

    private static final String QUEUE = "smtp_send_email";
    /** They tell of each failure with a stack trace; here it is wanted. */
    private static final List<Logger> NOISE = Stream.of("org.springframework.amqp", "org.apache.camel.component.springrabbit")
            .map(name -> (Logger) LoggerFactory.getLogger(name)).toList();

    @RegisterExtension
    final RecordedLog log = new RecordedLog(GiveBack.class.getName());

    private final AtomicInteger failures = new AtomicInteger(3);
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private RuntimeException failure = new IllegalStateException("the dead-letter queue is away");
    private RabbitMqNode node;
    private String url;
    private BrokerConnectionFactory factory;
    private DefaultCamelContext camel;

    @BeforeEach
    void start(RabbitMqNode shared) throws Exception {
        NOISE.forEach(logger -> logger.setLevel(Level.OFF));
        node = shared;
        url = node.newVirtualHost();
        factory = TestBroker.factory(url);
        MandatoryRabbitMQComponent component = new MandatoryRabbitMQComponent();
        component.setConnectionFactory(factory);
        camel = new DefaultCamelContext();
        camel.addComponent("spring-rabbitmq", component);
        camel.getRegistry().bind("giveBack", GiveBack.interceptor(10));
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("spring-rabbitmq:smtp_send_email_exc?exchangeType=fanout&queues=" + QUEUE + "&autoDeclare=false&acknowledgeMode=AUTO"
                        + "&concurrentConsumers=2&prefetchCount=2&disableReplyTo=true&retry=#bean:giveBack")
                        .routeId("consume").autoStartup(false).errorHandler(noErrorHandler()).process(GiveBackTest.this::handle);
            }
        });
        camel.start();
        camel.createProducerTemplate().sendBody("spring-rabbitmq:smtp_send_email_exc?routingKey=&confirm=disabled", new byte[] {1});
    }

    private void handle(Exchange exchange) {
        seen.add(exchange.getMessage().getHeader(SpringRabbitMQConstants.REDELIVERED, Boolean.class) ? "again" : "first");
        if (failures.getAndDecrement() > 0) {
            throw failure;
        }
    }

    @AfterEach
    void stop() {
        NOISE.forEach(logger -> logger.setLevel(null));
        camel.stop();
        factory.close();
    }

    @Test
    void a_message_whose_route_failed_goes_back_to_the_queue_and_comes_again_as_redelivered() throws Exception {
        camel.getRouteController().startRoute("consume");
        await().until(() -> seen.size() == 4);
        camel.getRouteController().stopRoute("consume");

        assertThat(seen).containsExactly("first", "again", "again", "again");
        assertThat(log.lines()).hasSize(3).allSatisfy(line -> assertThat(line)
                .startsWith("WARN Job given back to its queue").endsWith("queue=smtp_send_email cause=java.lang.IllegalStateException"));
        assertThat(node.queueDepth(url, QUEUE)).isZero();
    }

    @Test
    void a_message_that_was_not_looked_at_goes_back_without_a_word() throws Exception {
        failure = new DeliveryStoppedException("smtp");
        camel.getRouteController().startRoute("consume");
        await().until(() -> seen.size() == 4);

        assertThat(log.lines()).isEmpty();
    }

    @Test
    void a_message_that_fails_until_the_end_is_still_in_the_queue_and_was_not_moved_anywhere() throws Exception {
        failures.set(Integer.MAX_VALUE);
        camel.getRouteController().startRoute("consume");
        await().until(() -> seen.size() >= 3);
        camel.getRouteController().stopRoute("consume");

        await().untilAsserted(() -> assertThat(node.queueDepth(url, QUEUE)).isEqualTo(1));
        assertThat(node.queueDepth(url, QUEUE + ".dead")).isZero();
    }
}
