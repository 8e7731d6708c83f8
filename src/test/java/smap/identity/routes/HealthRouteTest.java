package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.health.HealthAnswer;
import smap.identity.problem.Envelope;
import smap.identity.problem.TraceIds;

class HealthRouteTest extends RouteTestSupport {

    HealthRouteTest() {
        super("shared/health");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("healthAnswer", new HealthAnswer(new Envelope(), new TraceIds(), CLOCK));
    }

    @Test
    void it_says_what_ready_says() {
        context.getRegistry().bind("database", Dependencies.working("database", true));

        Answer answer = request(Map.of()).succeeded(200);

        assertThat(answer.body()).contains("\"status\":\"UP\"", "\"checks\":{\"database\":\"UP\"}");
    }

    @Test
    void it_is_a_503_when_something_vital_is_lost() {
        context.getRegistry().bind("database", Dependencies.lost("database", true));

        assertThat(request(Map.of()).succeeded(503).json().at("/errors/0/field").asText()).isEqualTo("database");
    }
}
