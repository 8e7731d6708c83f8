package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class UserShowRouteTest extends RouteTestSupport {

    private static final String SHOW = "user/show-by-id";
    private static final Map<String, Object> REQUEST = Map.of("id", "7a4c1d2e-0000-4000-8000-000000000001");

    UserShowRouteTest() {
        super("api/user-show");
    }

    @Test
    void an_administrator_is_shown_the_user() {
        sql(SHOW).answers("{\"error_code\":0}");

        assertThat(request(REQUEST).succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        assertThat(sql(SHOW).parameters()).isEqualTo(REQUEST);
        assertThat(visited()).containsExactly("direct:access-check", "sql:" + SHOW);
    }

    @Test
    void who_is_not_there_is_not_found() {
        request(REQUEST).refused(ProblemCode.ACCOUNT_NOT_FOUND);
    }

    @Test
    void nobody_else_is_shown_anything() {
        direct("access-check").fails(new ProblemException(ProblemCode.FORBIDDEN));

        request(REQUEST).refused(ProblemCode.FORBIDDEN);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        sql(SHOW).fails(databaseAway());

        request(REQUEST).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }
}
