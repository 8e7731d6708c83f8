package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.camel.component.timer.TimerEndpoint;
import org.junit.jupiter.api.Test;

class DeadLetterForgetRouteTest extends RouteTestSupport {

    private static final String FORGET = "dead-letter/forget-codes";

    DeadLetterForgetRouteTest() {
        super("api/dead-letter-forget");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("dead.letter.forget.period", "45s");
    }

    @Test
    void it_runs_once_in_each_period() {
        assertThat(input(TimerEndpoint.class).getPeriod()).isEqualTo(45_000);
        assertThat(input(TimerEndpoint.class).getRepeatCount()).isZero();
    }

    @Test
    void what_has_died_by_now_is_forgotten_without_a_word() {
        assertThat(send(exchange -> {}).failure()).isNull();

        assertThat(sql(FORGET).parameters()).isEqualTo(Map.of("now", NOW));
        assertThat(visited()).containsExactly("sql:" + FORGET);
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void a_database_that_is_away_ends_the_run_and_not_the_timer() {
        sql(FORGET).failsTimes(1, databaseAway());

        assertThat(send(exchange -> {}).failure()).isNull();
        assertThat(log.lines()).singleElement().asString().startsWith("WARN Run given up until the next one route=dead-letter-forget");

        assertThat(send(exchange -> {}).failure()).isNull();
        assertThat(sql(FORGET).received()).hasSize(2);
        assertThat(log.lines()).hasSize(1);
    }
}
