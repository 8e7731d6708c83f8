package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.component.platform.http.spi.PlatformHttpEngine;
import org.apache.camel.spi.Registry;
import org.apache.camel.support.DefaultConsumer;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.test.main.junit5.CamelMainTestSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import smap.identity.contract.Contract;
import smap.identity.contract.ContractRequestValidator;
import smap.identity.problem.Envelope;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.TraceIds;
import smap.identity.support.RecordedLog;

/** The REST file with a route for each operation that only keeps what it is given, and a server that does not listen. */
class RestApiRouteTest extends CamelMainTestSupport {

    private static final String CONTRACT = "openapi/smap-identity.yaml";

    @RegisterExtension
    final RecordedLog log = new RecordedLog("org.apache.camel.impl.engine");

    private final Set<String> routes = operations();
    private final List<Exchange> handed = new CopyOnWriteArrayList<>();
    private final Server server = new Server();

    RestApiRouteTest() {
        camelContextConfiguration()
                .withUseOverridePropertiesWithPropertiesComponent(RouteTestSupport.only("routes/api/rest-api.camel.yaml"));
        testConfiguration().withUseAdviceWith(true);
    }

    @Override
    protected void bindToRegistry(Registry registry) {
        registry.bind("platform-http-engine", server);
        registry.bind("requestValidator",
                new ContractRequestValidator(Contract.read(CONTRACT), new Envelope(), new TraceIds()));
    }

    @Override
    protected RoutesBuilder[] createRouteBuilders() {
        return new RoutesBuilder[0];
    }

    @Test
    void each_operation_is_served_by_the_route_of_its_name_which_gets_what_the_contract_declares() throws Exception {
        start();

        Exchange exchange =
                post("/api/v1/authentication/login", "{\"email\":\"ann@example.com\",\"password\":\"correct horse\",\"admin\":true}");

        assertThat(exchange.getMessage().getBody(String.class)).isEqualTo("authentication-login");
        assertThat(handed).hasSize(1);
        Map<String, Object> variables = handed.get(0).getVariables();
        assertThat(variables).containsOnlyKeys("email", "password", "remember", "operation", "trace_id", "traceparent")
                .containsEntry("email", "ann@example.com");
        assertThat(handed.get(0).getMessage().getBody()).isNull();
        assertThat(handed.get(0).getMessage().getHeaders()).doesNotContainKeys("X-Forwarded-For", "role");
    }

    @Test
    void a_request_the_contract_does_not_allow_reaches_no_route() throws Exception {
        start();

        Answer answer = new Answer(post("/api/v1/authentication/login", "{\"email\":\"ann@example.com\"}"));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().path("error_code").asInt()).isEqualTo(ProblemCode.AUTHENTICATION_WRONG_BODY.number());
        assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo("password");
        assertThat(handed).isEmpty();
    }

    @Test
    void an_operation_without_a_route_stops_the_start_and_is_named() {
        routes.remove("authentication-login");

        assertThatThrownBy(this::start)
                .rootCause()
                .hasMessageContaining("direct:authentication-login")
                .hasMessageNotContaining("direct:live");
    }

    private static Set<String> operations() {
        try (InputStream contract = RestApiRouteTest.class.getClassLoader().getResourceAsStream(CONTRACT)) {
            return new HashSet<>(new YAMLMapper().readTree(contract).findValuesAsText("operationId"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void start() throws Exception {
        for (String operation : routes) {
            context.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:" + operation).process(exchange -> handed.add(exchange.copy())).setBody(constant(operation));
                }
            });
        }
        context.start();
    }

    private Exchange post(String path, String body) throws Exception {
        Exchange exchange = new DefaultExchange(context);
        exchange.getMessage().setHeader(Exchange.HTTP_METHOD, "POST");
        exchange.getMessage().setHeader(Exchange.HTTP_PATH, path);
        exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, "application/json");
        exchange.getMessage().setHeader("X-Forwarded-For", "192.0.2.7");
        exchange.getMessage().setHeader("role", "ADMIN");
        exchange.getMessage().setBody(body);
        server.api.process(exchange);
        return exchange;
    }

    /** An HTTP server without a port: what it would hand to the API, a test hands over. */
    private static final class Server implements PlatformHttpEngine {

        private Processor api;

        @Override
        public PlatformHttpConsumer createConsumer(PlatformHttpEndpoint endpoint, Processor processor) {
            api = processor;
            return new Consumer(endpoint, processor);
        }
    }

    private static final class Consumer extends DefaultConsumer implements PlatformHttpConsumer {

        Consumer(PlatformHttpEndpoint endpoint, Processor processor) {
            super(endpoint, processor);
        }

        @Override
        public PlatformHttpEndpoint getEndpoint() {
            return (PlatformHttpEndpoint) super.getEndpoint();
        }
    }
}
