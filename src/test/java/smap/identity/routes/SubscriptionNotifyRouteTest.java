package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.Exchange;
import org.apache.camel.component.timer.TimerEndpoint;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.mail.MailTemplates;

class SubscriptionNotifyRouteTest extends RouteTestSupport {

    private static final String FIND = "subscription-notice/find-waiting";
    private static final String QUEUE = "subscription-notice/queue-mail";
    private static final UUID ID = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");
    private static final Timestamp END = Timestamp.from(Instant.parse("2030-01-05T17:00:00Z"));

    SubscriptionNotifyRouteTest() {
        super("api/subscription-notify");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("subscription.period", "7m", "subscription.batch", "2");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("mailTemplates", new MailTemplates());
    }

    @Test
    void it_runs_once_in_each_period() {
        assertThat(input(TimerEndpoint.class).getPeriod()).isEqualTo(420_000);
        assertThat(input(TimerEndpoint.class).getRepeatCount()).isZero();
    }

    @Test
    void a_run_that_finds_nothing_asks_once_and_is_silent() {
        sql(FIND).answers(List.of());

        tick();

        assertThat(visited()).containsExactly("sql:" + FIND);
        assertThat(sql(FIND).parameters()).isEqualTo(Map.of("batch", "2"));
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void a_notice_becomes_a_mail_in_the_language_of_its_reader() {
        sql(FIND).answers(List.of(notice("trial-ending", "ann@example.com", "vi", null)));

        tick();

        Map<String, Object> queued = new HashMap<>(sql(QUEUE).parameters());
        assertThat(queued.remove("variable.job").toString()).contains("\"recipient\":\"ann@example.com\"", "5 tháng 1 năm 2030, 17:00 UTC",
                "Xin chào Ann", "thời gian dùng thử sẽ tự kết thúc");
        assertThat(queued).isEqualTo(Map.of("subscription_id", ID, "template", "trial-ending", "ends_at", END, "email", "ann@example.com",
                "now", NOW));
    }

    @Test
    void each_tells_its_own() {
        sql(FIND).does(exchange -> exchange.getMessage().setBody(sql(FIND).received().size() > 1 ? List.of() : List.of(
                notice("trial-ending", "ann@example.com", null, "Large"), notice("subscription-ended", "bob@example.com", null, "Small"))));

        tick();

        List<String> jobs = new ArrayList<>();
        for (Exchange sent : sql(QUEUE).received()) {
            jobs.add(sent.getVariable("job", String.class));
        }
        assertThat(jobs).hasSize(2);
        assertThat(jobs.get(0)).contains("ann@example.com", "Then your plan Large begins by itself").doesNotContain("Small");
        assertThat(jobs.get(1)).contains("bob@example.com", "The subscription Small of your SMAP account has ended")
                .doesNotContain("Large");
    }

    @Test
    void it_goes_on_as_long_as_batches_are_full() {
        List<List<Map<String, Object>>> batches = new ArrayList<>(List.of(List.of(plain(), plain()), List.of(plain(), plain()),
                List.of(plain()), List.of(plain())));
        sql(FIND).does(exchange -> exchange.getMessage().setBody(batches.remove(0)));

        tick();

        assertThat(sql(FIND).received()).hasSize(3);
        assertThat(sql(QUEUE).received()).hasSize(5);
    }

    @Test
    void a_database_that_is_away_ends_the_run_with_one_line_in_the_log_and_not_the_timer() {
        sql(FIND).answers(List.of(plain(), plain()));
        sql(QUEUE).failsTimes(1, databaseAway());

        tick();
        assertThat(sql(QUEUE).received()).hasSize(1);
        assertThat(log.lines()).singleElement().asString().startsWith("WARN Run given up until the next one route=subscription-notify");

        sql(FIND).answers(List.of(plain()));
        tick();
        assertThat(sql(QUEUE).received()).hasSize(2);
        assertThat(log.lines()).hasSize(1);
    }

    private static Map<String, Object> plain() {
        return notice("trial-ended", "ann@example.com", null, null);
    }

    private static Map<String, Object> notice(String template, String email, String language, String planName) {
        Map<String, Object> notice = new HashMap<>(
                Map.of("subscription_id", ID, "template", template, "ends_at", END, "email", email, "full_name", "Ann"));
        notice.put("language", language);
        notice.put("plan_name", planName);
        return notice;
    }

    private void tick() {
        assertThat(send(exchange -> {}).failure()).isNull();
    }
}
