package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class PlanCreateRouteTest extends RouteTestSupport {

    private static final String INSERT = "plan/insert";
    private static final String TAKEN = "plan/find-taken";
    private static final Map<String, Object> REQUEST = Map.of("code", "team", "name", "Team", "max_usage", 10, "trial_days", 0,
            "interval", "month", "remote_address", "192.0.2.1");

    PlanCreateRouteTest() {
        super("api/plan-create");
    }

    @BeforeEach
    void an_administrator_is_calling() {
        direct("access-check").sets("actor", "admin");
    }

    @Test
    void a_plan_is_created_and_told_with_201_and_its_version() {
        sql(INSERT).answers("{\"error_code\":0}");

        Answer created = request(REQUEST).succeeded(201);

        assertThat(created.body()).isEqualTo("{\"error_code\":0}");
        assertThat(created.headers()).containsEntry("ETag", "\"1\"");
        Map<String, Object> parameters = new HashMap<>(sql(INSERT).parameters());
        parameters.values().removeIf(value -> value == null);
        assertThat(parameters).isEqualTo(Map.of("code", "team", "name", "Team", "max_usage", 10, "trial_days", 0,
                "variable.interval", "month", "variable.remote_address", "192.0.2.1", "actor", "admin", "now", NOW));
        assertThat(visited()).containsExactly("direct:access-check", "direct:idempotency-begin", "sql:" + INSERT);
    }

    @Test
    void a_repeated_request_is_told_the_version_too() {
        direct("idempotency-begin").does(exchange -> {
            exchange.getMessage().setBody("{\"error_code\":0}");
            exchange.setRouteStop(true);
        });

        Answer replayed = request(REQUEST).succeeded(200);

        assertThat(replayed.body()).isEqualTo("{\"error_code\":0}");
        assertThat(replayed.headers()).containsEntry("ETag", "\"1\"");
        assertThat(visited()).containsExactly("direct:access-check", "direct:idempotency-begin");
    }

    @ParameterizedTest
    @EnumSource(value = ProblemCode.class, names = {"PLAN_CODE_EXISTS", "PLAN_EXISTS", "CONFLICT"})
    void what_is_taken_is_told(ProblemCode problem) {
        sql(TAKEN).answers(problem.name());

        request(REQUEST).refused(problem);

        assertThat(sql(TAKEN).parameters()).isEqualTo(Map.of("code", "team", "name", "Team"));
        assertThat(visited()).containsExactly("direct:access-check", "direct:idempotency-begin", "sql:" + INSERT, "sql:" + TAKEN);
    }

    @Test
    void nobody_else_creates_anything() {
        direct("access-check").fails(new ProblemException(ProblemCode.FORBIDDEN));

        request(REQUEST).refused(ProblemCode.FORBIDDEN);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        sql(INSERT).fails(databaseAway());

        request(REQUEST).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }
}
