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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The limits here: 60 s between mails, 3 mails and 7 tries an hour, 5 tries a code, a code valid for 5 minutes. */
class OneTimeCodeSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");

    private Map<String, Object> ann;

    @BeforeEach
    void register() {
        ann = user("Ann@example.com");
    }

    @Nested
    class Issuing {

        @Test
        void a_code_and_the_mail_that_brings_it_are_stored_together() {
            Map<String, Object> issued = issue("h1", NOW);

            assertThat(issued).containsOnlyKeys("id", "answer");
            assertThat(issued.get("answer")).isEqualTo(
                    "{\"error_code\" : 0, \"message\" : \"Success\", \"data\" : {\"expires_at\" : \"2026-11-23T09:05:00.000Z\"}}");
            assertThat(code()).isEqualTo("h1,2026-11-23T09:00:00.000Z,2026-11-23T09:05:00.000Z,NULL,0,2026-11-23T09:00:00.000Z,1,0");
            assertThat(sql.text("SELECT mail_id FROM one_time_codes")).isEqualTo(issued.get("id").toString());
            assertThat(sql.text("""
                    SELECT concat_ws(',', id, user_id, purpose, recipient, job, status, attempts, rfc3339(created_at), rfc3339(expires_at),
                                     rfc3339(relay_at), published_at)
                    FROM mails""")).isEqualTo(issued.get("id") + "," + ann.get("id") + ",verification,Ann@example.com,{\"body\":\"h1\"},"
                    + "queued,0,2026-11-23T09:00:00.000Z,2026-11-23T09:05:00.000Z,2026-11-23T09:00:05.000Z");
        }

        @Test
        void it_is_noted_who_got_a_code_for_what_and_who_has_forgotten_the_password_is_nobody_yet() {
            String noted = "SELECT concat_ws(' ', rfc3339(at), actor, action, subject, address, details) FROM audit_events"
                    + " ORDER BY id DESC";
            issue("h1", NOW);
            assertThat(sql.text(noted)).isEqualTo("2026-11-23T09:00:00.000Z " + ann.get("id") + " one-time-code-issue " + ann.get("id")
                    + " 192.0.2.7 {\"purpose\": \"verification\"}");
            issue("h2", NOW.plusSeconds(1));
            assertThat(sql.text("SELECT count(*) FROM audit_events WHERE action = 'one-time-code-issue'")).as("none in the cool-down")
                    .isEqualTo("1");

            Map<String, Object> forgotten = issuing("h3", NOW);
            forgotten.put("purpose", "password-reset");
            sql.row("one-time-code/issue-and-queue-mail.sql", forgotten);
            assertThat(sql.text(noted))
                    .contains(" anonymous one-time-code-issue " + ann.get("id")).endsWith("{\"purpose\": \"password-reset\"}");
        }

        @Test
        void neither_is_stored_when_the_mail_cannot_be() {
            Map<String, Object> broken = issuing("h1", NOW);
            broken.put("job", "{not json");

            assertThatThrownBy(() -> sql.row("one-time-code/issue-and-queue-mail.sql", broken)).hasStackTraceContaining("json");

            assertThat(code()).isNull();
            assertThat(mails()).isEqualTo("0");
        }

        @Test
        void during_the_cool_down_there_is_no_new_code_and_no_mail() {
            issue("h1", NOW);
            String before = code();

            assertThat(issue("h2", NOW.plusSeconds(60).minusNanos(1_000))).isNull();

            assertThat(code()).isEqualTo(before);
            assertThat(mails()).isEqualTo("1");
        }

        @Test
        void a_new_code_replaces_the_old_one_and_its_tries_but_not_the_tries_of_the_hour() {
            UUID first = (UUID) issue("h1", NOW).get("id");
            guess("wrong", NOW.plusSeconds(1));
            guess("wrong", NOW.plusSeconds(2));

            UUID second = (UUID) issue("h2", NOW.plusSeconds(60)).get("id");

            assertThat(second).isNotEqualTo(first);
            assertThat(code()).isEqualTo("h2,2026-11-23T09:01:00.000Z,2026-11-23T09:06:00.000Z,NULL,0,2026-11-23T09:00:00.000Z,2,2");
            assertThat(sql.text("SELECT mail_id FROM one_time_codes")).isEqualTo(second.toString());
            assertThat(guess("h1", NOW.plusSeconds(61))).containsEntry("is_right", false);
            assertThat(guess("h2", NOW.plusSeconds(62))).containsEntry("is_right", true);
        }

        @Test
        void a_used_code_may_be_followed_by_a_new_one() {
            issue("h1", NOW);
            guess("h1", NOW);

            issue("h2", NOW.plusSeconds(60));

            assertThat(code()).startsWith("h2,2026-11-23T09:01:00.000Z,2026-11-23T09:06:00.000Z,NULL,0,");
        }

        @Test
        void the_mails_of_an_hour_are_counted_from_the_first_of_them() {
            assertThat(issue("h1", NOW)).isNotNull();
            assertThat(issue("h2", NOW.plusMinutes(1))).isNotNull();
            assertThat(issue("h3", NOW.plusMinutes(59))).isNotNull();
            assertThat(issue("h4", NOW.plusHours(1).minusNanos(1_000))).isNull();

            assertThat(issue("h5", NOW.plusHours(1))).isNotNull();
            assertThat(code()).isEqualTo("h5,2026-11-23T10:00:00.000Z,2026-11-23T10:05:00.000Z,NULL,0,2026-11-23T10:00:00.000Z,1,0");
        }

        @Test
        void without_rate_limits_neither_cool_down_nor_budget_holds() {
            for (int i = 0; i < 10; i++) {
                Map<String, Object> variables = issuing("h" + i, NOW);
                variables.put("rate_limits", "off");

                assertThat(sql.row("one-time-code/issue-and-queue-mail.sql", variables)).isNotNull();
            }
            assertThat(mails()).isEqualTo("10");
        }

        @Test
        void the_limits_of_one_user_or_purpose_are_not_those_of_another() {
            issue("h1", NOW);
            Map<String, Object> notice = issuing("h2", NOW);
            notice.put("purpose", "password-reset");
            Map<String, Object> bob = issuing("h3", NOW);
            bob.put("user", user("bob@example.com"));

            assertThat(sql.row("one-time-code/issue-and-queue-mail.sql", notice)).isNotNull();
            assertThat(sql.row("one-time-code/issue-and-queue-mail.sql", bob)).isNotNull();
        }

        @Test
        void of_parallel_requests_of_one_user_exactly_one_gets_a_code_for_the_first_time_and_later() {
            List<Boolean> first = StatementRunner.inParallel(50, () -> issue("h1", NOW) != null);
            List<Boolean> later = StatementRunner.inParallel(50, () -> issue("h2", NOW.plusMinutes(2)) != null);

            assertThat(first).filteredOn(got -> got).hasSize(1);
            assertThat(later).filteredOn(got -> got).hasSize(1);
            assertThat(mails()).isEqualTo("2");
        }

        @Test
        void who_is_refused_is_told_how_long_the_cool_down_lasts() {
            issue("h1", NOW);

            assertThat(secondsToWait(NOW)).isEqualTo(60L);
            assertThat(secondsToWait(NOW.plusNanos(1_000))).isEqualTo(60L);
            assertThat(secondsToWait(NOW.plusSeconds(45))).isEqualTo(15L);
            assertThat(secondsToWait(NOW.plusSeconds(59).plusNanos(999_999_000))).isEqualTo(1L);
            assertThat(secondsToWait(NOW.plusSeconds(600))).isEqualTo(1L);
        }

        @Test
        void who_has_used_up_the_hour_is_told_when_the_next_begins() {
            issue("h1", NOW);
            issue("h2", NOW.plusMinutes(1));
            issue("h3", NOW.plusMinutes(2));

            assertThat(secondsToWait(NOW.plusMinutes(30))).isEqualTo(1_800L);
            assertThat(issue("h4", NOW.plusMinutes(30).plusSeconds(1_799))).isNull();
            assertThat(issue("h4", NOW.plusMinutes(30).plusSeconds(1_800))).isNotNull();
        }

        @Test
        void at_the_end_of_a_used_up_hour_the_longer_of_both_waits_counts() {
            issue("h1", NOW);
            issue("h2", NOW.plusMinutes(1));
            issue("h3", NOW.plusMinutes(59).plusSeconds(50));

            assertThat(secondsToWait(NOW.plusMinutes(59).plusSeconds(55))).isEqualTo(55L);
        }

        @ParameterizedTest
        @CsvSource({"500ms,500", "60s,60000", "5m,300000", "2h,7200000", "1d,86400000"})
        void durations_mean_what_they_mean_in_the_settings(String duration, long millis) {
            Map<String, Object> variables = issuing("h1", NOW);
            variables.put("otp_ttl", duration);
            variables.put("relay_delay", duration);

            sql.row("one-time-code/issue-and-queue-mail.sql", variables);

            assertThat(sql.text("SELECT 1000 * extract(epoch FROM expires_at - issued_at)::numeric(20, 3) FROM one_time_codes"))
                    .isEqualTo(millis + ".000");
            assertThat(sql.text("SELECT 1000 * extract(epoch FROM relay_at - created_at)::numeric(20, 3) FROM mails"))
                    .isEqualTo(millis + ".000");
        }
    }

    @Nested
    class Guessing {

        @Test
        void a_wrong_guess_is_counted_and_changes_nothing_else() {
            issue("h1", NOW);

            Map<String, Object> guess = guess("wrong", NOW.plusSeconds(1));

            assertThat(guess).containsEntry("is_right", false).containsEntry("answer", null);
            assertThat(code()).isEqualTo("h1,2026-11-23T09:00:00.000Z,2026-11-23T09:05:00.000Z,NULL,1,2026-11-23T09:00:00.000Z,1,1");
            assertThat(isActive()).isEqualTo("f");
        }

        @Test
        void a_guess_is_noted_whatever_comes_of_it() {
            issue("h1", NOW);

            guess("wrong", NOW);
            guess("h1", NOW);
            sql.row("one-time-code/try.sql", guessing("bob@example.com", "h1", NOW));

            assertThat(sql.text("SELECT string_agg(concat_ws(' ', actor, action, subject, details), ', ' ORDER BY id) FROM audit_events"
                    + " WHERE action LIKE '%verify-otp%'")).isEqualTo(
                    "anonymous verify-otp-refuse " + ann.get("id") + " {\"tried\": true}, "
                    + ann.get("id") + " authentication-verify-otp " + ann.get("id") + ", "
                    + "anonymous verify-otp-refuse nobody {\"tried\": false}");
        }

        @Test
        void the_answer_that_does_not_tell_whether_a_code_was_made_has_the_form_of_the_one_that_does() {
            assertThat(sql.one("one-time-code/show-expiry.sql", Map.of("now", NOW, "otp_ttl", "5m")))
                    .isEqualTo(issue("h1", NOW).get("answer"));
        }

        @Test
        void the_right_guess_consumes_the_code_and_activates_the_user() {
            issue("h1", NOW);

            Map<String, Object> guess = guess("h1", NOW.plusSeconds(1));

            assertThat(guess).containsEntry("is_right", true);
            assertThat(guess.get("answer").toString())
                    .startsWith("{\"error_code\" : 0, \"message\" : \"Success\", \"data\" : {\"id\" : \"" + ann.get("id") + "\"")
                    .contains("\"is_active\" : true", "\"updated_at\" : \"2026-11-23T09:00:01.000Z\"");
            assertThat(code()).contains(",2026-11-23T09:00:01.000Z,1,");
            assertThat(isActive()).isEqualTo("t");
        }

        @Test
        void the_right_guess_queues_the_mail_that_greets_the_user() {
            issue("h1", NOW);
            Map<String, Object> variables = guessing("ann@example.com", "h1", NOW.plusSeconds(1));
            variables.put("traceparent", "00-1-2-00");
            variables.put("job", "{\"body\":\"Welcome\"}");

            Map<String, Object> guess = sql.row("one-time-code/try.sql", variables);

            assertThat(sql.text("""
                    SELECT concat_ws(',', id, user_id, recipient, job, status, attempts, traceparent, rfc3339(created_at),
                                     rfc3339(relay_at), rfc3339(updated_at), expires_at, published_at)
                    FROM mails
                    WHERE purpose = 'welcome'""")).isEqualTo(guess.get("mail_id") + "," + ann.get("id")
                    + ",Ann@example.com,{\"body\":\"Welcome\"},queued,0,00-1-2-00,2026-11-23T09:00:01.000Z,2026-11-23T09:00:06.000Z,"
                    + "2026-11-23T09:00:01.000Z");
            assertThat(mails()).isEqualTo("2");
        }

        @Test
        void a_wrong_guess_and_a_right_one_without_a_job_queue_no_mail() {
            issue("h1", NOW);
            Map<String, Object> wrong = guessing("ann@example.com", "h2", NOW.plusSeconds(1));
            wrong.put("job", "{\"body\":\"Welcome\"}");

            assertThat(sql.row("one-time-code/try.sql", wrong)).containsEntry("is_right", false).containsEntry("mail_id", null);
            assertThat(guess("h1", NOW.plusSeconds(2))).containsEntry("is_right", true).containsEntry("mail_id", null);

            assertThat(mails()).isEqualTo("1");
        }

        @Test
        void who_has_been_active_before_is_not_greeted_again() {
            issue("h1", NOW);
            sql.execute("UPDATE users SET is_active = true");
            Map<String, Object> variables = guessing("ann@example.com", "h1", NOW);
            variables.put("job", "{\"body\":\"Welcome\"}");

            assertThat(sql.row("one-time-code/try.sql", variables)).containsEntry("is_right", true).containsEntry("mail_id", null);
        }

        @Test
        void the_language_that_is_asked_for_is_kept_and_none_leaves_it_as_it_was() {
            issue("h1", NOW);
            Map<String, Object> wrong = guessing("ann@example.com", "h2", NOW);
            wrong.put("language", "fr");
            sql.row("one-time-code/try.sql", wrong);
            assertThat(sql.text("SELECT language FROM users")).isNull();

            Map<String, Object> right = guessing("ann@example.com", "h1", NOW);
            right.put("language", "vi");
            sql.row("one-time-code/try.sql", right);
            assertThat(sql.text("SELECT language FROM users")).isEqualTo("vi");

            issue("h3", NOW.plusHours(1));
            assertThat(guess("h3", NOW.plusHours(1))).containsEntry("is_right", true);
            assertThat(sql.text("SELECT language FROM users")).isEqualTo("vi");
        }

        @Test
        void when_the_address_was_proved_is_kept() {
            issue("h1", NOW);

            guess("h1", NOW.plusSeconds(1));

            assertThat(sql.text("SELECT rfc3339(verified_at) FROM users")).isEqualTo("2026-11-23T09:00:01.000Z");
        }

        @Test
        void whom_an_administrator_has_deactivated_no_code_activates_and_no_stranger_is_told() {
            issue("h1", NOW);
            sql.execute("UPDATE users SET deactivated_at = ?", NOW);

            assertThat(guess("h1", NOW)).isNull();
            assertThat(refusal("ann@example.com", NOW)).containsEntry("problem", "WRONG_OTP");

            sql.execute("UPDATE users SET verified_at = ?", NOW);
            assertThat(refusal("ann@example.com", NOW)).containsEntry("problem", "USER_VERIFIED");
            assertThat(isActive()).isEqualTo("f");
        }

        @Test
        void a_right_guess_that_waits_for_a_deactivation_is_answered_and_noted_as_a_wrong_one() {
            issue("h1", NOW);

            Map<String, Object> guess = sql.whileWaitingFor("UPDATE users SET deactivated_at = created_at WHERE id = ?", ann.get("id"),
                    () -> guess("h1", NOW));

            assertThat(guess).containsEntry("is_right", false).containsEntry("answer", null);
            assertThat(sql.text("SELECT concat_ws(' ', actor, action, details) FROM audit_events ORDER BY id DESC LIMIT 1"))
                    .isEqualTo("anonymous verify-otp-refuse {\"tried\": true}");
            assertThat(isActive()).isEqualTo("f");
        }

        @Test
        void a_used_code_is_not_looked_at_again() {
            issue("h1", NOW);
            guess("h1", NOW);
            sql.execute("UPDATE users SET is_active = false");

            assertThat(guess("h1", NOW)).isNull();

            assertThat(isActive()).isEqualTo("f");
        }

        @Test
        void an_expired_code_is_not_looked_at() {
            issue("h1", NOW);
            assertThat(guess("h1", NOW.plusMinutes(5))).isNull();
            assertThat(isActive()).isEqualTo("f");

            assertThat(guess("h1", NOW.plusMinutes(5).minusNanos(1_000))).containsEntry("is_right", true);
        }

        @Test
        void after_five_tries_even_the_right_guess_is_not_looked_at() {
            issue("h1", NOW);
            for (int i = 0; i < 5; i++) {
                assertThat(guess("wrong", NOW)).containsEntry("is_right", false);
            }

            assertThat(guess("h1", NOW)).isNull();

            assertThat(isActive()).isEqualTo("f");
        }

        @Test
        void the_fifth_guess_may_be_the_right_one() {
            issue("h1", NOW);
            for (int i = 0; i < 4; i++) {
                guess("wrong", NOW);
            }

            assertThat(guess("h1", NOW)).containsEntry("is_right", true);
        }

        @Test
        void of_two_hundred_parallel_wrong_guesses_five_are_looked_at() {
            issue("h1", NOW);

            List<Boolean> lookedAt = StatementRunner.inParallel(200, () -> guess("wrong", NOW) != null);

            assertThat(lookedAt).filteredOn(looked -> looked).hasSize(5);
            assertThat(code()).endsWith(",5,2026-11-23T09:00:00.000Z,1,5");
        }

        @Test
        void of_parallel_right_guesses_one_wins() {
            issue("h1", NOW);

            List<Boolean> right = StatementRunner.inParallel(20, () -> guess("h1", NOW) != null);

            assertThat(right).filteredOn(won -> won).hasSize(1);
            assertThat(code()).endsWith(",1,2026-11-23T09:00:00.000Z,1,1");
        }

        @Test
        void the_tries_of_an_hour_are_not_given_back_by_a_new_code() {
            issue("h1", NOW);
            wrong(5, NOW);
            issue("h2", NOW.plusMinutes(1));
            wrong(2, NOW.plusMinutes(1));

            assertThat(guess("h2", NOW.plusMinutes(2))).isNull();
            assertThat(isActive()).isEqualTo("f");
        }

        @Test
        void without_rate_limits_the_tries_of_a_code_still_hold_but_not_those_of_the_hour() {
            issue("h1", NOW);
            wrong(5, NOW);
            issue("h2", NOW.plusMinutes(1));
            wrong(2, NOW.plusMinutes(1));
            Map<String, Object> unlimited = guessing("Ann@example.com", "wrong", NOW.plusMinutes(2));
            unlimited.put("rate_limits", "off");

            for (int i = 0; i < 3; i++) {
                assertThat(sql.row("one-time-code/try.sql", unlimited)).containsEntry("is_right", false);
            }
            assertThat(sql.row("one-time-code/try.sql", unlimited)).isNull();
        }

        @Test
        void a_new_hour_begins_with_its_first_guess() {
            Map<String, Object> lasting = issuing("h1", NOW);
            lasting.put("otp_ttl", "1d");
            sql.row("one-time-code/issue-and-queue-mail.sql", lasting);
            sql.execute("UPDATE one_time_codes SET tries_in_hour = 7");
            assertThat(guess("wrong", NOW.plusHours(1).minusNanos(1_000))).isNull();

            assertThat(guess("wrong", NOW.plusHours(1))).containsEntry("is_right", false);

            assertThat(code()).endsWith(",1,2026-11-23T10:00:00.000Z,0,1");
        }

        @Test
        void the_address_is_taken_in_any_case() {
            issue("h1", NOW);

            assertThat(sql.row("one-time-code/try.sql", guessing("aNN@EXAMPLE.com", "h1", NOW))).containsEntry("is_right", true);
        }

        @Test
        void a_code_is_of_no_use_for_another_user_or_purpose_or_after_the_user_was_deleted() {
            user("bob@example.com");
            issue("h1", NOW);

            assertThat(sql.row("one-time-code/try.sql", guessing("bob@example.com", "h1", NOW))).isNull();
            Map<String, Object> otherPurpose = guessing("ann@example.com", "h1", NOW);
            otherPurpose.put("purpose", "password-reset");
            assertThat(sql.row("one-time-code/try.sql", otherPurpose)).isNull();
            sql.execute("UPDATE users SET deleted_at = ?", NOW);
            assertThat(guess("h1", NOW)).isNull();
            assertThat(sql.text("SELECT tries FROM one_time_codes")).isEqualTo("0");
        }
    }

    @Nested
    class Refusing {

        @Test
        void nobody_has_the_address() {
            assertThat(refusal("bob@example.com", NOW)).containsEntry("problem", "USER_NOT_FOUND").containsEntry("wait", null);
        }

        @Test
        void a_deleted_user_is_nobody() {
            sql.execute("UPDATE users SET deleted_at = ?", NOW);

            assertThat(refusal("ann@example.com", NOW)).containsEntry("problem", "USER_NOT_FOUND");
        }

        @Test
        void an_active_user_has_proved_the_address() {
            issue("h1", NOW);
            guess("h1", NOW);

            assertThat(refusal("ANN@example.com", NOW)).containsEntry("problem", "USER_VERIFIED").containsEntry("wait", null);
        }

        @Test
        void without_a_code_every_guess_is_wrong() {
            assertThat(refusal("ann@example.com", NOW)).containsEntry("problem", "WRONG_OTP").containsEntry("wait", null);
        }

        @Test
        void a_used_code_is_wrong() {
            issue("h1", NOW);
            guess("h1", NOW);
            sql.execute("UPDATE users SET is_active = false");

            assertThat(refusal("ann@example.com", NOW)).containsEntry("problem", "WRONG_OTP").containsEntry("wait", null);
        }

        @Test
        void a_code_is_expired() {
            issue("h1", NOW);

            assertThat(refusal("ann@example.com", NOW.plusMinutes(5))).containsEntry("problem", "OTP_EXPIRED").containsEntry("wait", null);
        }

        @Test
        void a_code_was_guessed_at_too_often_and_waiting_for_the_cool_down_helps() {
            issue("h1", NOW);
            wrong(5, NOW);

            assertThat(refusal("ann@example.com", NOW.plusSeconds(20)))
                    .containsEntry("problem", "TOO_MANY_ATTEMPTS").containsEntry("wait", 40L);
        }

        @Test
        void a_wait_is_never_less_than_a_second() {
            issue("h1", NOW);
            wrong(5, NOW);

            assertThat(refusal("ann@example.com", NOW.plusMinutes(4)))
                    .containsEntry("problem", "TOO_MANY_ATTEMPTS").containsEntry("wait", 1L);
        }

        @Test
        void the_tries_of_the_hour_are_used_up_until_the_next_begins() {
            issue("h1", NOW);
            wrong(5, NOW);
            issue("h2", NOW.plusMinutes(1));
            wrong(2, NOW.plusMinutes(1));

            assertThat(refusal("ann@example.com", NOW.plusMinutes(2)))
                    .containsEntry("problem", "TOO_MANY_ATTEMPTS").containsEntry("wait", 3_480L);
        }
    }

    private static Map<String, Object> user(String email) {
        Map<String, Object> variables = new HashMap<>(
                Map.of("email", email, "password_hash", "h", "now", NOW, "enumeration_safe", "false"));
        variables.put("full_name", null);
        sql.one("user/insert.sql", variables);
        return sql.row("user/find-by-email.sql", Map.of("email", email));
    }

    private Map<String, Object> issuing(String hmac, OffsetDateTime now) {
        Map<String, Object> variables = new HashMap<>();
        variables.put("user", ann);
        variables.put("purpose", "verification");
        variables.put("code_hmac", hmac);
        variables.put("now", now);
        variables.put("otp_ttl", "5m");
        variables.put("otp_cooldown", "60s");
        variables.put("otp_mails_per_hour", "3");
        variables.put("rate_limits", "on");
        variables.put("relay_delay", "5s");
        variables.put("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
        variables.put("job", "{\"body\":\"" + hmac + "\"}");
        variables.put("remote_address", "192.0.2.7");
        return variables;
    }

    private Map<String, Object> issue(String hmac, OffsetDateTime now) {
        return sql.row("one-time-code/issue-and-queue-mail.sql", issuing(hmac, now));
    }

    private Object secondsToWait(OffsetDateTime now) {
        return sql.one("one-time-code/find-wait.sql", issuing("", now));
    }

    private static Map<String, Object> guessing(String email, String hmac, OffsetDateTime now) {
        Map<String, Object> variables = new HashMap<>();
        variables.put("email", email);
        variables.put("purpose", "verification");
        variables.put("code_hmac", hmac);
        variables.put("now", now);
        variables.put("otp_max_tries", "5");
        variables.put("otp_tries_per_hour", "7");
        variables.put("otp_cooldown", "60s");
        variables.put("rate_limits", "on");
        variables.put("relay_delay", "5s");
        variables.put("traceparent", null);
        variables.put("job", null);
        return variables;
    }

    private static Map<String, Object> guess(String hmac, OffsetDateTime now) {
        return sql.row("one-time-code/try.sql", guessing("Ann@example.com", hmac, now));
    }

    private static void wrong(int guesses, OffsetDateTime now) {
        for (int i = 0; i < guesses; i++) {
            assertThat(guess("wrong", now)).containsEntry("is_right", false);
        }
    }

    private static Map<String, Object> refusal(String email, OffsetDateTime now) {
        return sql.row("one-time-code/find-refusal.sql", guessing(email, "", now));
    }

    /** HMAC, issued, expires, consumed, tries, start of the hour, mails and tries in it. */
    private static String code() {
        return sql.text("""
                SELECT concat_ws(',', code_hmac, rfc3339(issued_at), rfc3339(expires_at), coalesce(rfc3339(consumed_at), 'NULL'), tries,
                                 rfc3339(hour_started_at), mails_in_hour, tries_in_hour)
                FROM one_time_codes WHERE purpose = 'verification'""");
    }

    private static String mails() {
        return sql.text("SELECT count(*) FROM mails");
    }

    private static String isActive() {
        return sql.text("SELECT is_active FROM users WHERE email = 'Ann@example.com'");
    }
}
