package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.dao.DataIntegrityViolationException;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class PlanDeleteRouteTest extends RouteTestSupport {

    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";
    private static final String STATEMENT = "plan/delete";
    private static final Map<String, Object> REQUEST = Map.of("id", ID, "If-Match", "*");

    PlanDeleteRouteTest() {
        super("api/plan-delete");
    }

    @BeforeEach
    void an_administrator_is_calling() {
        direct("access-check").sets("actor", "admin");
        sql(STATEMENT).answers(row("{\"error_code\":0}", null));
    }

    @Test
    void an_administrator_deletes_a_plan() {
        assertThat(request(REQUEST).succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        Map<String, Object> parameters = new HashMap<>(sql(STATEMENT).parameters());
        parameters.values().removeIf(value -> value == null);
        assertThat(parameters).isEqualTo(Map.of(
                "id", ID, "variable.If-Match", "*", "actor", "admin", "now", NOW));
        assertThat(visited()).containsExactly("direct:access-check", "sql:" + STATEMENT);
    }

    @ParameterizedTest
    @EnumSource(value = ProblemCode.class, names = {"PLAN_NOT_FOUND", "PRECONDITION_FAILED"})
    void why_it_was_not_done_is_told(ProblemCode problem) {
        sql(STATEMENT).answers(row(null, problem.name()));

        request(REQUEST).refused(problem);
    }

    @Test
    void a_plan_that_is_somebodys_stays() {
        sql(STATEMENT).fails(new DataIntegrityViolationException("subscriptions_plan_alive_fkey"));

        request(REQUEST).refused(ProblemCode.PLAN_IN_USE);
    }

    @Test
    void nobody_else_does_anything() {
        direct("access-check").fails(new ProblemException(ProblemCode.FORBIDDEN));

        request(REQUEST).refused(ProblemCode.FORBIDDEN);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        sql(STATEMENT).fails(databaseAway());

        request(REQUEST).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }

    @Test
    void any_other_failure_is_a_500() {
        sql(STATEMENT).fails(new IllegalStateException("secret"));

        request(REQUEST).refused(ProblemCode.SOMETHING_WENT_WRONG);
    }

    private static Map<String, Object> row(String answer, String problem) {
        Map<String, Object> row = new HashMap<>();
        row.put("answer", answer);
        row.put("problem", problem);
        return row;
    }
}
