package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.health.HealthAnswer;
import smap.identity.problem.Envelope;
import smap.identity.problem.TraceIds;

class ReadyRouteTest extends RouteTestSupport {

    ReadyRouteTest() {
        super("shared/ready");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("healthAnswer", new HealthAnswer(new Envelope(), new TraceIds(), CLOCK));
    }

    @Test
    void a_process_that_has_all_it_needs_is_ready_and_names_each_thing() {
        context.getRegistry().bind("database", Dependencies.working("database", true));
        context.getRegistry().bind("broker", Dependencies.working("broker", false));

        Answer answer = request(Map.of()).succeeded(200);

        assertThat(answer.body()).contains("\"status\":\"UP\"", "\"checks\":{\"broker\":\"UP\",\"database\":\"UP\"}");
    }

    @Test
    void a_process_goes_on_without_what_is_not_vital() {
        context.getRegistry().bind("database", Dependencies.working("database", true));
        context.getRegistry().bind("broker", Dependencies.lost("broker", false));

        assertThat(request(Map.of()).succeeded(200).body()).contains("\"checks\":{\"broker\":\"DOWN\",\"database\":\"UP\"}");
    }

    @Test
    void a_process_without_its_database_says_so_and_nothing_internal() {
        context.getRegistry().bind("database", Dependencies.lost("database", true));

        Answer answer = request(Map.of()).succeeded(503);

        assertThat(answer.json().path("error_code").asInt()).isEqualTo(503);
        assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo("database");
        assertThat(answer.json().path("trace_id").asText()).hasSize(32);
        assertThat(answer.body()).doesNotContain("internal");
        assertThat(answer.headers()).containsEntry("Retry-After", 5L).containsEntry("Content-Type", "application/json");
        assertThat(log.lines()).hasSize(1);
        assertThat(log.lines().get(0)).contains("dependency=database", "refused");
    }
}
