package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class UserPageRouteTest extends RouteTestSupport {

    private static final String LIST = "user/list-page";

    UserPageRouteTest() {
        super("api/user-page");
    }

    @Test
    void an_administrator_gets_the_page_that_was_asked_for() {
        sql(LIST).answers("{\"error_code\":0}");

        assertThat(request(Map.of("page", 2, "limit", 15, "is_active", false)).succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        Map<String, Object> filter = new HashMap<>(sql(LIST).parameters());
        filter.values().removeIf(value -> value == null);
        assertThat(filter).isEqualTo(Map.of("page", 2, "limit", 15, "variable.is_active", false));
        assertThat(visited()).containsExactly("direct:access-check", "sql:" + LIST);
    }

    @Test
    void nobody_else_is_shown_anything() {
        direct("access-check").fails(new ProblemException(ProblemCode.FORBIDDEN));

        request(Map.of("page", 1, "limit", 15)).refused(ProblemCode.FORBIDDEN);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        sql(LIST).fails(databaseAway());

        request(Map.of("page", 1, "limit", 15)).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }
}
