package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class UserDeactivateRouteTest extends RouteTestSupport {

    private static final UUID ADMIN = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";
    private static final String STATEMENT = "user/deactivate";
    private static final Map<String, Object> REQUEST = Map.of("id", ID, "remote_address", "192.0.2.1");

    UserDeactivateRouteTest() {
        super("api/user-deactivate");
    }

    @BeforeEach
    void an_administrator_is_calling() {
        direct("access-check").does(exchange -> {
            exchange.setVariable("caller_id", ADMIN);
            exchange.setVariable("actor", ADMIN.toString());
        });
        sql(STATEMENT).answers(row("{\"error_code\":0}", null));
    }

    @Test
    void an_administrator_deactivates_a_user() {
        assertThat(request(REQUEST).succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        assertThat(sql(STATEMENT).parameters()).isEqualTo(Map.of("id", ID, "caller_id", ADMIN, "actor", ADMIN.toString(),
                "variable.remote_address", "192.0.2.1", "now", NOW));
        assertThat(visited()).containsExactly("direct:access-check", "sql:" + STATEMENT);
    }

    @ParameterizedTest
    @EnumSource(value = ProblemCode.class, names = {"ACCOUNT_NOT_FOUND", "OWN_ACCOUNT", "FORBIDDEN"})
    void why_it_was_not_done_is_told(ProblemCode problem) {
        sql(STATEMENT).answers(row(null, problem.name()));

        request(REQUEST).refused(problem);
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

    private static Map<String, Object> row(String answer, String problem) {
        Map<String, Object> row = new HashMap<>();
        row.put("answer", answer);
        row.put("problem", problem);
        return row;
    }
}
