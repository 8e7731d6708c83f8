package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.camel.Exchange;
import org.junit.jupiter.api.Test;
import smap.identity.problem.ProblemCode;

class PlanShowRouteTest extends RouteTestSupport {

    private static final String SHOW = "plan/show";
    private static final Map<String, Object> REQUEST = Map.of("id", "7a4c1d2e-0000-4000-8000-000000000001");

    PlanShowRouteTest() {
        super("api/plan-show");
    }

    @Test
    void anybody_is_shown_the_plan_and_its_version() {
        sql(SHOW).answers(Map.of("etag", "\"3\"", "answer", "{\"error_code\":0}"));

        Answer shown = request(REQUEST).succeeded(200);

        assertThat(shown.body()).isEqualTo("{\"error_code\":0}");
        assertThat(shown.headers()).containsEntry("ETag", "\"3\"").doesNotContainKey(Exchange.HTTP_RESPONSE_CODE);
        assertThat(sql(SHOW).parameters()).isEqualTo(REQUEST);
        assertThat(visited()).containsExactly("sql:" + SHOW);
    }

    @Test
    void a_plan_that_is_not_there_is_not_found() {
        request(REQUEST).refused(ProblemCode.PLAN_NOT_FOUND);
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        sql(SHOW).fails(databaseAway());

        request(REQUEST).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }
}
