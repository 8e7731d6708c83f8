package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.component.timer.TimerEndpoint;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MailPurgeRouteTest extends RouteTestSupport {

    private static final String CODES = "one-time-code/purge";
    private static final String MAILS = "mail/purge";
    private static final String REPLAYS = "dead-letter-replay/purge";
    private static final String COPIES = "mail-archive/purge";

    MailPurgeRouteTest() {
        super("api/mail-purge");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("mail.purge.period", "7m", "mail.purge.batch", "9", "mail.retention", "3d", "mail.backup.retention", "5d",
                "otp.cooldown", "90s");
    }

    @BeforeEach
    void there_is_nothing_to_delete() {
        for (String statement : new String[] {CODES, MAILS, REPLAYS, COPIES}) {
            sql(statement).answers(0L);
        }
    }

    @Test
    void it_runs_once_in_each_period() {
        assertThat(input(TimerEndpoint.class).getPeriod()).isEqualTo(420_000);
        assertThat(input(TimerEndpoint.class).getRepeatCount()).isZero();
    }

    @Test
    void a_run_that_finds_nothing_asks_each_table_once_codes_before_their_mails() {
        tick();

        assertThat(visited()).containsExactly("sql:" + CODES, "sql:" + MAILS, "sql:" + REPLAYS, "sql:" + COPIES);
        assertThat(sql(CODES).parameters())
                .isEqualTo(Map.of("now", NOW, "mail_retention", "3d", "otp_cooldown", "90s", "batch", "9"));
        assertThat(sql(MAILS).parameters()).isEqualTo(Map.of("now", NOW, "mail_retention", "3d", "batch", "9"));
        assertThat(sql(REPLAYS).parameters()).isEqualTo(Map.of("now", NOW, "mail_retention", "3d", "batch", "9"));
        assertThat(sql(COPIES).parameters()).isEqualTo(Map.of("now", NOW, "backup_retention", "5d", "batch", "9"));
        assertThat(log.lines()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {CODES, MAILS, REPLAYS, COPIES})
    void it_goes_on_until_no_table_has_anything_left(String statement) {
        AtomicInteger left = new AtomicInteger(3);
        sql(statement).does(exchange -> exchange.getMessage().setBody(left.get() == 0 ? 0L : (long) left.getAndDecrement()));

        tick();

        assertThat(sql(statement).received()).hasSize(4);
        assertThat(sql(MAILS).received()).hasSize(4);
    }

    @Test
    void a_database_that_is_away_ends_the_run_with_one_line_in_the_log_and_not_the_timer() {
        sql(MAILS).failsTimes(1, databaseAway());

        tick();
        assertThat(visited()).containsExactly("sql:" + CODES, "sql:" + MAILS);
        assertThat(log.lines()).singleElement().asString().startsWith("WARN Run given up until the next one route=mail-purge");

        tick();
        assertThat(sql(COPIES).received()).hasSize(1);
        assertThat(log.lines()).hasSize(1);
    }

    private void tick() {
        assertThat(send(exchange -> {}).failure()).isNull();
    }
}
