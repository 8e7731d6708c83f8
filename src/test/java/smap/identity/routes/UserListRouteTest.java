package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class UserListRouteTest extends RouteTestSupport {

    UserListRouteTest() {
        super("api/user-list");
    }

    @Test
    void an_administrator_gets_those_that_pass_the_filter_and_so_many_at_most() {
        sql("user/list").answers("{\"error_code\":0}");
        String[] roles = {"ADMIN"};

        assertThat(request(Map.of("roles", roles, "is_active", true)).succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        Map<String, Object> filter = new HashMap<>(sql("user/list").parameters());
        filter.values().removeIf(value -> value == null);
        assertThat(filter).isEqualTo(Map.of("variable.roles", roles, "variable.is_active", true, "most", "1000"));
        assertThat(visited()).containsExactly("direct:access-check", "sql:user/list");
    }

    @Test
    void nobody_else_is_shown_anything() {
        direct("access-check").fails(new ProblemException(ProblemCode.FORBIDDEN));

        request(Map.of()).refused(ProblemCode.FORBIDDEN);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        sql("user/list").fails(databaseAway());

        request(Map.of()).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }
}
