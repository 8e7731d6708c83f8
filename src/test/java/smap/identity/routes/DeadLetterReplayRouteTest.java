package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.camel.component.timer.TimerEndpoint;
import org.junit.jupiter.api.Test;

class DeadLetterReplayRouteTest extends RouteTestSupport {

    DeadLetterReplayRouteTest() {
        super("api/dead-letter-replay");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("mail.replay.period", "250ms");
    }

    @Test
    void it_takes_a_turn_in_each_period() {
        assertThat(input(TimerEndpoint.class).getPeriod()).isEqualTo(250);
        assertThat(input(TimerEndpoint.class).getRepeatCount()).isZero();

        assertThat(send(exchange -> {}).failure()).isNull();

        assertThat(visited()).containsExactly("direct:dead-letter-replay-turn");
    }

    @Test
    void a_turn_that_fails_is_one_line_in_the_log_and_not_the_end_of_the_timer() {
        direct("dead-letter-replay-turn").fails(databaseAway());

        assertThat(send(exchange -> {}).failure()).isNull();

        assertThat(log.lines()).singleElement().asString().startsWith("WARN Run given up until the next one route=dead-letter-replay");
    }
}
