package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.component.timer.TimerEndpoint;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionPurgeRouteTest extends RouteTestSupport {

    private static final String TOKENS = "refresh-token/purge";
    private static final String SESSIONS = "session/purge";

    SessionPurgeRouteTest() {
        super("api/session-purge");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("session.purge.period", "7m", "mail.purge.batch", "9", "session.retention", "3d");
    }

    @BeforeEach
    void there_is_nothing_to_delete() {
        sql(TOKENS).answers(0L);
        sql(SESSIONS).answers(0L);
    }

    @Test
    void it_runs_once_in_each_period() {
        assertThat(input(TimerEndpoint.class).getPeriod()).isEqualTo(420_000);
        assertThat(input(TimerEndpoint.class).getRepeatCount()).isZero();
    }

    @Test
    void a_run_that_finds_nothing_asks_each_table_once() {
        tick();

        assertThat(visited()).containsExactly("sql:" + TOKENS, "sql:" + SESSIONS);
        assertThat(sql(TOKENS).parameters()).isEqualTo(Map.of("now", NOW, "batch", "9"));
        assertThat(sql(SESSIONS).parameters()).isEqualTo(Map.of("now", NOW, "session_retention", "3d", "batch", "9"));
        assertThat(log.lines()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {TOKENS, SESSIONS})
    void it_goes_on_until_no_table_has_anything_left(String statement) {
        AtomicInteger left = new AtomicInteger(3);
        sql(statement).does(exchange -> exchange.getMessage().setBody(left.get() == 0 ? 0L : (long) left.getAndDecrement()));

        tick();

        assertThat(sql(statement).received()).hasSize(4);
    }

    @Test
    void a_database_that_is_away_ends_the_run_with_one_line_in_the_log_and_not_the_timer() {
        sql(SESSIONS).failsTimes(1, databaseAway());

        tick();
        assertThat(log.lines()).singleElement().asString().startsWith("WARN Run given up until the next one route=session-purge");

        tick();
        assertThat(sql(SESSIONS).received()).hasSize(2);
        assertThat(log.lines()).hasSize(1);
    }

    private void tick() {
        assertThat(send(exchange -> {}).failure()).isNull();
    }
}
