package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.component.timer.TimerEndpoint;
import org.junit.jupiter.api.Test;

class IdempotencyPurgeRouteTest extends RouteTestSupport {

    private static final String PURGE = "idempotency-key/purge";

    IdempotencyPurgeRouteTest() {
        super("api/idempotency-purge");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("idempotency.purge.period", "7m", "mail.purge.batch", "9");
    }

    @Test
    void it_runs_once_in_each_period() {
        assertThat(input(TimerEndpoint.class).getPeriod()).isEqualTo(420_000);
        assertThat(input(TimerEndpoint.class).getRepeatCount()).isZero();
    }

    @Test
    void it_goes_on_until_nothing_is_left() {
        AtomicInteger left = new AtomicInteger(2);
        sql(PURGE).does(exchange -> exchange.getMessage().setBody((long) left.getAndDecrement()));

        tick();

        assertThat(sql(PURGE).received()).hasSize(3);
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void a_run_that_finds_nothing_asks_once() {
        sql(PURGE).answers(0L);

        tick();

        assertThat(sql(PURGE).parameters()).isEqualTo(Map.of("now", NOW, "batch", "9"));
    }

    @Test
    void a_database_that_is_away_ends_the_run_with_one_line_in_the_log() {
        sql(PURGE).fails(databaseAway());

        tick();

        assertThat(log.lines()).singleElement().asString().startsWith("WARN Run given up until the next one route=idempotency-purge");
    }

    private void tick() {
        assertThat(send(exchange -> {}).failure()).isNull();
    }
}
