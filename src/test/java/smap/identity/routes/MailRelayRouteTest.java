package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.component.timer.TimerEndpoint;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.AmqpConnectException;

class MailRelayRouteTest extends RouteTestSupport {

    private static final String CLAIM = "mail/claim-unpublished";
    private static final Map<String, Object> FIRST = Map.of("id", 1);
    private static final Map<String, Object> SECOND = Map.of("id", 2);
    private static final Map<String, Object> THIRD = Map.of("id", 3);

    MailRelayRouteTest() {
        super("api/mail-relay");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("mail.relay.delay", "8s", "mail.relay.batch", "7", "mail.relay.period", "250ms");
    }

    @Test
    void what_was_left_behind_is_published_in_the_order_it_is_claimed() {
        sql(CLAIM).answers(List.of(FIRST, SECOND, THIRD));

        tick();

        assertThat(sql(CLAIM).parameters()).isEqualTo(Map.of("now", NOW, "relay_delay", "8s", "batch", "7"));
        assertThat(published()).containsExactly(FIRST, SECOND, THIRD);
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void it_runs_once_in_each_period() {
        assertThat(input(TimerEndpoint.class).getPeriod()).isEqualTo(250);
        assertThat(input(TimerEndpoint.class).getRepeatCount()).isZero();
    }

    @Test
    void a_run_that_finds_nothing_is_silent() {
        sql(CLAIM).answers(List.of());

        tick();

        assertThat(visited()).containsExactly("sql:" + CLAIM);
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void a_run_ends_at_its_first_failure_with_one_line_in_the_log_and_the_next_one_goes_on() {
        sql(CLAIM).answers(List.of(FIRST, SECOND, THIRD));
        direct("mail-publish").failsTimes(1, new AmqpConnectException(new IllegalStateException("refused")));

        tick();

        assertThat(published()).containsExactly(FIRST);
        assertThat(log.lines()).hasSize(1);
        assertThat(log.lines().get(0)).startsWith("WARN Run given up until the next one route=mail-relay").contains("AmqpConnectException");

        tick();

        assertThat(published()).containsExactly(FIRST, FIRST, SECOND, THIRD);
        assertThat(log.lines()).hasSize(1);
    }

    @Test
    void a_database_that_is_away_ends_the_run_and_not_the_timer() {
        sql(CLAIM).answers(List.of(FIRST)).failsTimes(1, databaseAway());

        tick();
        assertThat(published()).isEmpty();
        assertThat(log.lines()).hasSize(1);

        tick();
        assertThat(published()).containsExactly(FIRST);
    }

    private void tick() {
        assertThat(send(exchange -> {}).failure()).isNull();
    }

    private List<Object> published() {
        return direct("mail-publish").received().stream().map(Exchange::getMessage).map(message -> message.getBody()).toList();
    }
}
