package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.spi.Registry;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.test.main.junit5.CamelMainTestSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import smap.identity.account.Caller;
import smap.identity.database.UtcClock;
import smap.identity.mail.MailTemplates;
import smap.identity.problem.Envelope;
import smap.identity.problem.ProblemAnswer;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.TraceIds;
import smap.identity.support.MovableClock;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/**
 * A year in the life of a subscriber: the routes of subscribers, administrators and timers as they are, on one database and one clock that
 * is moved. Every timer runs once a day, at ten; what people do they do right after.
 */
@WithPostgres
class SubscriptionYearRouteTest extends CamelMainTestSupport {

    private static final List<String> TIMERS = List.of("subscription-remind", "subscription-renew", "subscription-end-cancelled",
            "subscription-expire", "subscription-notify");
    private static final List<String> OPERATIONS = List.of("subscription-create", "subscription-update", "subscription-cancel",
            "subscription-resume", "subscription-change-plan", "subscription-keep-plan", "subscription-history");
    private static final UUID ANN = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final Caller OWNER = new Caller(ANN, "USER");
    private static final Caller ADMIN = new Caller(UUID.fromString("7a4c1d2e-0000-4000-8000-000000000009"), "ADMIN");

    private static HikariDataSource dataSource;

    private final MovableClock clock = new MovableClock();
    private String id;

    SubscriptionYearRouteTest() {
        TIMERS.forEach(timer -> camelContextConfiguration().replaceRouteFromWith(timer, "direct:" + timer));
        Properties properties = RouteTestSupport.only(Stream.concat(
                Stream.of("routes/shared/error-handling.camel.yaml"),
                Stream.concat(TIMERS.stream(), OPERATIONS.stream()).map(route -> "routes/api/" + route + ".camel.yaml"))
                .toArray(String[]::new));
        camelContextConfiguration()
                .withMockEndpointsAndSkip("direct:(access-check|idempotency-.*)")
                .withUseOverridePropertiesWithPropertiesComponent(properties);
    }

