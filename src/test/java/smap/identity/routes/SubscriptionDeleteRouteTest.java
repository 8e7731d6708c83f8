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

class SubscriptionDeleteRouteTest extends RouteTestSupport {

    private static final Caller CALLER = new Caller(UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001"), "ADMIN");
    private static final String STATEMENT = "subscription/delete";
    private static final Map<String, Object> REQUEST = Map.of(
            "id", "9c8b7a6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d", "If-Match", "\"2\"", "reason", "a mistake");

    SubscriptionDeleteRouteTest() {
        super("api/subscription-delete");
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
        assertThat(answer.headers()).doesNotContainKey("ETag");
        Map<String, Object> parameters = new HashMap<>(sql(STATEMENT).parameters());
        parameters.values().removeIf(value -> value == null);
        assertThat(parameters).isEqualTo(Map.of("id", REQUEST.get("id"), "variable.If-Match", "\"2\"", "variable.reason", "a mistake",
                "now", NOW, "actor", CALLER.actor()));
        assertThat(visited()).containsExactly("direct:access-check", "sql:" + STATEMENT);
    }

    @ParameterizedTest
    @EnumSource(value = ProblemCode.class, names = {"SUBSCRIPTION_NOT_FOUND", "PRECONDITION_FAILED"})
    void why_it_was_not_done_is_told(ProblemCode problem) {
        sql(STATEMENT).answers(row(problem.name(), null));

        request(REQUEST).refused(problem);
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
        return row;
    }
}
