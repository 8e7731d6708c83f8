package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Changing and losing a password. The limits here: 5 tries a code, 7 an hour, a code valid for 5 minutes. */
class PasswordSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final String SUCCESS = "{\"error_code\" : 0, \"message\" : \"Success\", \"data\" : null}";
    private static final UUID HERE = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final UUID THERE = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");

    private UUID ann;
    private UUID bob;

    @BeforeEach
    void register() {
        ann = user("Ann@example.com");
        bob = user("bob@example.com");
    }

    @Nested
    class Addressing {

        @Test
        void the_owner_of_an_address_is_found_in_any_case() {
            assertThat(addressee("aNN@example.com"))
                    .containsEntry("id", ann).containsEntry("email", "Ann@example.com").containsEntry("full_name", "Somebody")
                    .containsEntry("may_reset", true);
        }

        @Test
        void an_address_that_nobody_has_or_somebody_had_stands_for_itself() {
            sql.execute("UPDATE users SET deleted_at = ? WHERE id = ?", NOW, ann);

            for (String email : List.of("nobody@example.com", "Ann@example.com")) {
                assertThat(addressee(email)).containsEntry("id", null).containsEntry("email", email).containsEntry("full_name", null)
                        .containsEntry("may_reset", false);
            }
        }

        @Test
        void who_waits_for_the_proof_of_the_address_may_set_a_password_and_who_was_deactivated_may_not() {
            assertThat(addressee("ann@example.com")).containsEntry("may_reset", true);

            sql.execute("UPDATE users SET deactivated_at = ? WHERE id = ?", NOW, ann);

            assertThat(addressee("ann@example.com")).containsEntry("may_reset", false);
        }

        private Map<String, Object> addressee(String email) {
            return sql.row("user/find-addressee.sql", Map.of("email", email));
        }
    }

    @Nested
    class Resetting {

        @Test
        void the_right_code_sets_the_password_and_proves_the_address() {
            issue(NOW);

            Map<String, Object> outcome = reset("right", NOW.plusMinutes(1));

            assertThat(outcome.get("answer")).isEqualTo(SUCCESS);
            assertThat(user()).isEqualTo("new,t,2026-11-23T09:01:00.000Z,2026-11-23T09:01:00.000Z,2026-11-23T09:01:00.000Z");
            assertThat(sql.text("SELECT rfc3339(consumed_at) || ' ' || tries FROM one_time_codes")).isEqualTo("2026-11-23T09:01:00.000Z 1");
            assertThat(sql.text("SELECT password_hash FROM users WHERE id = ?", bob)).isEqualTo("old");
        }

        @Test
        void an_address_that_was_proved_before_is_proved_once_more() {
            sql.execute("UPDATE users SET is_active = true, verified_at = ? WHERE id = ?", NOW.minusDays(1), ann);
            issue(NOW);

            reset("right", NOW);

            assertThat(user()).startsWith("new,t,2026-11-23T09:00:00.000Z,");
        }

        @Test
        void every_session_ends_and_those_of_others_and_those_that_were_over_stay_as_they_are() {
            sessions();
            issue(NOW);

            reset("right", NOW.plusMinutes(1));

            assertThat(ended(HERE)).isEqualTo("2026-11-23T09:01:00.000Z password-reset");
            assertThat(ended(THERE)).isEqualTo("2026-11-23T09:01:00.000Z password-reset");
            assertThat(sql.text("SELECT count(*) FROM sessions WHERE user_id = ? AND ended_at IS NULL", bob)).isEqualTo("1");
            assertThat(sql.text("SELECT count(*) FROM sessions WHERE end_reason = 'logout'")).isEqualTo("1");
        }

        @Test
        void the_owner_is_told_by_a_mail_that_outlives_every_code() {
            issue(NOW);

            Object id = reset("right", NOW).get("mail_id");

            assertThat(notice()).isEqualTo(id + "," + ann + ",password-changed,Ann@example.com,{\"body\":\"notice\"},queued,"
                    + "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00,2026-11-23T09:00:00.000Z,2026-11-23T09:00:05.000Z");
            assertThat(sql.text("SELECT expires_at FROM mails WHERE purpose = 'password-changed'")).isNull();
        }

        @Test
        void it_is_noted_with_how_many_sessions_ended_and_no_secret() {
            sessions();
            issue(NOW);

            reset("right", NOW);

            assertThat(noted()).isEqualTo("2026-11-23T09:00:00.000Z " + ann + " authentication-reset-password " + ann
                    + " 192.0.2.7 {\"sessions_ended\": 2}");
        }

        @Test
        void a_wrong_code_is_counted_and_noted_and_changes_nothing() {
            sessions();
            issue(NOW);

            Map<String, Object> outcome = reset("wrong", NOW);

            assertThat(outcome).containsEntry("mail_id", null).containsEntry("answer", null);
            assertThat(sql.text("SELECT concat_ws(' ', tries, tries_in_hour, consumed_at) FROM one_time_codes")).isEqualTo("1 1");
            assertUntouched();
            assertThat(noted()).isEqualTo("2026-11-23T09:00:00.000Z anonymous reset-password-refuse " + ann
                    + " 192.0.2.7 {\"tried\": true}");
        }

        @Test
        void what_is_not_looked_at_is_noted_all_the_same_so_that_the_time_tells_nothing() {
            Map<String, Object> outcome = sql.row("user/replace-password-by-code.sql", resetting("nobody@example.com", null, "right", NOW));

            assertThat(outcome).containsEntry("mail_id", null).containsEntry("answer", null);
            assertThat(noted()).isEqualTo("2026-11-23T09:00:00.000Z anonymous reset-password-refuse nobody 192.0.2.7 {\"tried\": false}");
        }

        @Test
        void a_code_is_looked_at_five_times_and_used_once() {
            issue(NOW);
            for (int i = 0; i < 5; i++) {
                reset("wrong", NOW);
            }
            assertThat(reset("right", NOW)).containsEntry("answer", null);
            assertUntouched();

            issue(NOW.plusMinutes(1));
            assertThat(reset("right", NOW.plusMinutes(1))).containsEntry("answer", SUCCESS);
            assertThat(reset("right", NOW.plusMinutes(1))).containsEntry("answer", null);
        }

        @Test
        void the_tries_of_an_hour_are_not_given_back_by_a_new_code() {
            issue(NOW);
            for (int i = 0; i < 5; i++) {
                reset("wrong", NOW);
            }
            issue(NOW.plusMinutes(1));
            reset("wrong", NOW.plusMinutes(1));
            reset("wrong", NOW.plusMinutes(1));

            assertThat(reset("right", NOW.plusMinutes(1))).containsEntry("answer", null);
            Map<String, Object> unlimited = resetting("ann@example.com", ann, "right", NOW.plusMinutes(1));
            unlimited.put("rate_limits", "off");
            assertThat(sql.row("user/replace-password-by-code.sql", unlimited)).containsEntry("answer", SUCCESS);
        }

        @Test
        void an_expired_code_is_of_no_use() {
            issue(NOW);

            assertThat(reset("right", NOW.plusMinutes(5))).containsEntry("answer", null);
            assertUntouched();
            assertThat(reset("right", NOW.plusMinutes(5).minusNanos(1_000))).containsEntry("answer", SUCCESS);
        }

        @Test
        void who_was_deleted_or_deactivated_sets_no_password_with_a_code_from_before() {
            issue(NOW);
            sql.execute("UPDATE users SET deactivated_at = ? WHERE id = ?", NOW, ann);
            assertThat(reset("right", NOW)).containsEntry("answer", null);
            sql.execute("UPDATE users SET deactivated_at = NULL, deleted_at = ? WHERE id = ?", NOW, ann);
            assertThat(reset("right", NOW)).containsEntry("answer", null);

            assertUntouched();
            assertThat(sql.text("SELECT tries FROM one_time_codes")).isEqualTo("0");
        }

        @Test
        void a_code_of_another_person_or_act_is_of_no_use() {
            issue(NOW);
            assertThat(sql.row("user/replace-password-by-code.sql", resetting("bob@example.com", bob, "right", NOW)))
                    .containsEntry("answer", null);
            sql.execute("UPDATE one_time_codes SET purpose = 'verification'");
            assertThat(reset("right", NOW)).containsEntry("answer", null);
            assertUntouched();
        }

        @Test
        void of_two_hundred_wrong_guesses_at_once_five_are_looked_at_and_of_right_ones_one_wins() {
            issue(NOW);
            StatementRunner.inParallel(50, () -> reset("wrong", NOW));
            assertThat(sql.text("SELECT tries FROM one_time_codes")).isEqualTo("5");

            issue(NOW.plusMinutes(1));
            List<Object> answers = StatementRunner.inParallel(2, () -> String.valueOf(reset("right", NOW.plusMinutes(1)).get("answer")));
            assertThat(answers).containsExactlyInAnyOrder(SUCCESS, "null");
            assertThat(sql.text("SELECT count(*) FROM mails WHERE purpose = 'password-changed'")).isEqualTo("1");
        }

        @Test
        void nothing_is_done_when_the_notice_cannot_be_queued() {
            sessions();
            issue(NOW);
            Map<String, Object> broken = resetting("ann@example.com", ann, "right", NOW);
            broken.put("job", "{not json");

            assertThatThrownBy(() -> sql.row("user/replace-password-by-code.sql", broken)).hasStackTraceContaining("json");

            assertUntouched();
            assertThat(sql.text("SELECT tries FROM one_time_codes")).isEqualTo("0");
            assertThat(noted()).isNull();
        }

        /** A login under way holds its user's row from before the session begins until it has begun (session/start.sql). */
        @Test
        void a_session_that_begins_at_the_same_moment_ends_too() {
            issue(NOW);

            Map<String, Object> outcome = sql.whileWaitingFor("""
                    WITH owner AS (SELECT id FROM users WHERE id = ? FOR SHARE)
                    INSERT INTO sessions (id, user_id, remember, created_at, last_used_at, expires_at)
                    SELECT '7a4c1d2e-0000-4000-8000-000000000001', id, false, '2026-11-23 09:00Z', '2026-11-23 09:00Z', '2026-11-23 21:00Z'
                    FROM owner""", ann, () -> reset("right", NOW));

            assertThat(outcome).containsEntry("answer", SUCCESS);
            assertThat(ended(HERE)).isEqualTo("2026-11-23T09:00:00.000Z password-reset");
        }

        @Test
        void who_has_proved_the_address_is_no_longer_slowed_down_and_is_the_only_client_that_is_known() {
            sql.execute("INSERT INTO login_failures SELECT limit_key('ann@example.com'), network, 9, ?, ? FROM"
                    + " unnest('{\"\",198.51.100.1}'::text[]) network", NOW, NOW.plusMinutes(15));
            sql.execute("INSERT INTO login_clients VALUES (limit_key('ann@example.com'), '198.51.100.1', ?),"
                    + " (limit_key('ann@example.com'), '192.0.2.7', ?), (limit_key('bob@example.com'), '198.51.100.1', ?)", NOW, NOW, NOW);
            issue(NOW);

            reset("wrong", NOW);
            assertThat(clients()).isEqualTo("2 192.0.2.7,198.51.100.1");
            reset("right", NOW.plusMinutes(1));

            assertThat(clients()).isEqualTo("0 192.0.2.7");
            assertThat(sql.text("SELECT count(*) FROM login_clients WHERE address = limit_key('bob@example.com')")).isEqualTo("1");
            assertThat(sql.text("SELECT rfc3339(max(seen_at)) FROM login_clients")).isEqualTo("2026-11-23T09:01:00.000Z");
        }

        /** How many counts of wrong passwords there are for Ann, and where she is known to log in from. */
        private String clients() {
            return sql.text("SELECT (SELECT count(*) FROM login_failures) || ' ' || string_agg(network, ',' ORDER BY network)"
                    + " FROM login_clients WHERE address = limit_key('ann@example.com')");
        }

        private Map<String, Object> reset(String code, OffsetDateTime now) {
            return sql.row("user/replace-password-by-code.sql", resetting("aNN@example.com", ann, code, now));
        }
    }

    @Nested
    class Changing {

        @BeforeEach
        void activate() {
            sql.execute("UPDATE users SET is_active = true, verified_at = ?", NOW.minusDays(1));
        }

        @Test
        void the_password_is_another_and_the_account_as_it_was() {
            assertThat(change(null)).containsEntry("answer", SUCCESS);

            assertThat(user()).isEqualTo("new,t,2026-11-22T09:00:00.000Z,2026-11-23T09:00:00.000Z,2026-11-23T09:00:00.000Z");
            assertThat(sql.text("SELECT password_hash FROM users WHERE id = ?", bob)).isEqualTo("old");
        }

        @Test
        void the_session_it_is_asked_in_stays_and_the_others_end() {
            sessions();

            change(HERE);

            assertThat(ended(HERE)).isEmpty();
            assertThat(ended(THERE)).isEqualTo("2026-11-23T09:00:00.000Z password-change");
            assertThat(sql.text("SELECT count(*) FROM sessions WHERE user_id = ? AND ended_at IS NULL", bob)).isEqualTo("1");
        }

        @Test
        void without_a_session_all_of_them_end() {
            sessions();

            change(null);

            assertThat(ended(HERE)).isEqualTo("2026-11-23T09:00:00.000Z password-change");
        }

        @Test
        void a_code_that_was_to_set_a_password_is_of_no_more_use_and_other_codes_are() {
            issue(NOW);
            sql.row("one-time-code/issue-and-queue-mail.sql", issuing("address-confirm-old", NOW));

            change(null);

            assertThat(sql.text("SELECT string_agg(purpose, ',') FROM one_time_codes WHERE consumed_at IS NOT NULL"))
                    .isEqualTo("password-reset");
        }

        @Test
        void the_owner_is_told_and_it_is_noted() {
            sessions();

            Object id = change(HERE).get("mail_id");

            assertThat(notice()).isEqualTo(id + "," + ann + ",password-changed,Ann@example.com,{\"body\":\"notice\"},queued,"
                    + "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00,2026-11-23T09:00:00.000Z,2026-11-23T09:00:05.000Z");
            assertThat(noted()).isEqualTo("2026-11-23T09:00:00.000Z " + ann + " user-change-password " + ann
                    + " 192.0.2.7 {\"sessions_ended\": 1}");
        }

        @Test
        void a_password_that_was_changed_meanwhile_stays() {
            sessions();
            sql.execute("UPDATE users SET password_hash = 'newer' WHERE id = ?", ann);

            assertThat(change(null)).isNull();

            assertThat(user()).startsWith("newer,");
            assertThat(ended(HERE)).isEmpty();
            assertThat(sql.text("SELECT count(*) FROM mails")).isEqualTo("0");
            assertThat(noted()).isNull();
        }

        @Test
        void of_two_at_once_one_wins() {
            List<Boolean> changed = StatementRunner.inParallel(2, () -> change(null) != null);

            assertThat(changed).containsExactlyInAnyOrder(true, false);
        }

        @Test
        void who_was_deleted_or_deactivated_meanwhile_changes_nothing() {
            sql.execute("UPDATE users SET deleted_at = ?", NOW);
            assertThat(change(null)).isNull();
            sql.execute("UPDATE users SET deleted_at = NULL, is_active = false");
            assertThat(change(null)).isNull();
        }

        private Map<String, Object> change(UUID session) {
            Map<String, Object> variables = writing(NOW);
            variables.put("user", Map.of("id", ann, "password_hash", "old"));
            variables.put("actor", ann.toString());
            variables.put("session_id", session);
            return sql.row("user/change-password.sql", variables);
        }
    }

    private static UUID user(String email) {
        sql.execute("INSERT INTO users (email, password_hash, full_name, created_at, updated_at) VALUES (?, 'old', 'Somebody', ?, ?)",
                email, NOW.minusDays(1), NOW.minusDays(1));
        return UUID.fromString(sql.text("SELECT id FROM users WHERE email = ?", email));
    }

    private Map<String, Object> issuing(String purpose, OffsetDateTime now) {
        Map<String, Object> variables = writing(now);
        variables.put("user", Map.of("id", ann, "email", "Ann@example.com"));
        variables.put("purpose", purpose);
        variables.put("code_hmac", "right");
        variables.put("otp_ttl", "5m");
        variables.put("otp_cooldown", "60s");
        variables.put("otp_mails_per_hour", "3");
        return variables;
    }

    private void issue(OffsetDateTime now) {
        assertThat(sql.row("one-time-code/issue-and-queue-mail.sql", issuing("password-reset", now))).isNotNull();
    }

    private static Map<String, Object> resetting(String email, UUID id, String code, OffsetDateTime now) {
        Map<String, Object> variables = writing(now);
        Map<String, Object> user = new HashMap<>();
        user.put("id", id);
        variables.put("user", user);
        variables.put("email", email);
        variables.put("purpose", "password-reset");
        variables.put("code_hmac", code);
        variables.put("otp_max_tries", "5");
        variables.put("otp_tries_per_hour", "7");
        return variables;
    }

    private static Map<String, Object> writing(OffsetDateTime now) {
        return new HashMap<>(Map.of(
                "now", now, "password_hash", "new", "job", "{\"body\":\"notice\"}", "relay_delay", "5s", "rate_limits", "on",
                "remote_address", "192.0.2.7", "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"));
    }

    /** Two of Ann's that are live, one that is over, and one of Bob's. */
    private void sessions() {
        session(HERE, ann, null);
        session(THERE, ann, null);
        session(UUID.randomUUID(), ann, "logout");
        session(UUID.randomUUID(), bob, null);
    }

    private static void session(UUID id, UUID user, String reason) {
        sql.execute("""
                INSERT INTO sessions (id, user_id, remember, created_at, last_used_at, expires_at, ended_at, end_reason)
                VALUES (?, ?, false, ?, ?, ?, CAST(? AS timestamptz), ?)""",
                id, user, NOW.minusHours(1), NOW.minusHours(1), NOW.plusHours(1), reason == null ? null : NOW.minusMinutes(1), reason);
    }

    private static String ended(UUID session) {
        return sql.text("SELECT concat_ws(' ', rfc3339(ended_at), end_reason) FROM sessions WHERE id = ?", session);
    }

    /** Hash, active, verified, changed, updated. */
    private String user() {
        return sql.text("""
                SELECT concat_ws(',', password_hash, is_active, rfc3339(verified_at), rfc3339(password_changed_at), rfc3339(updated_at))
                FROM users WHERE id = ?""", ann);
    }

    private void assertUntouched() {
        assertThat(user()).isEqualTo("old,f,2026-11-22T09:00:00.000Z");
        assertThat(sql.text("SELECT count(*) FROM sessions WHERE end_reason = 'password-reset'")).isEqualTo("0");
        assertThat(notice()).isNull();
    }

    private static String notice() {
        return sql.text("""
                SELECT concat_ws(',', id, user_id, purpose, recipient, job, status, traceparent, rfc3339(created_at), rfc3339(relay_at))
                FROM mails WHERE purpose = 'password-changed'""");
    }

    private static String noted() {
        return sql.text("SELECT concat_ws(' ', rfc3339(at), actor, action, subject, address, details) FROM audit_events"
                + " WHERE action <> 'one-time-code-issue'");
    }
}
