package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class AuditListRouteTest extends RouteTestSupport {

    private static final String LIST = "audit-event/list";
    private static final String[] ACTIONS = {"user-delete"};
    private static final Map<String, Object> REQUEST = Map.of("token", "t", "page", 2, "limit", 15, "actions", ACTIONS);

    AuditListRouteTest() {
        super("api/audit-list");
    }

    @Test
    void an_administrator_gets_the_page_that_was_asked_for() {
        sql(LIST).answers("{\"error_code\":0}");

        assertThat(request(REQUEST).succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        assertThat(visited()).containsExactly("direct:access-check", "sql:" + LIST);
        Map<String, Object> filter = new HashMap<>(sql(LIST).parameters());
        filter.values().removeIf(value -> value == null);
        assertThat(filter).isEqualTo(Map.of("page", 2, "limit", 15, "variable.actions", ACTIONS));
    }

    @Test
    void nobody_else_is_shown_anything() {
        direct("access-check").fails(new ProblemException(ProblemCode.FORBIDDEN));

        request(REQUEST).refused(ProblemCode.FORBIDDEN);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503_that_says_when_to_come_back() {
        sql(LIST).fails(databaseAway());

        request(REQUEST).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }
}
