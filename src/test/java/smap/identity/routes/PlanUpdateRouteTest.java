package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.dao.DuplicateKeyException;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class PlanUpdateRouteTest extends RouteTestSupport {

    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";
    private static final String STATEMENT = "plan/update";
    private static final Map<String, Object> REQUEST = Map.of(
            "id", ID, "name", "Team", "max_usage", 10, "trial_days", 0, "description", "d", "If-Match", "\"3\"", "code", "team");

    PlanUpdateRouteTest() {
        super("api/plan-update");
    }

    @BeforeEach
    void an_administrator_is_calling() {
        direct("access-check").sets("actor", "admin");
        sql(STATEMENT).answers(row("{\"error_code\":0}", null));
    }

    @Test
    void an_administrator_changes_a_plan_and_is_told_its_new_version() {
        Answer changed = request(REQUEST).succeeded(200);

        assertThat(changed.body()).isEqualTo("{\"error_code\":0}");
        assertThat(changed.headers()).containsEntry("ETag", "\"4\"");

        Map<String, Object> parameters = new HashMap<>(sql(STATEMENT).parameters());
        parameters.values().removeIf(value -> value == null);
        assertThat(parameters).isEqualTo(Map.of(
                "id", ID, "name", "Team", "max_usage", 10, "trial_days", 0, "variable.description", "d", "variable.If-Match", "\"3\"",
                "variable.code", "team", "actor", "admin", "now", NOW));
        assertThat(visited()).containsExactly("direct:access-check", "sql:" + STATEMENT);
    }

    @ParameterizedTest
    @EnumSource(value = ProblemCode.class, names = {"PLAN_NOT_FOUND", "PRECONDITION_FAILED"})
    void why_it_was_not_done_is_told(ProblemCode problem) {
        sql(STATEMENT).answers(row(null, problem.name()));

        request(REQUEST).refused(problem);
    }

    @Test
    void which_field_is_at_fault_is_told() {
        sql(STATEMENT).answers(row(null, "PLAN_NOT_VALID code cannot be changed"));

        assertThat(request(REQUEST).json().path("errors").toString())
                .isEqualTo("[{\"field\":\"code\",\"message\":\"cannot be changed\"}]");
    }

    @Test
    void the_name_of_another_plan_is_taken() {
        sql(STATEMENT).fails(new DuplicateKeyException("plans_name_key"));

        request(REQUEST).refused(ProblemCode.PLAN_EXISTS);
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
        row.put("etag", problem == null ? "\"4\"" : null);
        return row;
    }
}
