package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import smap.identity.problem.ProblemCode;

class PlanPageRouteTest extends RouteTestSupport {

    private static final String LIST = "plan/list-page";

    PlanPageRouteTest() {
        super("api/plan-page");
    }

    @Test
    void anybody_gets_the_page_that_was_asked_for() {
        sql(LIST).answers("{\"error_code\":0}");
        String[] ids = {"7a4c1d2e-0000-4000-8000-000000000001"};

        assertThat(request(Map.of("page", 2, "limit", 15, "ids", ids)).succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        Map<String, Object> filter = new HashMap<>(sql(LIST).parameters());
        filter.values().removeIf(value -> value == null);
        assertThat(filter).isEqualTo(Map.of("page", 2, "limit", 15, "variable.ids", ids));
        assertThat(visited()).containsExactly("sql:" + LIST);
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        sql(LIST).fails(databaseAway());

        request(Map.of("page", 1, "limit", 15)).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }
}
