package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.component.timer.TimerEndpoint;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RateLimitPurgeRouteTest extends RouteTestSupport {

    private static final String WINDOWS = "rate-limit/purge";
    private static final String FAILURES = "login-failure/purge";
    private static final String CLIENTS = "login-client/purge";

    RateLimitPurgeRouteTest() {
        super("api/rate-limit-purge");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("rate.limit.purge.period", "7m", "mail.purge.batch", "9", "login.failures.kept", "3d", "login.clients.kept", "5d");
    }

    @BeforeEach
    void there_is_nothing_to_delete() {
        for (String statement : new String[] {WINDOWS, FAILURES, CLIENTS}) {
            sql(statement).answers(0L);
        }
    }

    @Test
    void it_runs_once_in_each_period_and_asks_each_table_once_if_there_is_nothing() {
        assertThat(input(TimerEndpoint.class).getPeriod()).isEqualTo(420_000);
        assertThat(input(TimerEndpoint.class).getRepeatCount()).isZero();

        tick();

        assertThat(sql(WINDOWS).parameters()).isEqualTo(Map.of("now", NOW, "batch", "9"));
        assertThat(sql(FAILURES).parameters()).isEqualTo(Map.of("now", NOW, "batch", "9", "login_failures_kept", "3d"));
        assertThat(sql(CLIENTS).parameters()).isEqualTo(Map.of("now", NOW, "batch", "9", "login_clients_kept", "5d"));
        assertThat(log.lines()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {WINDOWS, FAILURES, CLIENTS})
    void it_goes_on_until_no_table_has_anything_left(String statement) {
        AtomicInteger left = new AtomicInteger(3);
        sql(statement).does(exchange -> exchange.getMessage().setBody(left.get() == 0 ? 0L : (long) left.getAndDecrement()));

        tick();

        assertThat(sql(statement).received()).hasSize(4);
    }

    @Test
    void a_database_that_is_away_ends_the_run_with_one_line_in_the_log() {
        sql(FAILURES).failsTimes(1, databaseAway());

        tick();

        assertThat(visited()).containsExactly("sql:" + WINDOWS, "sql:" + FAILURES);
        assertThat(log.lines()).singleElement().asString().startsWith("WARN Run given up until the next one route=rate-limit-purge");
    }

    private void tick() {
        assertThat(send(exchange -> {}).failure()).isNull();
    }
}