    @BeforeAll
    static void open(TestDatabase database) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(database.dataSource());
        config.setMaximumPoolSize(2);
        dataSource = new HikariDataSource(config);
    }

    @AfterAll
    static void close() {
        dataSource.close();
    }

    @Override
    protected void bindToRegistry(Registry registry) {
        registry.bind("dataSource", dataSource);
        registry.bind("utcClock", new UtcClock(clock));
        registry.bind("mailTemplates", new MailTemplates());
        registry.bind("problemAnswer", new ProblemAnswer(new Envelope(), new TraceIds()));
    }

    @Test
    void a_year_of_a_monthly_subscription() {
        // a trial that ends on the last of January
        at("2026-01-17");
        offer("monthly", "month");
        offer("large", "month");
        offer("yearly", "year");
        text("INSERT INTO users (id, email, password_hash, is_active, language, created_at, updated_at)"
                + " VALUES (?, 'ann@example.com', 'h', true, 'vi', ?::timestamptz, ?::timestamptz) RETURNING id", ANN, now(), now());
        id = text("SELECT start_trial(?, ?::timestamptz)", ANN, now());
        assertThat(state()).isEqualTo("trialing free until 2026-01-31");
        assertThat(last()).isEqualTo("1 2026-01-17 owner start-trial -> trialing free 2026-01-31");

        until("2026-01-20");
        asked(OWNER, "subscription-change-plan", Map.of("plan_id", plan("monthly"), "reason", "I like it"));
        assertThat(state()).isEqualTo("trialing monthly until 2026-01-31");
        assertThat(last()).isEqualTo("2 2026-01-20 owner subscription-change-plan (I like it) trialing -> trialing monthly 2026-01-31");

        until("2026-01-27");
        assertThat(mails()).isEmpty();
        until("2026-01-28");
        assertThat(mails()).containsExactly("2026-01-28 trial-ending");
        assertThat(newestMail()).contains("31 tháng 1 năm 2026", "Sau đó gói Plan monthly của bạn sẽ tự động bắt đầu");
        until("2026-01-30");
        assertThat(state()).isEqualTo("trialing monthly until 2026-01-31");

        // the first period, and the ends of months
        until("2026-01-31");
        assertThat(state()).isEqualTo("active monthly until 2026-02-28");
        assertThat(last()).isEqualTo("3 2026-01-31 system subscription-renew trialing -> active monthly 2026-02-28");
        until("2026-02-28");
        assertThat(state()).isEqualTo("active monthly until 2026-03-31");
        assertThat(last()).isEqualTo("4 2026-02-28 system subscription-renew active -> active monthly 2026-03-31");
        until("2026-03-31");
        assertThat(state()).isEqualTo("active monthly until 2026-04-30");
        assertThat(last()).isEqualTo("5 2026-03-31 system subscription-renew active -> active monthly 2026-04-30");

        // another plan when the period ends, after a second thought
        until("2026-04-10");
        asked(OWNER, "subscription-change-plan", Map.of("plan_id", plan("yearly"), "at_period_end", true));
        assertThat(state()).isEqualTo("active monthly until 2026-04-30 then yearly");
        until("2026-04-12");
        asked(OWNER, "subscription-keep-plan", Map.of());
        assertThat(state()).isEqualTo("active monthly until 2026-04-30");
        assertThat(last()).isEqualTo("7 2026-04-12 owner subscription-keep-plan active -> active monthly 2026-04-30");
        until("2026-04-15");
        asked(OWNER, "subscription-change-plan", Map.of("plan_id", plan("large"), "at_period_end", true));
        until("2026-04-30");
        assertThat(state()).isEqualTo("active large until 2026-05-31");
        assertThat(last()).isEqualTo("9 2026-04-30 system subscription-renew active -> active large 2026-05-31");

        // now: one that is as long keeps the period, one that is longer begins its own
        until("2026-05-10");
        asked(ADMIN, "subscription-change-plan", Map.of("plan_id", plan("monthly"), "at_period_end", false));
        assertThat(state()).isEqualTo("active monthly until 2026-05-31");
        assertThat(last()).isEqualTo("10 2026-05-10 admin subscription-change-plan active -> active monthly 2026-05-31");
        until("2026-08-31");
        assertThat(last()).isEqualTo("14 2026-08-31 system subscription-renew active -> active monthly 2026-09-30");
        assertThat(mails()).as("nobody is told of a renewal").hasSize(1);

        // a payment fails, and is made up for within the grace
        until("2026-09-02");
        asked(ADMIN, "subscription-update", Map.of("status", "past_due", "reason", "card expired"));
        assertThat(state()).isEqualTo("past_due monthly until 2026-09-30 grace 2026-09-09");
        until("2026-09-08");
        assertThat(state()).startsWith("past_due ");
        asked(ADMIN, "subscription-update", Map.of("status", "active"));
        assertThat(state()).isEqualTo("active monthly until 2026-09-30");
        assertThat(last()).isEqualTo("16 2026-09-08 admin subscription-update past_due -> active monthly 2026-09-30");
        until("2026-09-30");
        assertThat(state()).isEqualTo("active monthly until 2026-10-31");

        // cancelled, taken back, cancelled
        until("2026-10-05");
        asked(OWNER, "subscription-cancel", Map.of("at_period_end", true));
        assertThat(state()).isEqualTo("active monthly until 2026-10-31 and no longer");
        until("2026-10-08");
        asked(OWNER, "subscription-resume", Map.of());
        assertThat(state()).isEqualTo("active monthly until 2026-10-31");
        until("2026-10-20");
        asked(OWNER, "subscription-cancel", Map.of("at_period_end", true, "reason", "too dear"));
        assertThat(last()).isEqualTo("20 2026-10-20 owner subscription-cancel (too dear) active -> active monthly 2026-10-31");
        until("2026-10-30");
        assertThat(state()).isEqualTo("active monthly until 2026-10-31 and no longer");
        refused(OWNER, "subscription-create", wanted("2026-10-30"), ProblemCode.LIVE_SUBSCRIPTION_EXISTS);
        until("2026-10-31");
        assertThat(state()).isEqualTo("cancelled monthly until 2026-10-31 and no longer ended 2026-10-31");
        assertThat(last()).isEqualTo("21 2026-10-31 system subscription-end-cancelled active -> cancelled monthly 2026-10-31");
        assertThat(mails()).containsExactly("2026-01-28 trial-ending", "2026-10-31 subscription-ended");
        assertThat(newestMail()).contains("Gói đăng ký Plan monthly");
        refused(OWNER, "subscription-resume", Map.of("id", id), ProblemCode.SUBSCRIPTION_STATUS_NOT_VALID);

        // a new one, which ends because nobody pays for it
        until("2026-11-01");
        String former = id;
        id = asked(ADMIN, "subscription-create", wanted("2026-11-01")).at("/data/id").asText();
        assertThat(state()).isEqualTo("active monthly until 2026-12-01");
        assertThat(text("SELECT start_trial(?, ?::timestamptz)", ANN, now())).as("a second trial").isNull();
        until("2027-01-01");
        assertThat(state()).isEqualTo("active monthly until 2027-02-01");
        until("2027-01-02");
        asked(ADMIN, "subscription-update", Map.of("status", "past_due"));
        until("2027-01-08");
        assertThat(state()).isEqualTo("past_due monthly until 2027-02-01 grace 2027-01-09");
        until("2027-01-09");
        assertThat(state()).isEqualTo("expired monthly until 2027-02-01 ended 2027-01-09");
        assertThat(last()).isEqualTo("5 2027-01-09 system subscription-expire past_due -> expired monthly 2027-02-01");
        until("2027-01-17");
        assertThat(mails()).containsExactly(
                "2026-01-28 trial-ending", "2026-10-31 subscription-ended", "2027-01-09 subscription-ended");

        assertThat(changes(former)).containsExactly("start-trial", "subscription-change-plan", "subscription-renew", "subscription-renew",
                "subscription-renew", "subscription-change-plan", "subscription-keep-plan", "subscription-change-plan",
                "subscription-renew", "subscription-change-plan", "subscription-renew", "subscription-renew", "subscription-renew",
                "subscription-renew", "subscription-update", "subscription-update", "subscription-renew", "subscription-cancel",
                "subscription-resume", "subscription-cancel", "subscription-end-cancelled");
        assertThat(changes(id)).containsExactly(
                "subscription-create", "subscription-renew", "subscription-renew", "subscription-update", "subscription-expire");
        assertThat(text("SELECT count(*) FROM subscriptions WHERE due_at IS NOT NULL")).isEqualTo("0");
        assertThat(text("SELECT count(*) FROM subscription_notices WHERE queued_at IS NULL")).isEqualTo("0");
    }

    private Map<String, Object> wanted(String startsAt) {
        return Map.of("user_id", ANN.toString(), "plan_id", plan("monthly"), "status", "active", "starts_at", startsAt + "T10:00:00Z");
    }

    /** Lets days pass, each with a run of every timer at ten, the last day's included. */
    private void until(String day) {
        Instant last = Instant.parse(day + "T10:00:00Z");
        while (clock.instant().isBefore(last)) {
            clock.move(Duration.ofDays(1));
            for (String timer : TIMERS) {
                send(timer, Map.of());
            }
        }
        assertThat(clock.instant()).isEqualTo(last);
    }

    private void at(String day) {
        clock.move(Duration.between(clock.instant(), Instant.parse(day + "T10:00:00Z")));
    }

    /** The answer to a request of somebody, which succeeds. */
    private JsonNode asked(Caller caller, String operation, Map<String, Object> declared) {
        Answer answer = request(caller, operation, declared);
        assertThat(answer.status()).as("%s: %s", operation, answer.body()).isIn(200, 201);
        return answer.json();
    }

    private void refused(Caller caller, String operation, Map<String, Object> declared, ProblemCode expected) {
        assertThat(request(caller, operation, declared).json().path("error_code").asInt()).isEqualTo(expected.number());
    }

    private Answer request(Caller caller, String operation, Map<String, Object> declared) {
        Map<String, Object> variables = new HashMap<>(Map.of(
                "caller", caller, "caller_id", caller.id(), "actor", caller.id().toString(), "at_period_end", false));
        if (id != null) {
            variables.put("id", id);
        }
        variables.putAll(declared);
        return send(operation, variables);
    }

    private Answer send(String route, Map<String, Object> variables) {
        Exchange exchange = new DefaultExchange(context, ExchangePattern.InOut);
        variables.forEach(exchange::setVariable);
        Answer answer = new Answer(template.send("direct:" + route, exchange));
        assertThat(answer.failure()).as(route).isNull();
        return answer;
    }

    private void offer(String code, String interval) {
        text("INSERT INTO plans (code, name, max_usage, interval, created_at, updated_at)"
                + " VALUES (?, ?, 1, ?, ?::timestamptz, ?::timestamptz) RETURNING id", code, "Plan " + code, interval, now(), now());
    }

    private String plan(String code) {
        return text("SELECT id FROM plans WHERE code = ?", code);
    }

    private String state() {
        return text("""
                SELECT concat_ws(' ', s.status, p.code, 'until', left(rfc3339(s.ends_at), 10), 'then ' || n.code,
                                 CASE WHEN s.cancel_at_period_end THEN 'and no longer' END, 'grace ' || left(rfc3339(s.grace_ends_at), 10),
                                 'ended ' || left(rfc3339(s.ended_at), 10))
                FROM subscriptions s
                JOIN plans p ON p.id = s.plan_id
                LEFT JOIN plans n ON n.id = s.next_plan_id
                WHERE s.id = ?""", UUID.fromString(id));
    }

    /** The newest change. */
    private String last() {
        return text("""
                SELECT concat_ws(' ', h.version, left(rfc3339(h.at), 10),
                                 CASE h.actor WHEN ? THEN 'owner' WHEN ? THEN 'admin' ELSE h.actor END, h.change, '(' || h.reason || ')',
                                 h.from_state ->> 'status', '->', h.to_state ->> 'status', p.code, left(h.to_state ->> 'ends_at', 10))
                FROM subscription_history h
                JOIN plans p ON p.id = CAST(h.to_state ->> 'plan_id' AS uuid)
                WHERE h.subscription_id = ?
                ORDER BY h.version DESC""", OWNER.id().toString(), ADMIN.id().toString(), UUID.fromString(id));
    }

    /** As the operation shows them. */
    private List<String> changes(String subscription) {
        List<String> changes = new ArrayList<>();
        asked(OWNER, "subscription-history", Map.of("id", subscription)).at("/data/history")
                .forEach(entry -> changes.add(entry.path("change").asText()));
        return changes;
    }

    /** All that were written, by day. */
    private static List<String> mails() {
        String mails = text("SELECT string_agg(concat_ws(' ', left(rfc3339(created_at), 10), purpose), ',' ORDER BY created_at, id)"
                + " FROM mails WHERE user_id = ? AND recipient = 'ann@example.com'", ANN);
        return mails == null ? List.of() : List.of(mails.split(","));
    }

    private static String newestMail() {
        return text("SELECT job ->> 'text' FROM mails ORDER BY created_at DESC, id");
    }

    private String now() {
        return clock.instant().toString();
    }

    private static String text(String query, Object... arguments) {
        try (Connection connection = dataSource.getConnection(); PreparedStatement statement = connection.prepareStatement(query)) {
            for (int i = 0; i < arguments.length; i++) {
                statement.setObject(i + 1, arguments[i]);
            }
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() ? rows.getString(1) : null;
            }
        } catch (SQLException e) {
            throw new IllegalStateException(query, e);
        }
    }
}
