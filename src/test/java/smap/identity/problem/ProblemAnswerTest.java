package smap.identity.problem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import smap.identity.support.RecordedLog;

class ProblemAnswerTest {

    @RegisterExtension
    final RecordedLog log = new RecordedLog(ProblemAnswer.class.getName());

    private final ProblemAnswer answer = new ProblemAnswer(new Envelope(), new TraceIds());
    private DefaultCamelContext camel;
    private Exchange exchange;

    @BeforeEach
    void start() {
        camel = new DefaultCamelContext();
        exchange = new DefaultExchange(camel);
        exchange.setVariable("trace_id", "4bf9");
    }

    @AfterEach
    void stop() throws IOException {
        camel.close();
    }

    @Test
    void a_problem_becomes_its_envelope_and_nothing_of_the_request_is_left() {
        exchange.getMessage().setHeader("Authorization", "Bearer x");
        exchange.getMessage().setBody("request");

        render(new ProblemException(ProblemCode.AUTHENTICATION_WRONG_BODY, List.of(new FieldError("email", "is required")), null));

        assertThat(exchange.getMessage().getHeaders())
                .containsOnly(entry(Exchange.HTTP_RESPONSE_CODE, 400), entry(Exchange.CONTENT_TYPE, "application/json"));
        assertThat(body()).isEqualTo("{\"error_code\":110002,\"message\":\"Wrong body\","
                + "\"errors\":[{\"field\":\"email\",\"message\":\"is required\"}],\"trace_id\":\"4bf9\"}");
        assertThat(log.events()).isEmpty();
    }

    @Test
    void a_route_that_has_no_trace_id_gets_one() {
        exchange.removeVariable("trace_id");

        render(new ProblemException(ProblemCode.NOT_FOUND));

        assertThat(body()).matches("\\{\"error_code\":404,\"message\":\"Not found\",\"trace_id\":\"[0-9a-f]{32}\"}");
    }

    @Test
    void any_other_failure_is_answered_as_the_route_configuration_names_it_and_tells_nothing_of_itself() {
        exchange.setVariable("problem", "SOMETHING_WENT_WRONG");

        render(new IllegalStateException("column password_hash of user ann@example.com"));

        assertThat(exchange.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(500);
        assertThat(body()).isEqualTo("{\"error_code\":500,\"message\":\"Something went wrong\",\"trace_id\":\"4bf9\"}");
    }

    @Test
    void a_fault_of_ours_is_one_line_in_the_log_with_its_trace_id_and_cause() {
        exchange.setVariable("problem", "SOMETHING_WENT_WRONG");
        exchange.setProperty(Exchange.FAILURE_ROUTE_ID, "authentication-login");

        render(new IllegalStateException("why"));

        assertThat(log.events()).singleElement().satisfies(line -> {
            assertThat(line.getLevel()).isEqualTo(Level.ERROR);
            assertThat(line.getFormattedMessage()).isEqualTo("Request failed");
            assertThat(line.getKeyValuePairs()).asString().contains("trace_id=\"4bf9\"", "route=\"authentication-login\"");
            assertThat(line.getThrowableProxy().getMessage()).isEqualTo("why");
        });
    }

    @Test
    void a_dependency_that_is_away_is_one_warning_without_a_stack_trace() {
        exchange.setVariable("problem", "SERVICE_UNAVAILABLE");

        render(new IllegalStateException("connection refused"));

        assertThat(exchange.getMessage().getHeaders()).containsOnly(
                entry(Exchange.HTTP_RESPONSE_CODE, 503), entry(Exchange.CONTENT_TYPE, "application/json"), entry("Retry-After", 1L));
        assertThat(log.events()).singleElement().satisfies(line -> {
            assertThat(line.getLevel()).isEqualTo(Level.WARN);
            assertThat(line.getKeyValuePairs()).asString().contains("trace_id=\"4bf9\"", "connection refused");
            assertThat(line.getThrowableProxy()).isNull();
        });
    }

    @ParameterizedTest
    @CsvSource({"1,1", "999,1", "1000,1", "1001,2", "60000,60", "0,1", "-5000,1"})
    void the_wait_of_a_problem_is_rounded_up_to_whole_seconds_and_at_least_one(long millis, long seconds) {
        render(new ProblemException(ProblemCode.SERVICE_UNAVAILABLE, List.of(), Duration.ofMillis(millis)));

        assertThat(exchange.getMessage().getHeader("Retry-After")).isEqualTo(seconds);
    }

    @Test
    void the_wait_of_a_route_is_taken_from_its_variable() {
        exchange.setVariable("retry_after", 42L);

        render(new ProblemException("TOO_MANY_REQUESTS"));

        assertThat(exchange.getMessage().getHeader("Retry-After")).isEqualTo(42L);
    }

    @ParameterizedTest
    @EnumSource(ProblemCode.class)
    void exactly_those_who_can_do_better_by_waiting_are_told_to(ProblemCode code) {
        render(new ProblemException(code));

        boolean waits = code.status() == 429 || code.status() == 503 || code == ProblemCode.REQUEST_UNDER_WAY;
        assertThat(exchange.getMessage().getHeader("Retry-After")).isEqualTo(waits ? 1L : null);
        assertThat(exchange.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(code.status());
    }

    private void render(Exception failure) {
        exchange.setProperty(Exchange.EXCEPTION_CAUGHT, failure);
        answer.render(exchange);
    }

    private String body() {
        return new String(exchange.getMessage().getBody(byte[].class), StandardCharsets.UTF_8);
    }
}
