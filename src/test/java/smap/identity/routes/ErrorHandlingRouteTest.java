package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.sql.SQLTransientConnectionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.spi.Registry;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.test.main.junit5.CamelMainTestSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.amqp.AmqpTimeoutException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.dao.RecoverableDataAccessException;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import smap.identity.problem.Envelope;
import smap.identity.problem.ProblemAnswer;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;
import smap.identity.problem.TraceIds;
import smap.identity.support.RecordedLog;

/** What becomes of a failure, by the configuration its route names. {@link MailDeliverRouteTest} tells it for {@code mail-delivery}. */
class ErrorHandlingRouteTest extends CamelMainTestSupport {

    @RegisterExtension
    final RecordedLog log = new RecordedLog("smap.identity", "org.apache.camel.processor");

    private final AtomicInteger calls = new AtomicInteger();
    private Exception failure;

    ErrorHandlingRouteTest() {
        camelContextConfiguration().withUseOverridePropertiesWithPropertiesComponent(
                RouteTestSupport.only("routes/shared/error-handling.camel.yaml"));
    }

    @Override
    protected void bindToRegistry(Registry registry) {
        registry.bind("problemAnswer", new ProblemAnswer(new Envelope(), new TraceIds()));
    }

    @Override
    protected RoutesBuilder createRouteBuilder() {
        return new RouteBuilder() {
            @Override
            public void configure() {
                for (String id : new String[] {"api-problem", "sub-flow", "scheduled"}) {
                    from("direct:" + id).routeId("a-route-" + id).routeConfigurationId(id).process(exchange -> {
                        calls.incrementAndGet();
                        throw failure;
                    });
                }
            }
        };
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                arguments(new ProblemException(ProblemCode.OTP_EXPIRED), ProblemCode.OTP_EXPIRED),
                arguments(new RuntimeCamelException(new ProblemException(ProblemCode.OTP_EXPIRED)), ProblemCode.OTP_EXPIRED),
                arguments(new DuplicateKeyException("users_email"), ProblemCode.CONFLICT),
                arguments(new CannotGetJdbcConnectionException("refused"), ProblemCode.SERVICE_UNAVAILABLE),
                arguments(new DataAccessResourceFailureException("closed"), ProblemCode.SERVICE_UNAVAILABLE),
                arguments(new QueryTimeoutException("slow"), ProblemCode.SERVICE_UNAVAILABLE),
                arguments(new RecoverableDataAccessException("again"), ProblemCode.SERVICE_UNAVAILABLE),
                arguments(new RuntimeCamelException(new SQLTransientConnectionException("busy")), ProblemCode.SERVICE_UNAVAILABLE),
                arguments(new AmqpTimeoutException("no confirm"), ProblemCode.SERVICE_UNAVAILABLE),
                arguments(new DataIntegrityViolationException("users.email"), ProblemCode.SOMETHING_WENT_WRONG),
                arguments(new NullPointerException("user"), ProblemCode.SOMETHING_WENT_WRONG),
                arguments(new Exception("checked"), ProblemCode.SOMETHING_WENT_WRONG));
    }

    static Stream<Arguments> violations() {
        return Stream.of(
                arguments(new DuplicateKeyException("plans_name"), ProblemCode.PLAN_EXISTS),
                arguments(new DataIntegrityViolationException("subscriptions.plan"), ProblemCode.PLAN_EXISTS),
                arguments(new ProblemException(ProblemCode.OTP_EXPIRED), ProblemCode.OTP_EXPIRED),
                arguments(new QueryTimeoutException("slow"), ProblemCode.SERVICE_UNAVAILABLE));
    }

    @ParameterizedTest
    @MethodSource("violations")
    void a_route_may_say_what_it_means_that_a_table_refuses(Exception failure, ProblemCode code) {
        this.failure = failure;

        Exchange exchange = template.send("direct:api-problem", sent -> {
            sent.setVariable("conflict", "PLAN_EXISTS");
            sent.setVariable("trace_id", RouteTestSupport.TRACE_ID);
        });

        new Answer(exchange).refused(code, code == ProblemCode.SERVICE_UNAVAILABLE ? 1L : null);
    }

    @ParameterizedTest
    @MethodSource("failures")
    void a_request_is_refused_by_the_class_of_its_failure(Exception thrown, ProblemCode code) {
        fail("api-problem", thrown).refused(code);

        assertThat(calls).hasValue(1);
    }

    @Test
    void a_refusal_is_no_line_in_the_log() {
        fail("api-problem", new ProblemException(ProblemCode.WRONG_PASSWORD));

        assertThat(log.lines()).isEmpty();
    }

    @Test
    void a_fault_of_ours_is_one_line_that_says_where_and_in_which_request() {
        fail("api-problem", new IllegalStateException("broken"));

        assertThat(log.lines())
                .containsExactly("ERROR Request failed trace_id=" + RouteTestSupport.TRACE_ID + " route=a-route-api-problem");
    }

    @Test
    void a_sub_flow_leaves_its_failure_to_whoever_called_it() {
        Exception thrown = new IllegalStateException("broken");

        assertThat(fail("sub-flow", thrown).failure()).isSameAs(thrown);

        assertThat(calls).hasValue(1);
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void a_run_in_the_background_that_fails_is_one_line_and_nothing_else() {
        assertThat(fail("scheduled", new IllegalStateException("broken")).failure()).isNull();

        assertThat(calls).hasValue(1);
        assertThat(log.lines()).containsExactly(
                "WARN Run given up until the next one route=a-route-scheduled cause=java.lang.IllegalStateException: broken");
    }

    private Answer fail(String configuration, Exception thrown) {
        failure = thrown;
        Exchange exchange = new DefaultExchange(context);
        exchange.setVariable("trace_id", RouteTestSupport.TRACE_ID);
        exchange.getMessage().setHeader("Cookie", "secret");
        exchange.getMessage().setBody("what the route was at");
        return new Answer(template.send("direct:" + configuration, exchange));
    }
}
