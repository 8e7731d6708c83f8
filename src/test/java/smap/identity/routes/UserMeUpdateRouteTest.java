package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class UserMeUpdateRouteTest extends RouteTestSupport {

    private static final UUID ANN = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");

    UserMeUpdateRouteTest() {
        super("api/user-me-update");
    }

    @BeforeEach
    void ann_is_calling() {
        direct("access-check").sets("caller_id", ANN);
    }

    @Test
    void the_name_is_changed_and_the_account_shown() {
        sql("user/update").answers("{\"error_code\":0}");

        assertThat(request(Map.of("full_name", "Ann")).succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        assertThat(sql("user/update").parameters()).isEqualTo(Map.of("variable.full_name", "Ann", "now", NOW, "caller_id", ANN));
        assertThat(visited()).containsExactly("direct:access-check", "sql:user/update");
    }

    @Test
    void no_name_is_a_name_as_well() {
        sql("user/update").answers("{\"error_code\":0}");
        Map<String, Object> body = new HashMap<>();
        body.put("full_name", null);

        request(body).succeeded(200);

        assertThat(sql("user/update").parameters()).containsEntry("variable.full_name", null);
    }

    @Test
    void an_account_that_is_no_more_has_no_valid_token() {
        request(Map.of("full_name", "Ann")).refused(ProblemCode.UNAUTHORIZED);
    }

    @Test
    void nobody_else_changes_anything() {
        direct("access-check").fails(new ProblemException(ProblemCode.UNAUTHORIZED));

        request(Map.of("full_name", "Ann")).refused(ProblemCode.UNAUTHORIZED);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        sql("user/update").fails(databaseAway());

        request(Map.of("full_name", "Ann")).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }
}
