package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.component.timer.TimerEndpoint;
import org.junit.jupiter.api.Test;

class AuditPurgeRouteTest extends RouteTestSupport {

    private static final String PURGE = "audit-event/purge";

    AuditPurgeRouteTest() {
        super("api/audit-purge");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("audit.purge.period", "7m", "audit.purge.batch", "9", "audit.retention", "3d");
    }

    @Test
    void it_runs_once_in_each_period() {
        assertThat(input(TimerEndpoint.class).getPeriod()).isEqualTo(420_000);
        assertThat(input(TimerEndpoint.class).getRepeatCount()).isZero();
    }

    @Test
    void it_deletes_what_was_kept_long_enough_until_nothing_is_left() {
        AtomicInteger left = new AtomicInteger(2);
        sql(PURGE).does(exchange -> exchange.getMessage().setBody(left.get() == 0 ? 0L : (long) left.getAndDecrement()));

        tick();

        assertThat(visited()).containsExactly("sql:" + PURGE, "sql:" + PURGE, "sql:" + PURGE);
        assertThat(sql(PURGE).received()).hasSize(3);
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void a_run_that_finds_nothing_asks_once_with_its_settings() {
        sql(PURGE).answers(0L);

        tick();

        assertThat(sql(PURGE).parameters()).isEqualTo(Map.of("now", NOW, "audit_retention", "3d", "batch", "9"));
    }

    @Test
    void a_database_that_is_away_ends_the_run_with_one_line_in_the_log_and_not_the_timer() {
        sql(PURGE).answers(0L).failsTimes(1, databaseAway());

        tick();
        assertThat(log.lines()).singleElement().asString().startsWith("WARN Run given up until the next one route=audit-purge");

        tick();
        assertThat(sql(PURGE).received()).hasSize(2);
    }

    private void tick() {
        assertThat(send(exchange -> {}).failure()).isNull();
    }
}
