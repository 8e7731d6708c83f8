package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import smap.identity.account.Caller;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class SubscriptionUpdateRouteTest extends RouteTestSupport {

    private static final Caller CALLER = new Caller(UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001"), "ADMIN");
    private static final String STATEMENT = "subscription/update";
    private static final Map<String, Object> REQUEST = Map.of(
            "id", "9c8b7a6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d", "If-Match", "\"2\"", "status", "past_due", "reason", "card refused");

    SubscriptionUpdateRouteTest() {
        super("api/subscription-update");
    }

    @BeforeEach
    void somebody_is_calling() {
        direct("access-check").does(exchange -> {
            exchange.setVariable("caller", CALLER);
            exchange.setVariable("caller_id", CALLER.id());
            exchange.setVariable("actor", CALLER.actor());
        });
        sql(STATEMENT).answers(row(null, "{\"error_code\":0}"));
    }

    @Test
    void an_administrator_does_it_and_is_answered_what_the_statement_says() {
        Answer answer = request(REQUEST).succeeded(200);

        assertThat(answer.body()).isEqualTo("{\"error_code\":0}");
        assertThat(answer.headers()).containsEntry("ETag", "\"3\"");
        Map<String, Object> parameters = new HashMap<>(sql(STATEMENT).parameters());
        parameters.values().removeIf(value -> value == null);
        assertThat(parameters).isEqualTo(Map.of("id", REQUEST.get("id"), "variable.If-Match", "\"2\"", "variable.status", "past_due",
                "variable.reason", "card refused", "now", NOW, "actor", CALLER.actor(), "grace", "7d"));
        assertThat(visited()).containsExactly("direct:access-check", "sql:" + STATEMENT);
    }

    @ParameterizedTest
    @EnumSource(value = ProblemCode.class, names = {
            "SUBSCRIPTION_NOT_FOUND", "PLAN_NOT_FOUND", "PRECONDITION_FAILED", "SUBSCRIPTION_STATUS_NOT_VALID", "SUBSCRIPTION_EXISTS"})
    void why_it_was_not_done_is_told(ProblemCode problem) {
        sql(STATEMENT).answers(row(problem.name(), null));

        request(REQUEST).refused(problem);
    }

    @Test
    void the_field_at_fault_is_named() {
        sql(STATEMENT).answers(row("SUBSCRIPTION_NOT_VALID ends_at must be later than starts_at", null));

        Answer answer = request(REQUEST);

        assertThat(answer.json().path("error_code").asInt()).isEqualTo(130004);
        assertThat(answer.json().path("errors").toString())
                .isEqualTo("[{\"field\":\"ends_at\",\"message\":\"must be later than starts_at\"}]");
    }

    @Test
    void nobody_else_gets_further_than_the_check() {
        direct("access-check").fails(new ProblemException(ProblemCode.FORBIDDEN));

        request(REQUEST).refused(ProblemCode.FORBIDDEN);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        sql(STATEMENT).fails(databaseAway());

        request(REQUEST).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }

    private static Map<String, Object> row(String problem, String answer) {
        Map<String, Object> row = new HashMap<>();
        row.put("problem", problem);
        row.put("answer", answer);
        row.put("etag", "\"3\"");
        return row;
    }
}
