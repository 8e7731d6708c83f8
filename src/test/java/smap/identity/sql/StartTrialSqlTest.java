package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The free trial begins with the proof of an address, by whichever code, in the same statement. */
class StartTrialSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final String SUBSCRIPTIONS = """
            SELECT concat_ws(' ', s.status, p.code, rfc3339(s.starts_at), rfc3339(s.trial_ends_at), rfc3339(s.ends_at), s.version)
            FROM subscriptions s JOIN plans p ON p.id = s.plan_id""";

    private UUID ann;

    @BeforeEach
    void register() {
        ann = UUID.randomUUID();
        sql.execute("INSERT INTO users (id, email, password_hash, created_at, updated_at) VALUES (?, 'ann@example.com', 'h', ?, ?)",
                ann, NOW, NOW);
        plan(14);
    }

    @Test
    void who_proves_an_address_is_on_trial_for_as_long_as_the_plan_says() {
        code("verification");

        assertThat(verify("right")).containsEntry("is_right", true);

        assertThat(sql.text(SUBSCRIPTIONS))
                .isEqualTo("trialing free 2026-11-23T09:00:00.000Z 2026-12-07T09:00:00.000Z 2026-12-07T09:00:00.000Z 1");
        assertThat(sql.text("SELECT concat_ws(' ', version, rfc3339(at), actor = ?, change, from_state IS NULL, to_state ->> 'status')"
                + " FROM subscription_history", ann.toString())).isEqualTo("1 2026-11-23T09:00:00.000Z t start-trial t trialing");
        assertThat(sql.text("SELECT details ->> 'trial' FROM audit_events WHERE action = 'authentication-verify-otp'"))
                .isEqualTo(sql.text("SELECT id FROM subscriptions"));
    }

    @Test
    void who_proves_it_by_setting_a_new_password_too() {
        code("password-reset");

        reset();

        assertThat(sql.text(SUBSCRIPTIONS)).startsWith("trialing free 2026-11-23T09:00:00.000Z");
        assertThat(sql.text("SELECT details ->> 'trial' FROM audit_events WHERE action = 'authentication-reset-password'"))
                .isEqualTo(sql.text("SELECT id FROM subscriptions"));
    }

    @Test
    void a_wrong_guess_begins_none() {
        code("verification");

        verify("wrong");

        assertThat(subscriptions()).isEqualTo("0");
    }

    @Test
    void nobody_has_a_second_trial() {
        code("verification");
        verify("right");
        sql.execute("UPDATE subscriptions SET status = 'cancelled', ended_at = ?", NOW.plusDays(1));
        code("password-reset");

        reset();

        assertThat(subscriptions()).isEqualTo("1");
        assertThat(sql.text("SELECT details FROM audit_events WHERE action = 'authentication-reset-password'"))
                .isEqualTo("{\"sessions_ended\": 0}");
    }

    @Test
    void without_a_plan_for_it_the_address_is_proved_all_the_same() {
        sql.execute("UPDATE plans SET deleted_at = ?", NOW);
        code("verification");

        assertThat(verify("right")).containsEntry("is_right", true);

        assertThat(subscriptions()).isEqualTo("0");
        assertThat(sql.text("SELECT is_active FROM users")).isEqualTo("t");
        assertThat(sql.text("SELECT details IS NULL FROM audit_events")).isEqualTo("t");
    }

    @Test
    void of_twenty_right_guesses_at_once_one_begins_it() {
        code("verification");
        AtomicInteger right = new AtomicInteger();

        StatementRunner.inParallel(20, () -> {
            Map<String, Object> guess = verify("right");
            return guess != null && Boolean.TRUE.equals(guess.get("is_right")) ? right.incrementAndGet() : 0;
        });

        assertThat(right).hasValue(1);
        assertThat(subscriptions()).isEqualTo("1");
    }

    @Test
    void a_trial_ends_with_the_account() {
        code("verification");
        verify("right");

        Map<String, Object> variables = new HashMap<>(Map.of("caller_id", ann, "actor", ann.toString(), "now", NOW.plusDays(1),
                "job", "{}", "relay_delay", "5s", "traceparent", "00-1-2-00"));
        variables.put("remote_address", null);
        assertThat(sql.row("user/delete.sql", variables)).containsEntry("problem", null);

        assertThat(sql.text(SUBSCRIPTIONS)).startsWith("cancelled free").endsWith(" 2");
        assertThat(sql.text("SELECT concat_ws(' ', rfc3339(cancelled_at), rfc3339(ended_at), live) FROM subscriptions"))
                .isEqualTo("2026-11-24T09:00:00.000Z 2026-11-24T09:00:00.000Z");
        assertThat(sql.text("SELECT concat_ws(' ', actor = ?, change, from_state ->> 'status', to_state ->> 'status')"
                + " FROM subscription_history WHERE version = 2", ann.toString())).isEqualTo("t user-delete trialing cancelled");
        assertThat(sql.text("SELECT details ->> 'subscriptions_ended' FROM audit_events WHERE action = 'user-delete'")).isEqualTo("1");
    }

    /** A subscription that somebody begins while the account is being deleted does not outlive it. */
    @Test
    void one_that_begins_while_the_account_is_deleted_ends_too_or_is_refused() {
        sql.execute("UPDATE users SET is_active = true");

        for (int round = 0; round < 20; round++) {
            UUID user = UUID.randomUUID();
            sql.execute("INSERT INTO users (id, email, password_hash, is_active, created_at, updated_at) VALUES (?, ?, 'h', true, ?, ?)",
                    user, user + "@example.com", NOW, NOW);
            Map<String, Object> deletion = new HashMap<>(Map.of("caller_id", user, "actor", user.toString(), "now", NOW, "job", "{}",
                    "relay_delay", "5s", "traceparent", "00-1-2-00"));
            deletion.put("remote_address", null);
            AtomicInteger turn = new AtomicInteger();

            List<String> outcomes = StatementRunner.inParallel(2, () -> {
                try {
                    return turn.getAndIncrement() == 0
                            ? "deleted " + sql.row("user/delete.sql", deletion).get("problem")
                            : "begun " + (sql.text("SELECT start_trial(?, ?)", user, NOW) != null);
                } catch (IllegalStateException e) {
                    return "refused " + e.getMessage().contains("subscriptions_user_alive_fkey");
                }
            });

            assertThat(outcomes).contains("deleted null").doesNotContain("refused false");
            assertThat(sql.text("SELECT count(*) FROM subscriptions WHERE user_id = ? AND live", user)).isEqualTo("0");
        }
    }

    private static void plan(int trialDays) {
        sql.execute("INSERT INTO plans (code, name, max_usage, trial_days, created_at, updated_at) VALUES ('free', 'Free', 100, ?, ?, ?)",
                trialDays, NOW, NOW);
    }

    private void code(String purpose) {
        UUID mail = UUID.randomUUID();
        sql.execute("INSERT INTO mails (id, user_id, purpose, recipient, job, status, created_at, relay_at, updated_at)"
                + " VALUES (?, ?, ?, 'ann@example.com', '{}', 'queued', ?, ?, ?)", mail, ann, purpose, NOW, NOW, NOW);
        sql.execute("INSERT INTO one_time_codes (user_id, purpose, code_hmac, mail_id, issued_at, expires_at, hour_started_at)"
                + " VALUES (?, ?, 'right', ?, ?, ?, ?)", ann, purpose, mail, NOW, NOW.plusMinutes(5), NOW);
    }

    private static Map<String, Object> verify(String guess) {
        return sql.row("one-time-code/try.sql", guessing("verification", guess));
    }

    private void reset() {
        Map<String, Object> variables = guessing("password-reset", "right");
        variables.put("password_hash", "new");
        variables.put("user", Map.of("id", ann));
        variables.put("job", "{}");
        sql.row("user/replace-password-by-code.sql", variables);
    }

    private static Map<String, Object> guessing(String purpose, String guess) {
        Map<String, Object> variables = new HashMap<>(Map.of("email", "ann@example.com", "purpose", purpose, "code_hmac", guess, "now", NOW,
                "otp_max_tries", "5", "otp_tries_per_hour", "20", "rate_limits", "on", "relay_delay", "5s", "traceparent", "00-1-2-00"));
        variables.put("job", null);
        variables.put("remote_address", null);
        return variables;
    }

    private static String subscriptions() {
        return sql.text("SELECT count(*) FROM subscriptions");
    }
}
