package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.component.timer.TimerEndpoint;
import org.junit.jupiter.api.Test;

/** What is asked of each timer that runs one statement on subscriptions until it finds nothing. */
abstract class SubscriptionTimerSupport extends RouteTestSupport {

    private final String flow;
    private final String statement;
    private final Map<String, Object> parameters;

    /** @param parameters what the statement is told */
    SubscriptionTimerSupport(String flow, String statement, Map<String, Object> parameters) {
        super("api/" + flow);
        this.flow = flow;
        this.statement = statement;
        this.parameters = parameters;
    }

    @Override
    final Map<String, String> settings() {
        return Map.of("subscription.period", "7m", "subscription.batch", "9", "trial.reminder", "4d");
    }

    @Test
    void it_runs_once_in_each_period() {
        assertThat(input(TimerEndpoint.class).getPeriod()).isEqualTo(420_000);
        assertThat(input(TimerEndpoint.class).getRepeatCount()).isZero();
    }

    @Test
    void a_run_that_finds_nothing_asks_once_and_is_silent() {
        sql(statement).answers(0L);

        tick();

        assertThat(visited()).containsExactly("sql:" + statement);
        assertThat(sql(statement).parameters()).isEqualTo(parameters);
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void it_goes_on_until_nothing_is_left() {
        AtomicInteger left = new AtomicInteger(3);
        sql(statement).does(exchange -> exchange.getMessage().setBody(left.get() == 0 ? 0L : (long) left.getAndDecrement()));

        tick();

        assertThat(sql(statement).received()).hasSize(4);
    }

    @Test
    void a_database_that_is_away_ends_the_run_with_one_line_in_the_log_and_not_the_timer() {
        sql(statement).answers(0L).failsTimes(1, databaseAway());

        tick();
        assertThat(log.lines()).singleElement().asString().startsWith("WARN Run given up until the next one route=" + flow);

        tick();
        assertThat(sql(statement).received()).hasSize(2);
        assertThat(log.lines()).hasSize(1);
    }

    private void tick() {
        assertThat(send(exchange -> {}).failure()).isNull();
    }
}
