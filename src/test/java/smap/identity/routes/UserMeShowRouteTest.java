package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class UserMeShowRouteTest extends RouteTestSupport {

    private static final UUID ANN = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");

    UserMeShowRouteTest() {
        super("api/user-me-show");
    }

    @BeforeEach
    void ann_is_calling() {
        direct("access-check").sets("caller_id", ANN);
    }

    @Test
    void the_caller_is_shown() {
        sql("user/show").answers("{\"error_code\":0}");

        assertThat(request(Map.of()).succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        assertThat(sql("user/show").parameters()).isEqualTo(Map.of("caller_id", ANN));
        assertThat(visited()).containsExactly("direct:access-check", "sql:user/show");
    }

    @Test
    void an_account_that_is_no_more_has_no_valid_token() {
        request(Map.of()).refused(ProblemCode.UNAUTHORIZED);
    }

    @Test
    void nobody_else_is_shown_anything() {
        direct("access-check").fails(new ProblemException(ProblemCode.UNAUTHORIZED));

        request(Map.of()).refused(ProblemCode.UNAUTHORIZED);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        sql("user/show").fails(databaseAway());

        request(Map.of()).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }
}
