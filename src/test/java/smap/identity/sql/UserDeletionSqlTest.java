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
import org.junit.jupiter.api.Test;

/** What goes with an account, and what does not. */
class UserDeletionSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final OffsetDateTime LATER = NOW.plusHours(1);

    private UUID ann;
    private UUID bob;

    @BeforeEach
    void people() {
        ann = user("Ann@example.com", "USER");
        bob = user("bob@example.com", "USER");
    }

    @Test
    void the_account_is_gone_and_its_address_free() {
        Map<String, Object> done = delete(ann);

        assertThat(done).containsEntry("problem", null)
                .containsEntry("answer", "{\"error_code\" : 0, \"message\" : \"Success\", \"data\" : null}");
        assertThat(sql.text(
                "SELECT concat_ws(' ', email, password_hash = '', is_active, rfc3339(deleted_at)) FROM users WHERE id = ?", ann))
                .isEqualTo("Ann@example.com t f 2026-11-23T10:00:00.000Z");
        user("ann@EXAMPLE.com", "USER");
        assertThat(delete(ann)).containsEntry("problem", "UNAUTHORIZED").containsEntry("answer", null).containsEntry("mail_id", null);
        assertThat(sql.text("SELECT count(*) FROM users WHERE deleted_at IS NULL")).isEqualTo("2");
    }

    @Test
    void it_is_noted_with_what_ended() {
        mail(ann, "queued");
        session(ann);

        delete(ann);

        assertThat(sql.text(
                "SELECT concat_ws(' ', actor = subject, subject = ?, action, address, details) FROM audit_events", ann.toString()))
                .isEqualTo("t t user-delete 192.0.2.1 {\"sessions_ended\": 1, \"mails_cancelled\": 1, \"subscriptions_ended\": 0}");
    }

    @Test
    void its_sessions_end_and_nobody_elses() {
        session(ann);
        session(bob);

        delete(ann);

        assertThat(sql.text("SELECT string_agg(concat_ws(' ', user_id = ?, end_reason, rfc3339(ended_at)), ',' ORDER BY ended_at)"
                + " FROM sessions", ann)).isEqualTo("t deleted 2026-11-23T10:00:00.000Z,f");
    }

    @Test
    void its_codes_and_a_change_of_its_address_are_forgotten_and_nobody_elses() {
        for (UUID user : List.of(ann, bob)) {
            sql.execute("INSERT INTO one_time_codes (user_id, purpose, code_hmac, mail_id, issued_at, expires_at, hour_started_at)"
                    + " VALUES (?, 'address-confirm-new', 'h', ?, ?, ?, ?)", user, mail(user, "sent"), NOW, NOW.plusMinutes(5), NOW);
            sql.execute("INSERT INTO address_changes (user_id, email, requested_at) VALUES (?, 'new@example.com', ?)", user, NOW);
        }

        delete(ann);

        assertThat(sql.text("SELECT string_agg(user_id::text, ',') FROM one_time_codes")).isEqualTo(bob.toString());
        assertThat(sql.text("SELECT string_agg(user_id::text, ',') FROM address_changes")).isEqualTo(bob.toString());
    }

    @Test
    void its_mails_that_are_not_sent_are_cancelled_and_nobody_publishes_or_sends_them() {
        UUID queued = mail(ann, "queued");
        UUID published = mail(ann, "published");
        UUID sent = mail(ann, "sent");
        UUID others = mail(bob, "queued");

        delete(ann);

        assertThat(state(queued)).isEqualTo("cancelled - -");
        assertThat(state(published)).isEqualTo("cancelled - -");
        assertThat(state(sent)).startsWith("sent ");
        assertThat(state(others)).isEqualTo("queued {} 2026-11-23T09:00:05.000Z");
        assertThat(sql.one("mail/find-unpublished.sql", Map.of("mail_id", queued))).isNull();
        assertThat(sql.rows("mail/claim-unpublished.sql", Map.of("now", LATER.plusDays(1), "relay_delay", "5s", "batch", "100")))
                .extracting(row -> row.get("purpose")).containsExactly("notice", "account-deleted");
        assertThat(delivery(queued)).isEqualTo("cancelled");
        assertThat(delivery(published)).isEqualTo("cancelled");
        assertThat(delivery(sent)).isEqualTo("repeated");
        assertThat(delivery(others)).isEqualTo("deliver");
    }

    @Test
    void a_mail_that_was_under_way_is_not_tried_again() {
        UUID mail = mail(ann, "published");
        delete(ann);
        sql.execute("UPDATE mails SET status = 'published' WHERE id = ?", mail);

        assertThat(delivery(mail)).isEqualTo("cancelled");
    }

    @Test
    void its_dead_letters_are_not_replayed_any_more() {
        UUID mail = mail(ann, "dead");
        UUID others = mail(bob, "dead");
        for (UUID id : List.of(mail, others)) {
            sql.execute("INSERT INTO dead_letters (id, purpose, reason, attempts, job, job_bytes, status, created_at, updated_at)"
                    + " VALUES (?, 'notice', 'permanent', 1, '\\x7b7d', 2, 'dead', ?, ?)", id, NOW, NOW);
        }

        delete(ann);

        assertThat(sql.text("SELECT concat_ws(' ', status, discard_reason, job) FROM dead_letters WHERE id = ?", mail))
                .isEqualTo("discarded account deleted");
        assertThat(sql.text("SELECT status FROM dead_letters WHERE id = ?", others)).isEqualTo("dead");
        assertThat(delivery(mail)).isEqualTo("cancelled");
    }

    @Test
    void the_notice_of_it_is_owed_like_any_mail_and_delivered() {
        UUID notice = (UUID) delete(ann).get("mail_id");

        assertThat(sql.text("SELECT concat_ws(' ', user_id = ?, purpose, recipient, job, status, traceparent, rfc3339(created_at),"
                + " rfc3339(relay_at), expires_at) FROM mails WHERE id = ?", ann, notice))
                .isEqualTo("t account-deleted Ann@example.com {\"n\":1} queued 00-trace 2026-11-23T10:00:00.000Z 2026-11-23T10:00:05.000Z");
        assertThat(delivery(notice)).isEqualTo("deliver");
    }

    @Test
    void nothing_is_done_when_the_notice_cannot_be_stored() {
        Map<String, Object> broken = deleting(ann);
        broken.put("job", "{not json");

        assertThatThrownBy(() -> sql.row("user/delete.sql", broken)).hasStackTraceContaining("json");

        assertThat(sql.text("SELECT count(*) FROM users WHERE deleted_at IS NULL")).isEqualTo("2");
    }

    @Test
    void the_last_administrator_stays_and_one_of_two_may_go() {
        UUID admin = user("admin@example.com", "ADMIN");
        assertThat(delete(admin)).containsEntry("problem", "LAST_ADMIN").containsEntry("answer", null);

        UUID inactive = user("inactive@example.com", "ADMIN");
        sql.execute("UPDATE users SET is_active = false WHERE id = ?", inactive);
        assertThat(delete(admin)).containsEntry("problem", "LAST_ADMIN");
        assertThat(sql.text("SELECT count(*) FROM mails")).isEqualTo("0");

        sql.execute("UPDATE users SET is_active = true WHERE id = ?", inactive);
        assertThat(delete(admin)).containsEntry("problem", null);
        assertThat(delete(inactive)).containsEntry("problem", "LAST_ADMIN");
    }

    @Test
    void an_administrator_who_waits_for_another_to_leave_stays() {
        UUID first = user("a@example.com", "ADMIN");
        UUID second = user("b@example.com", "ADMIN");

        Map<String, Object> late = sql.whileWaitingFor(
                "UPDATE users SET deleted_at = created_at, is_active = false WHERE id = ?", first, () -> delete(second));

        assertThat(late).containsEntry("problem", "LAST_ADMIN");
    }

    @Test
    void a_session_that_begins_in_this_moment_ends_too() {
        sql.whileWaitingFor("WITH owner AS (SELECT id, created_at FROM users WHERE id = ? FOR SHARE)"
                + " INSERT INTO sessions (user_id, remember, created_at, last_used_at, expires_at)"
                + " SELECT id, false, created_at, created_at, created_at + interval '1 day' FROM owner", ann, () -> delete(ann));

        assertThat(sql.text("SELECT count(ended_at) || ' of ' || count(*) FROM sessions")).isEqualTo("1 of 1");
    }

    @Test
    void of_administrators_who_leave_at_once_one_stays() {
        List<UUID> admins = List.of(user("a@example.com", "ADMIN"), user("b@example.com", "ADMIN"), user("c@example.com", "ADMIN"));
        AtomicInteger next = new AtomicInteger();

        List<Object> problems = StatementRunner.inParallel(
                3, () -> String.valueOf(delete(admins.get(next.getAndIncrement())).get("problem")));

        assertThat(problems).containsExactlyInAnyOrder("null", "null", "LAST_ADMIN");
    }

    private static UUID user(String email, String role) {
        UUID id = UUID.randomUUID();
        sql.execute("INSERT INTO users (id, email, password_hash, role, is_active, verified_at, created_at, updated_at)"
                + " VALUES (?, ?, 'h', ?, true, ?, ?, ?)", id, email, role, NOW, NOW, NOW);
        return id;
    }

    private static void session(UUID user) {
        sql.execute("INSERT INTO sessions (user_id, remember, created_at, last_used_at, expires_at) VALUES (?, false, ?, ?, ?)",
                user, NOW, NOW, NOW.plusDays(1));
    }

    private static UUID mail(UUID user, String status) {
        UUID id = UUID.randomUUID();
        boolean queued = status.equals("queued");
        sql.execute("INSERT INTO mails (id, user_id, purpose, job, status, created_at, updated_at, relay_at, published_at)"
                + " VALUES (?, ?, 'notice', CAST(? AS json), ?, ?, ?, ?, CAST(? AS timestamptz))",
                id, user, queued ? "{}" : null, status, NOW, NOW, NOW.plusSeconds(5), queued ? null : NOW.toString());
        return id;
    }

    private static Map<String, Object> deleting(UUID user) {
        Map<String, Object> variables = new HashMap<>();
        variables.put("caller_id", user);
        variables.put("actor", user.toString());
        variables.put("remote_address", "192.0.2.1");
        variables.put("traceparent", "00-trace");
        variables.put("job", "{\"n\":1}");
        variables.put("relay_delay", "5s");
        variables.put("now", LATER);
        return variables;
    }

    private static Map<String, Object> delete(UUID user) {
        return sql.row("user/delete.sql", deleting(user));
    }

    private static Object delivery(UUID mail) {
        return sql.row("mail/find-delivery.sql", Map.of("mail_id", mail, "now", LATER)).get("outcome");
    }

    private static String state(UUID mail) {
        return sql.text("SELECT concat_ws(' ', status, coalesce(job::text, '-'), coalesce(rfc3339(relay_at), '-')) FROM mails WHERE id = ?",
                mail);
    }
}
