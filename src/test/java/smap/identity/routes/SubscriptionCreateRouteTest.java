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

class SubscriptionCreateRouteTest extends RouteTestSupport {

    private static final Caller CALLER = new Caller(UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001"), "ADMIN");
    private static final String STATEMENT = "subscription/insert";
    private static final Map<String, Object> REQUEST = Map.of("user_id", "u", "plan_id", "p", "status", "active", "starts_at", NOW);

    SubscriptionCreateRouteTest() {
        super("api/subscription-create");
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
        Answer answer = request(REQUEST).succeeded(201);

        assertThat(answer.body()).isEqualTo("{\"error_code\":0}");
        assertThat(answer.headers()).containsEntry("ETag", "\"1\"");
        Map<String, Object> parameters = new HashMap<>(sql(STATEMENT).parameters());
        parameters.values().removeIf(value -> value == null);
        assertThat(parameters).isEqualTo(Map.of("user_id", "u", "plan_id", "p", "status", "active", "starts_at", NOW,
                "now", NOW, "actor", CALLER.actor()));
        assertThat(visited()).containsExactly("direct:access-check", "direct:idempotency-begin", "sql:" + STATEMENT);
    }

    @ParameterizedTest
    @EnumSource(value = ProblemCode.class, names = {
            "ACCOUNT_NOT_FOUND", "PLAN_NOT_FOUND", "LIVE_SUBSCRIPTION_EXISTS", "SUBSCRIPTION_EXISTS", "SUBSCRIPTION_STATUS_NOT_VALID"})
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
    void the_lease_of_an_idempotency_key_goes_to_the_statement_that_keeps_the_answer() {
        direct("idempotency-begin").sets("idempotency_lease", "a lease");

        request(REQUEST).succeeded(201);

        assertThat(sql(STATEMENT).parameters()).containsEntry("variable.idempotency_lease", "a lease");
    }

    @Test
    void a_repeated_request_is_answered_before_anything_is_done_with_the_version_of_what_was_created() {
        direct("idempotency-begin").does(exchange -> {
            exchange.getMessage().setBody("kept");
            exchange.setRouteStop(true);
        });

        Answer answer = request(REQUEST);

        assertThat(answer.body()).isEqualTo("kept");
        assertThat(answer.headers()).containsEntry("ETag", "\"1\"");
        assertThat(visited()).containsExactly("direct:access-check", "direct:idempotency-begin");
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
