package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import smap.identity.problem.ProblemCode;

class PlanListRouteTest extends RouteTestSupport {

    private static final String LIST = "plan/list";

    PlanListRouteTest() {
        super("api/plan-list");
    }

    @Test
    void anybody_gets_those_that_pass_the_filter_and_so_many_at_most() {
        sql(LIST).answers("{\"error_code\":0}");
        String[] codes = {"free"};

        assertThat(request(Map.of("codes", codes)).succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        Map<String, Object> filter = new HashMap<>(sql(LIST).parameters());
        filter.values().removeIf(value -> value == null);
        assertThat(filter).isEqualTo(Map.of("variable.codes", codes, "most", "1000"));
        assertThat(visited()).containsExactly("sql:" + LIST);
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        sql(LIST).fails(databaseAway());

        request(Map.of()).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }
}
