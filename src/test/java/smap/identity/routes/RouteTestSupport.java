package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.component.sql.SqlEndpoint;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.spi.Registry;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.test.main.junit5.CamelMainTestSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import smap.identity.broker.MandatoryRabbitMQComponent;
import smap.identity.database.UtcClock;
import smap.identity.problem.Envelope;
import smap.identity.problem.ProblemAnswer;
import smap.identity.problem.TraceIds;
import smap.identity.support.RecordedLog;

/**
 * Runs one route file and the shared error handling, and nothing else: every endpoint but the route's own is replaced by an {@link Edge},
 * so there is no database, broker, mail server or port. What the route calls beside that, a test binds in {@link #bind}. The route is asked
 * by its {@code direct:} name even if it has another input in production.
 */
abstract class RouteTestSupport extends CamelMainTestSupport {

    static final String TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
    static final String TRACEPARENT = "00-" + TRACE_ID + "-00f067aa0ba902b7-00";
    static final Clock CLOCK = Clock.fixed(Instant.parse("2030-01-02T03:04:05Z"), ZoneOffset.UTC);
    /** That moment as statements get it. */
    static final OffsetDateTime NOW = OffsetDateTime.parse("2030-01-02T03:04:05Z");

    private static final String ANY_EDGE = "(direct|sql|smtp|spring-rabbitmq|controlbus):.*";

    @RegisterExtension
    final RecordedLog log = new RecordedLog("smap.identity", "org.apache.camel.processor");

    private final String file;
    private final String flow;
    private final Map<String, Edge> edges = new TreeMap<>();
    private final List<String> visited = new CopyOnWriteArrayList<>();
    private String input;

    /** @param file folder and stem of the file below {@code routes/}; the stem is the id of its route */
    RouteTestSupport(String file) {
        this.file = file;
        this.flow = file.substring(file.indexOf('/') + 1);
        camelContextConfiguration()
                .withMockEndpointsAndSkip("(?!direct:(//)?" + flow + "$)" + ANY_EDGE)
                .withUseOverridePropertiesWithPropertiesComponent(properties());
        camelContextConfiguration().replaceRouteFromWith(flow, "direct:" + flow);
    }

    private Properties properties() {
        Properties properties = only(
                "routes/" + file + ".camel.yaml", "routes/shared/error-handling.camel.yaml", "routes/shared/mail-delivery.camel.yaml");
        properties.setProperty("smtp.host", "mail.invalid");
        settings().forEach(properties::setProperty);
        return properties;
    }

    /** What makes camel-main load these files alone, and listen nowhere. */
    static Properties only(String... files) {
        Properties properties = new Properties();
        properties.setProperty("camel.main.routesIncludePattern", "classpath:" + String.join(",classpath:", files));
        properties.setProperty("camel.main.jmxEnabled", "false");
        properties.setProperty("camel.server.enabled", "false");
        properties.setProperty("camel.server.port", "0");
        properties.setProperty("camel.management.enabled", "false");
        return properties;
    }

    /** Settings that are to differ from those in {@code application.properties}. */
    Map<String, String> settings() {
        return Map.of();
    }

    /** Puts the beans of the route in the registry. */
    void bind(Registry beans) {}

    @Override
    protected final void bindToRegistry(Registry registry) {
        MandatoryRabbitMQComponent broker = new MandatoryRabbitMQComponent();
        broker.setConnectionFactory(new CachingConnectionFactory("broker.invalid"));
        registry.bind("spring-rabbitmq", broker);
        registry.bind("dataSource", new NoDataSource());
        registry.bind("utcClock", new UtcClock(CLOCK));
        registry.bind("problemAnswer", new ProblemAnswer(new Envelope(), new TraceIds()));
        bind(registry);
    }

    /** With redeliveries that follow at once: how many there are is the routes' business, how long they take is not the tests'. */
    @Override
    protected CamelContext createCamelContext() throws Exception {
        CamelContext camel = super.createCamelContext();
        Model model = camel.getCamelContextExtension().getContextPlugin(Model.class);
        input = model.getRouteDefinition(flow).getInput().getEndpointUri();
        for (RouteConfigurationDefinition configuration : model.getRouteConfigurationDefinitions()) {
            configuration.getOnExceptions().stream()
                    .map(handling -> handling.getRedeliveryPolicyType())
                    .filter(policy -> policy != null)
                    .forEach(policy -> policy.redeliveryDelay("1").maximumRedeliveryDelay("1"));
        }
        return camel;
    }

    @BeforeEach
    final void replaceEveryEndpoint() {
        for (Endpoint endpoint : context.getEndpoints()) {
            String uri = endpoint.getEndpointUri().replace("://", ":").split("\\?")[0];
            if (uri.matches(ANY_EDGE) && !uri.equals("direct:" + flow)) {
                MockEndpoint mock = getMockEndpoint("mock:" + uri);
                String name = uri.replaceFirst("^sql:classpath:sql/(.*)\\.sql$", "sql:$1");
                edges.put(name, endpoint instanceof SqlEndpoint sql
                        ? new Statement(name, sql, mock, visited)
                        : new Edge(name, endpoint, mock, visited));
            }
        }
    }

    @AfterEach
    final void noStatementGetsABodyThatIsNoMap() {
        edges.forEach((name, edge) -> {
            if (edge instanceof Statement statement) {
                assertThat(statement.slowBody()).as("body at %s", name).isNull();
            }
        });
    }

    /** What the route gets instead of {@code sql:classpath:sql/<statement>.sql}. */
    final Statement sql(String statement) {
        return (Statement) edge("sql:" + statement);
    }

    /** What the route gets instead of the route {@code direct:<name>}. */
    final Edge direct(String name) {
        return edge("direct:" + name);
    }

    /** What the route gets instead of the endpoint of this URI, without its options; a name it does not use is a mistake in the test. */
    final Edge edge(String uri) {
        assertThat(edges).as("endpoints of the route").containsKey(uri);
        return edges.get(uri);
    }

    /** What the route gets its messages from in production, with its options; not started. */
    final <T extends Endpoint> T input(Class<T> type) {
        return context.getEndpoint(input, type);
    }

    /** The edges the route went to, in that order: {@code sql:user/insert}, {@code direct:mail-publish}. */
    final List<String> visited() {
        return List.copyOf(visited);
    }

    /** What every statement and whatever runs one fails with while PostgreSQL is away. */
    static Exception databaseAway() {
        return new CannotGetJdbcConnectionException("Connection to db.internal:5432 refused");
    }

    /** Sends what a request becomes once it is checked against the contract: variables of the declared names, no body, no headers. */
    final Answer request(Map<String, Object> variables) {
        return send(exchange -> {
            exchange.setVariable("trace_id", TRACE_ID);
            exchange.setVariable("traceparent", TRACEPARENT);
            variables.forEach(exchange::setVariable);
        });
    }

    /** Sends an exchange that a consumer, a timer or another route has made. */
    final Answer send(Consumer<Exchange> made) {
        Exchange exchange = new DefaultExchange(context, ExchangePattern.InOut);
        made.accept(exchange);
        return new Answer(template.send("direct:" + flow, exchange));
    }
}
