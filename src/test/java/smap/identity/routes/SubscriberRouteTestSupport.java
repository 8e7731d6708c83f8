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

/** What the flows have in common by which a subscriber changes a subscription: one statement, and what it returns is the answer. */
abstract class SubscriberRouteTestSupport extends RouteTestSupport {

    static final UUID ANN = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";

    private final String statement;
    private final Map<String, Object> request;

    /**
     * @param verb of the operation and of its statement
     * @param declared what the contract declares for it beside the id and the condition
     */
    SubscriberRouteTestSupport(String verb, Map<String, Object> declared) {
        super("api/subscription-" + verb);
        statement = "subscription/" + verb;
        request = new HashMap<>(declared);
        request.put("id", ID);
        request.put("If-Match", "\"3\"");
    }

    @BeforeEach
    void the_owner_is_calling() {
        direct("access-check").does(exchange -> {
            exchange.setVariable("caller", new Caller(ANN, "USER"));
            exchange.setVariable("caller_id", ANN);
            exchange.setVariable("actor", ANN.toString());
        });
        sql(statement).answers(row("{\"error_code\":0}", "\"4\"", null));
    }

    /** What the statement is to be told beside the subscription, the caller and the time. */
    abstract Map<String, Object> asked();

    @Test
    void what_the_statement_has_done_is_the_answer() {
        Answer answer = request(request).succeeded(200);

        assertThat(answer.body()).isEqualTo("{\"error_code\":0}");
        assertThat(answer.headers()).containsEntry("ETag", "\"4\"");
        Map<String, Object> told = new HashMap<>(asked());
        told.putAll(Map.of("id", ID, "caller_id", ANN, "variable.caller.role", "USER", "actor", ANN.toString(),
                "variable.If-Match", "\"3\"", "now", NOW));
        assertThat(sql(statement).parameters()).isEqualTo(told);
        assertThat(visited()).containsExactly("direct:access-check", "sql:" + statement);
    }

    @Test
    void what_need_not_be_said_need_not_be_said() {
        Map<String, Object> bare = new HashMap<>(request);
        bare.put("If-Match", null);
        bare.computeIfPresent("reason", (name, reason) -> null);

        request(bare).succeeded(200);

        assertThat(sql(statement).parameters()).containsEntry("variable.If-Match", null);
        assertThat(sql(statement).parameters().get("variable.reason")).isNull();
    }

    @ParameterizedTest
    @EnumSource(value = ProblemCode.class, names = {"SUBSCRIPTION_NOT_FOUND", "PRECONDITION_FAILED", "SUBSCRIPTION_STATUS_NOT_VALID",
            "CANNOT_CANCEL", "PLAN_NOT_FOUND"})
    void why_it_was_not_done_is_told(ProblemCode problem) {
        sql(statement).answers(row(null, null, problem.name()));

        request(request).refused(problem);
    }

    @Test
    void the_field_at_fault_is_told() {
        sql(statement).answers(row(null, null, "SUBSCRIPTION_NOT_VALID plan_id is the plan already"));

        Answer refused = request(request);

        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.json().path("error_code").asInt()).isEqualTo(130004);
        assertThat(refused.json().path("errors")).hasSize(1);
        assertThat(refused.json().at("/errors/0/field").asText()).isEqualTo("plan_id");
        assertThat(refused.json().at("/errors/0/message").asText()).isEqualTo("is the plan already");
        assertThat(refused.headers()).doesNotContainKey("ETag");
    }

    @Test
    void nobody_else_does_anything() {
        direct("access-check").fails(new ProblemException(ProblemCode.UNAUTHORIZED));

        request(request).refused(ProblemCode.UNAUTHORIZED);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        sql(statement).fails(databaseAway());

        request(request).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }

    private static Map<String, Object> row(String answer, String etag, String problem) {
        Map<String, Object> row = new HashMap<>();
        row.put("answer", answer);
        row.put("etag", etag);
        row.put("problem", problem);
        return row;
    }
}
