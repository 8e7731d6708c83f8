package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DuplicateKeyException;

/** The limits here: 60 s between mails, 3 mails and 7 tries an hour, 5 tries a code, a code valid for 5 minutes. */
class AddressChangeSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final String OLD = "ann@example.com";
    private static final String NEW = "New@example.com";

    private UUID ann;
    private UUID session;

    @BeforeEach
    void register() {
        ann = user(OLD);
        session = session(ann);
    }

    @Nested
    class Asking {

        @Test
        void two_codes_two_mails_and_the_change_are_stored_together_and_noted() {
            Map<String, Object> issued = ask(NEW, NOW);

            assertThat(issued.get("answer")).isEqualTo(
                    "{\"error_code\" : 0, \"message\" : \"Success\", \"data\" : {\"expires_at\" : \"2026-11-23T09:05:00.000Z\"}}");
            assertThat(codes()).isEqualTo("address-confirm-new n 0 1,address-confirm-old o 0 1");
            assertThat(mails()).isEqualTo(
                    "t t address-confirm-new New@example.com {\"n\":1} queued 2026-11-23T09:05:00.000Z 2026-11-23T09:00:05.000Z,"
                    + "t t address-confirm-old ann@example.com {\"o\":1} queued 2026-11-23T09:05:00.000Z 2026-11-23T09:00:05.000Z");
            assertThat(sql.text("SELECT string_agg(mail_id::text, ',' ORDER BY purpose DESC) FROM one_time_codes"))
                    .isEqualTo(issued.get("old_mail_id") + "," + issued.get("new_mail_id"));
            assertThat(find()).containsEntry("email", OLD).containsEntry("new_address", NEW).containsEntry("full_name", "Ann");
            assertThat(sql.text("SELECT concat_ws(' ', actor, action, subject = ?, address, details) FROM audit_events", ann.toString()))
                    .isEqualTo("actor user-change-address t 192.0.2.1 {\"was\": \"ann@example.com\", \"email\": \"New@example.com\"}");
        }

        @Test
        void nothing_is_stored_when_one_of_the_mails_cannot_be() {
            Map<String, Object> broken = asking(NEW, NOW);
            broken.put("new_job", "{not json");

            assertThatThrownBy(() -> sql.row("address-change/issue-and-queue-mails.sql", broken)).hasStackTraceContaining("json");

            assertThat(sql.text("SELECT (SELECT count(*) FROM one_time_codes) + (SELECT count(*) FROM mails)"
                    + " + (SELECT count(*) FROM address_changes) + (SELECT count(*) FROM audit_events)")).isEqualTo("0");
        }

        @Test
        void during_the_cool_down_nothing_changes() {
            ask(NEW, NOW);
            String before = codes() + mails();

            assertThat(ask("other@example.com", NOW.plusSeconds(60).minusNanos(1_000))).isNull();

            assertThat(codes() + mails()).isEqualTo(before);
            assertThat(find()).containsEntry("new_address", NEW);
            assertThat(sql.text("SELECT count(*) FROM audit_events")).isEqualTo("1");
            Map<String, Object> wait = new HashMap<>(asking(NEW, NOW.plusSeconds(45)));
            wait.put("purpose", "address-confirm-old");
            assertThat(sql.one("one-time-code/find-wait.sql", wait)).isEqualTo(15L);
        }

        @Test
        void a_later_one_replaces_the_one_before_and_its_codes() {
            ask(NEW, NOW);
            guess("wrong", "n", NOW);

            assertThat(ask("other@example.com", NOW.plusSeconds(60), "o2", "n2")).isNotNull();

            assertThat(codes()).isEqualTo("address-confirm-new n2 0 1,address-confirm-old o2 0 2");
            assertThat(find()).containsEntry("new_address", "other@example.com");
            assertThat(guess("o", "n", NOW.plusSeconds(61))).containsEntry("problem", "WRONG_OTP");
            assertThat(guess("o2", "n", NOW.plusSeconds(61))).containsEntry("problem", "WRONG_OTP");
        }

        @Test
        void an_hour_has_so_many_mails() {
            for (int i = 0; i < 3; i++) {
                assertThat(ask(NEW, NOW.plusMinutes(i))).isNotNull();
            }
            assertThat(ask(NEW, NOW.plusMinutes(3))).isNull();
            assertThat(ask(NEW, NOW.plusHours(1))).isNotNull();
            Map<String, Object> unlimited = asking(NEW, NOW.plusHours(1));
            unlimited.put("rate_limits", "off");
            assertThat(sql.row("address-change/issue-and-queue-mails.sql", unlimited)).isNotNull();
        }

        @Test
        void of_requests_at_once_one_succeeds() {
            List<Boolean> answers = StatementRunner.inParallel(20, () -> ask(NEW, NOW) != null);

            assertThat(answers).filteredOn(got -> got).hasSize(1);
            assertThat(sql.text("SELECT count(*) FROM mails")).isEqualTo("2");
        }

        @Test
        void where_the_address_is_somebodys_that_person_is_told_and_nobody_gets_the_code() {
            UUID bob = user("bob@example.com");
            Map<String, Object> taken = asking("BOB@example.com", NOW);
            taken.put("new_purpose", "account-exists");
            taken.put("new_owner_id", bob);
            taken.put("new_recipient", "bob@example.com");

            sql.row("address-change/issue-and-queue-mails.sql", taken);

            assertThat(sql.text(
                    "SELECT concat_ws(' ', user_id = ?, recipient, expires_at) FROM mails WHERE purpose = 'account-exists'", bob))
                    .isEqualTo("t bob@example.com");
            assertThat(codes()).isEqualTo("address-confirm-new n 0 1,address-confirm-old o 0 1");
            String mail = sql.text("SELECT id FROM mails WHERE purpose = 'account-exists'");
            assertThat(sql.row("mail/find-delivery.sql", Map.of("mail_id", mail, "now", NOW.plusDays(1))))
                    .containsEntry("outcome", "deliver");
        }

        @Test
        void it_goes_with_its_code() {
            ask(NEW, NOW);

            sql.execute("DELETE FROM one_time_codes");

            assertThat(find()).isNull();
        }
    }

    @Nested
    class Confirming {

        @Test
        void both_codes_change_the_address_once() {
            ask(NEW, NOW);

            Map<String, Object> guess = guess("o", "n", NOW.plusMinutes(1));

            assertThat(guess).containsEntry("problem", null);
            assertThat(guess.get("answer").toString()).contains("\"email\" : \"New@example.com\"", ann.toString());
            assertThat(sql.text("SELECT concat_ws(' ', email, rfc3339(verified_at), rfc3339(updated_at)) FROM users"))
                    .isEqualTo("New@example.com 2026-11-23T09:01:00.000Z 2026-11-23T09:01:00.000Z");
            assertThat(sql.text("SELECT count(*) FROM one_time_codes WHERE consumed_at IS NOT NULL")).isEqualTo("2");
            assertThat(find()).isNull();
            assertThat(guess("o", "n", NOW.plusMinutes(1))).containsEntry("problem", "NO_ADDRESS_CHANGE").containsEntry("answer", null);
        }

        @Test
        void the_old_address_is_told_and_it_is_noted() {
            ask(NEW, NOW);

            Object notice = guess("o", "n", NOW.plusMinutes(1)).get("mail_id");

            assertThat(sql.text("SELECT concat_ws(' ', user_id = ?, purpose, recipient, job, status, traceparent, rfc3339(relay_at))"
                    + " FROM mails WHERE id = ?", ann, notice))
                    .isEqualTo("t address-changed ann@example.com {\"c\":1} queued 00-trace 2026-11-23T09:01:05.000Z");
            assertThat(sql.text("SELECT concat_ws(' ', actor, subject = ?, address, details) FROM audit_events"
                    + " WHERE action = 'user-confirm-address'", ann.toString()))
                    .isEqualTo("actor t 192.0.2.1 {\"was\": \"ann@example.com\", \"email\": \"New@example.com\", \"sessions_ended\": 0}");
        }

        @Test
        void the_other_sessions_end() {
            UUID other = session(ann);
            session(user("bob@example.com"));
            ask(NEW, NOW);

            guess("o", "n", NOW.plusMinutes(1));

            assertThat(sql.text("SELECT string_agg(concat_ws(' ', id, end_reason), ',') FROM sessions WHERE ended_at IS NOT NULL"))
                    .isEqualTo(other + " address-change");
        }

        @Test
        void one_code_alone_changes_nothing_and_is_counted_for_both() {
            ask(NEW, NOW);

            assertThat(guess("o", "x", NOW)).containsEntry("problem", "WRONG_OTP").containsEntry("answer", null)
                    .containsEntry("mail_id", null);
            assertThat(guess("x", "n", NOW)).containsEntry("problem", "WRONG_OTP");
            assertThat(guess("n", "o", NOW)).containsEntry("problem", "WRONG_OTP");

            assertThat(sql.text("SELECT string_agg(concat_ws(' ', tries, tries_in_hour, consumed_at), ',') FROM one_time_codes"))
                    .isEqualTo("3 3,3 3");
            assertThat(sql.text("SELECT email FROM users")).isEqualTo(OLD);
        }

        @Test
        void five_guesses_are_looked_at_however_many_come_at_once() {
            ask(NEW, NOW);

            List<Object> problems = StatementRunner.inParallel(40, () -> guess("o", "x", NOW).get("problem"));

            assertThat(problems).filteredOn("WRONG_OTP"::equals).hasSize(5);
            assertThat(problems).filteredOn("TOO_MANY_ATTEMPTS"::equals).hasSize(35);
            assertThat(guess("o", "n", NOW.plusSeconds(15))).containsEntry("problem", "TOO_MANY_ATTEMPTS").containsEntry("wait", 45L);
        }

        @Test
        void of_right_guesses_at_once_one_wins() {
            ask(NEW, NOW);

            List<Object> problems = StatementRunner.inParallel(20, () -> String.valueOf(guess("o", "n", NOW).get("problem")));

            assertThat(problems).filteredOn("null"::equals).hasSize(1);
            assertThat(problems).filteredOn("NO_ADDRESS_CHANGE"::equals).hasSize(19);
            assertThat(sql.text("SELECT count(*) FROM mails WHERE purpose = 'address-changed'")).isEqualTo("1");
        }

        @Test
        void the_tries_of_an_hour_outlive_new_codes() {
            ask(NEW, NOW);
            for (int i = 0; i < 5; i++) {
                guess("x", "x", NOW);
            }
            ask(NEW, NOW.plusMinutes(1));
            guess("x", "x", NOW.plusMinutes(1));
            guess("x", "x", NOW.plusMinutes(1));

            assertThat(guess("o", "n", NOW.plusMinutes(2))).containsEntry("problem", "TOO_MANY_ATTEMPTS").containsEntry("wait", 3_480L);
            Map<String, Object> unlimited = guessing("o", "n", NOW.plusMinutes(2), NEW);
            unlimited.put("rate_limits", "off");
            assertThat(sql.row("address-change/try.sql", unlimited)).containsEntry("problem", null);
        }

        @Test
        void a_new_hour_is_a_new_budget() {
            ask(NEW, NOW);
            sql.execute("UPDATE one_time_codes SET tries_in_hour = 7, expires_at = ?", NOW.plusHours(2));

            assertThat(guess("x", "x", NOW.plusHours(1))).containsEntry("problem", "WRONG_OTP");
            assertThat(sql.text("SELECT string_agg(concat_ws(' ', tries_in_hour, mails_in_hour, rfc3339(hour_started_at)), ',')"
                    + " FROM one_time_codes")).isEqualTo("1 0 2026-11-23T10:00:00.000Z,1 0 2026-11-23T10:00:00.000Z");
        }

        @Test
        void codes_die() {
            ask(NEW, NOW);

            assertThat(guess("o", "n", NOW.plusMinutes(5))).containsEntry("problem", "OTP_EXPIRED");
            assertThat(sql.text("SELECT sum(tries) FROM one_time_codes")).isEqualTo("0");
            assertThat(guess("o", "n", NOW.plusMinutes(5).minusNanos(1_000))).containsEntry("problem", null);
        }

        @Test
        void nothing_is_pending_for_who_has_not_asked() {
            assertThat(guess("o", "n", NOW)).containsEntry("problem", "NO_ADDRESS_CHANGE");
            assertThat(find()).isNull();
        }

        @Test
        void an_address_that_somebody_has_meanwhile_is_not_taken_away_and_the_codes_are_used_up() {
            ask(NEW, NOW);
            user("NEW@example.com");

            assertThat(guess("o", "n", NOW)).containsEntry("problem", "ADDRESS_TAKEN").containsEntry("answer", null);

            assertThat(sql.text("SELECT email FROM users WHERE id = ?", ann)).isEqualTo(OLD);
            assertThat(sql.text("SELECT count(*) FROM mails WHERE purpose = 'address-changed'")).isEqualTo("0");
            assertThat(guess("o", "n", NOW)).containsEntry("problem", "NO_ADDRESS_CHANGE");
            assertThat(find()).isNull();
        }

        @Test
        void of_two_who_confirm_one_address_at_once_one_gets_it_and_the_table_itself_refuses_the_other() {
            UUID bob = user("bob@example.com");
            ask(NEW, NOW);
            Map<String, Object> bobs = asking(NEW, NOW);
            bobs.put("user", Map.of("id", bob, "email", "bob@example.com"));
            sql.row("address-change/issue-and-queue-mails.sql", bobs);
            AtomicInteger turn = new AtomicInteger();

            List<String> outcomes = StatementRunner.inParallel(2, () -> {
                Map<String, Object> guessing = guessing("o", "n", NOW, NEW);
                guessing.put("caller_id", turn.getAndIncrement() == 0 ? ann : bob);
                try {
                    return String.valueOf(sql.row("address-change/try.sql", guessing).get("problem"));
                } catch (IllegalStateException e) {
                    return e.getCause() instanceof DuplicateKeyException ? "ADDRESS_TAKEN" : e.toString();
                }
            });

            assertThat(outcomes).containsExactlyInAnyOrder("null", "ADDRESS_TAKEN");
            assertThat(sql.text("SELECT count(*) FROM users WHERE email = ?", NEW)).isEqualTo("1");
        }

        @Test
        void who_is_deactivated_or_deleted_in_between_changes_nothing() {
            ask(NEW, NOW);
            sql.execute("UPDATE users SET is_active = false, deactivated_at = ?", NOW);

            assertThat(find()).isNull();
            assertThat(guess("o", "n", NOW)).containsEntry("problem", "UNAUTHORIZED").containsEntry("answer", null);
            assertThat(sql.text("SELECT email FROM users")).isEqualTo(OLD);
        }

        @Test
        void the_case_of_an_address_may_change_at_least_in_the_statement() {
            ask("ANN@example.com", NOW);

            assertThat(sql.row("address-change/try.sql", guessing("o", "n", NOW, "ANN@example.com"))).containsEntry("problem", null);
        }
    }

    private static UUID user(String email) {
        UUID id = UUID.randomUUID();
        sql.execute("INSERT INTO users (id, email, password_hash, full_name, is_active, verified_at, created_at, updated_at)"
                + " VALUES (?, ?, 'h', 'Ann', true, ?, ?, ?)", id, email, NOW, NOW, NOW);
        return id;
    }

    private static UUID session(UUID user) {
        UUID id = UUID.randomUUID();
        sql.execute("INSERT INTO sessions (id, user_id, remember, created_at, last_used_at, expires_at) VALUES (?, ?, false, ?, ?, ?)",
                id, user, NOW, NOW, NOW.plusDays(1));
        return id;
    }

    private Map<String, Object> asking(String address, OffsetDateTime now) {
        Map<String, Object> variables = new HashMap<>();
        variables.put("user", Map.of("id", ann, "email", OLD));
        variables.put("actor", "actor");
        variables.put("remote_address", "192.0.2.1");
        variables.put("traceparent", "00-trace");
        variables.put("new_address", address);
        variables.put("code_hmac", "o");
        variables.put("job", "{\"o\":1}");
        variables.put("new_code_hmac", "n");
        variables.put("new_job", "{\"n\":1}");
        variables.put("new_purpose", "address-confirm-new");
        variables.put("new_recipient", address);
        variables.put("new_owner_id", ann);
        variables.put("now", now);
        variables.put("otp_ttl", "5m");
        variables.put("otp_cooldown", "60s");
        variables.put("otp_mails_per_hour", "3");
        variables.put("rate_limits", "on");
        variables.put("relay_delay", "5s");
        return variables;
    }

    private Map<String, Object> ask(String address, OffsetDateTime now) {
        return ask(address, now, "o", "n");
    }

    private Map<String, Object> ask(String address, OffsetDateTime now, String oldHmac, String newHmac) {
        Map<String, Object> variables = asking(address, now);
        variables.put("code_hmac", oldHmac);
        variables.put("new_code_hmac", newHmac);
        return sql.row("address-change/issue-and-queue-mails.sql", variables);
    }

    private Map<String, Object> guessing(String oldHmac, String newHmac, OffsetDateTime now, String address) {
        Map<String, Object> variables = new HashMap<>();
        variables.put("caller_id", ann);
        variables.put("session_id", session);
        variables.put("user", Map.of("email", OLD));
        variables.put("actor", "actor");
        variables.put("remote_address", "192.0.2.1");
        variables.put("traceparent", "00-trace");
        variables.put("new_address", address);
        variables.put("old_code_hmac", oldHmac);
        variables.put("new_code_hmac", newHmac);
        variables.put("job", "{\"c\":1}");
        variables.put("now", now);
        variables.put("otp_max_tries", "5");
        variables.put("otp_tries_per_hour", "7");
        variables.put("otp_cooldown", "60s");
        variables.put("rate_limits", "on");
        variables.put("relay_delay", "5s");
        return variables;
    }

    private Map<String, Object> guess(String oldHmac, String newHmac, OffsetDateTime now) {
        return sql.row("address-change/try.sql", guessing(oldHmac, newHmac, now, NEW));
    }

    private Map<String, Object> find() {
        return sql.row("address-change/find.sql", Map.of("caller_id", ann));
    }

    /** Purpose, HMAC, tries, mails in the hour. */
    private static String codes() {
        return sql.text(
                "SELECT string_agg(concat_ws(' ', purpose, code_hmac, tries, mails_in_hour), ',' ORDER BY purpose) FROM one_time_codes");
    }

    private String mails() {
        return sql.text("SELECT string_agg(concat_ws(' ', user_id = ?, traceparent = '00-trace', purpose, recipient, job, status,"
                + " rfc3339(expires_at), rfc3339(relay_at)), ',' ORDER BY purpose) FROM mails", ann);
    }
}
