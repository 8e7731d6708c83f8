package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.health.HealthAnswer;
import smap.identity.problem.Envelope;
import smap.identity.problem.TraceIds;

class LiveRouteTest extends RouteTestSupport {

    LiveRouteTest() {
        super("shared/live");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("healthAnswer", new HealthAnswer(new Envelope(), new TraceIds(), CLOCK));
        beans.bind("databaseDependency", Dependencies.lost("database", true));
    }

    @Test
    void a_process_that_runs_is_alive_whatever_it_has_lost() {
        Answer answer = request(Map.of()).succeeded(200);

        assertThat(answer.body()).isEqualTo("{\"error_code\":0,\"message\":\"Success\",\"data\":{\"status\":\"UP\"}}");
        assertThat(answer.headers()).containsEntry("Content-Type", "application/json").containsEntry("Cache-Control", "no-store");
        assertThat(log.lines()).isEmpty();
    }
}
