package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes when it was kept long enough, and what has to stay. Everything here is kept a day. */
class PurgeSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final OffsetDateTime OLD = NOW.minusDays(1);
    private static final OffsetDateTime YOUNG = OLD.plusNanos(1_000);
    private static final int BATCH = 100;

    // ---- mails

    @ParameterizedTest
    @CsvSource({"sent,true", "expired,true", "superseded,true", "cancelled,true",
        "unknown,true", "dead,true", "published,false", "queued,false"})
    void a_mail_that_has_come_to_an_end_goes_and_no_other(String status, boolean goes) {
        mail(status, OLD.minusYears(1), OLD);

        assertThat(purgeMails()).isEqualTo(goes ? 1 : 0);
        assertThat(count("mails")).isEqualTo(goes ? 0 : 1);
    }

    @Test
    void a_mail_is_kept_from_its_last_change_on() {
        UUID changed = mail("sent", OLD.minusYears(1), YOUNG);
        mail("sent", OLD, OLD);

        assertThat(purgeMails()).isEqualTo(1);

        assertThat(sql.text("SELECT id FROM mails")).isEqualTo(changed.toString());
    }

    @Test
    void the_oldest_mails_go_first_and_no_more_than_asked_for_at_once() {
        for (int i = 0; i < 5; i++) {
            mail("sent", OLD.minusHours(i), OLD);
        }

        assertThat(purgeMails(2)).isEqualTo(2);
        assertThat(sql.text("SELECT rfc3339(min(created_at)) FROM mails")).isEqualTo("2026-11-22T07:00:00.000Z");
        assertThat(purgeMails(2)).isEqualTo(2);
        assertThat(purgeMails(2)).isEqualTo(1);
        assertThat(purgeMails(2)).isZero();
    }

    @Test
    void the_attempts_of_a_mail_go_with_it_and_those_of_others_stay() {
        attempt(mail("sent", OLD, OLD));
        UUID young = mail("sent", YOUNG, YOUNG);
        attempt(young);

        assertThat(purgeMails()).isEqualTo(1);

        assertThat(sql.text("SELECT string_agg(mail_id::text, ',') FROM mail_attempts")).isEqualTo(young.toString());
    }

    @ParameterizedTest
    @CsvSource({"dead,false", "replaying,false", "replayed,true", "discarded,true"})
    void a_dead_letter_that_may_still_be_replayed_keeps_its_mail_and_any_other_goes_with_it(String status, boolean goes) {
        deadLetter(mail("dead", OLD, OLD), status, null, null);

        assertThat(purgeMails()).isEqualTo(goes ? 1 : 0);
        assertThat(count("mails")).isEqualTo(goes ? 0 : 1);
        assertThat(count("dead_letters")).isEqualTo(goes ? 0 : 1);
    }

    @Test
    void replicas_share_the_mails_and_wait_for_nobody() {
        for (int i = 0; i < 100; i++) {
            mail("sent", OLD.minusSeconds(i), OLD);
        }

        List<Long> purged = new ArrayList<>();
        while (count("mails") > 0) {
            purged.addAll(StatementRunner.inParallel(5, () -> purgeMails(7)));
        }

        assertThat(purged.stream().mapToLong(Long::longValue).sum()).isEqualTo(100);
        assertThat(purged).allMatch(batch -> batch <= 7);
    }

    @Test
    void a_mail_somebody_is_at_is_passed_over_and_not_waited_for() {
        UUID held = mail("sent", OLD.minusHours(1), OLD);
        mail("sent", OLD, OLD);

        sql.whileHeld("SELECT id FROM mails WHERE id = ? FOR UPDATE", held, () -> assertThat(purgeMails()).isEqualTo(1));

        assertThat(sql.text("SELECT id FROM mails")).isEqualTo(held.toString());
    }

    // ---- codes

    @Test
    void a_code_keeps_its_mail_until_the_code_is_purged() {
        UUID mail = mail("sent", OLD, OLD);
        code(mail, OLD, OLD.plusMinutes(5), null, OLD);

        assertThat(purgeMails()).isZero();
        assertThat(purgeCodes()).isEqualTo(1);
        assertThat(purgeMails()).isEqualTo(1);

        assertThat(count("one_time_codes")).isZero();
        assertThat(count("users")).isEqualTo(1);
    }

    @Test
    void a_code_goes_once_it_has_expired_or_was_used() {
        code(mail("sent", OLD, OLD), OLD, NOW.plusNanos(1_000), null, OLD);
        assertThat(purgeCodes()).isZero();

        sql.execute("UPDATE one_time_codes SET expires_at = ?", NOW);
        assertThat(purgeCodes()).isEqualTo(1);

        code(mail("sent", OLD, OLD), OLD, NOW.plusDays(1), OLD.plusMinutes(1), OLD);
        assertThat(purgeCodes()).isEqualTo(1);
    }

    @Test
    void a_code_whose_mail_stays_stays() {
        code(mail("published", OLD, OLD), OLD, OLD.plusMinutes(5), null, OLD);
        code(mail("queued", OLD, OLD), OLD, OLD.plusMinutes(5), null, OLD);
        code(mail("sent", OLD, YOUNG), OLD, OLD.plusMinutes(5), null, OLD);

        assertThat(purgeCodes()).isZero();
        assertThat(count("one_time_codes")).isEqualTo(3);
    }

    @Test
    void a_short_retention_ends_no_cool_down_and_no_hourly_budget() {
        OffsetDateTime issued = NOW.minusMinutes(30);
        code(mail("sent", issued, issued), issued, issued.plusMinutes(5), null, issued);

        assertThat(purgeCodes(NOW, "1m", "60s")).as("the hour is not over").isZero();
        assertThat(purgeCodes(issued.plusMinutes(60), "1m", "61m")).as("the cool-down is not over").isZero();
        assertThat(purgeCodes(issued.plusMinutes(60), "1m", "60m")).isEqualTo(1);
    }

    @Test
    void no_more_codes_go_than_asked_for_at_once_and_those_somebody_is_at_are_passed_over() {
        UUID held = code(mail("sent", OLD, OLD), OLD, OLD.plusMinutes(5), null, OLD);
        for (int i = 0; i < 3; i++) {
            code(mail("sent", OLD, OLD), OLD, OLD.plusMinutes(5), null, OLD);
        }

        sql.whileHeld("SELECT user_id FROM one_time_codes WHERE user_id = ? FOR UPDATE", held, () -> {
            assertThat(purgeCodes(2)).isEqualTo(2);
            assertThat(purgeCodes(2)).isEqualTo(1);
            assertThat(purgeCodes(2)).isZero();
        });

        assertThat(sql.text("SELECT user_id FROM one_time_codes")).isEqualTo(held.toString());
    }

    // ---- archived jobs, runs of replays

    @Test
    void an_archived_job_goes_when_it_was_kept_long_enough_oldest_first() {
        for (OffsetDateTime archived : List.of(YOUNG, OLD, OLD.minusDays(2), OLD.minusDays(1))) {
            sql.execute("INSERT INTO mail_archive (id, purpose, archived_at) VALUES (?, 'p', ?)", UUID.randomUUID(), archived);
        }

        assertThat(purgeArchive(2)).isEqualTo(2);
        assertThat(sql.text("SELECT rfc3339(min(archived_at)) FROM mail_archive")).isEqualTo("2026-11-22T09:00:00.000Z");
        assertThat(purgeArchive(2)).isEqualTo(1);
        assertThat(purgeArchive(2)).isZero();
        assertThat(count("mail_archive")).isEqualTo(1);
    }

    @Test
    void a_run_of_replays_goes_when_it_is_finished_and_was_kept_long_enough() {
        UUID unfinished = replay(null);
        UUID young = replay(YOUNG);
        replay(OLD);
        replay(OLD.minusDays(1));

        assertThat(purgeReplays(1)).isEqualTo(1);
        assertThat(purgeReplays(BATCH)).isEqualTo(1);
        assertThat(purgeReplays(BATCH)).isZero();

        assertThat(sql.text("SELECT count(*) FROM dead_letter_replays WHERE id IN (?, ?)", unfinished, young)).isEqualTo("2");
    }

    // ---- bodies of dead letters

    @ParameterizedTest
    @ValueSource(strings = {"dead", "replaying", "replayed", "discarded"})
    void the_body_of_a_dead_letter_is_forgotten_when_its_code_dies(String status) {
        UUID dying = deadLetter(mail("dead", OLD, OLD), status, NOW, "123456");
        UUID alive = deadLetter(mail("dead", OLD, OLD), status, NOW.plusNanos(1_000), "123456");
        UUID endless = deadLetter(mail("dead", OLD, OLD), status, null, "Hello");

        assertThat(forget()).isEqualTo(1);
        assertThat(forget()).as("once").isZero();

        assertThat(body(dying)).isEqualTo("NULL,6," + status + ",2026-11-23T09:00:00.000Z");
        assertThat(body(alive)).isEqualTo("123456,6," + status + ",2026-11-22T09:00:00.000Z");
        assertThat(body(endless)).isEqualTo("Hello,5," + status + ",2026-11-22T09:00:00.000Z");
    }

    @Test
    void a_dead_letter_somebody_is_at_is_forgotten_the_next_time() {
        UUID held = deadLetter(mail("dead", OLD, OLD), "dead", NOW, "123456");

        sql.whileHeld("SELECT id FROM dead_letters WHERE id = ? FOR UPDATE", held, () -> assertThat(forget()).isZero());

        assertThat(forget()).isEqualTo(1);
    }

    private static long purgeMails() {
        return purgeMails(BATCH);
    }

    private static long purgeMails(int batch) {
        return purge("mail/purge.sql", Map.of("now", NOW, "mail_retention", "1d", "batch", String.valueOf(batch)));
    }

    private static long purgeCodes() {
        return purgeCodes(BATCH);
    }

    private static long purgeCodes(int batch) {
        return purge("one-time-code/purge.sql",
                Map.of("now", NOW, "mail_retention", "1d", "otp_cooldown", "60s", "batch", String.valueOf(batch)));
    }

    private static long purgeCodes(OffsetDateTime now, String retention, String cooldown) {
        return purge("one-time-code/purge.sql",
                Map.of("now", now, "mail_retention", retention, "otp_cooldown", cooldown, "batch", String.valueOf(BATCH)));
    }

    private static long purgeArchive(int batch) {
        return purge("mail-archive/purge.sql", Map.of("now", NOW, "backup_retention", "1d", "batch", String.valueOf(batch)));
    }

    private static long purgeReplays(int batch) {
        return purge("dead-letter-replay/purge.sql", Map.of("now", NOW, "mail_retention", "1d", "batch", String.valueOf(batch)));
    }

    private static long purge(String file, Map<String, ?> variables) {
        return (Long) sql.one(file, variables);
    }

    private static int forget() {
        return sql.change("dead-letter/forget-codes.sql", Map.of("now", NOW));
    }

    private static UUID mail(String status, OffsetDateTime created, OffsetDateTime updated) {
        UUID id = UUID.randomUUID();
        sql.execute("""
                INSERT INTO mails (id, purpose, job, status, created_at, relay_at, published_at, updated_at)
                VALUES (?, 'p', CASE WHEN ? = 'queued' THEN CAST('{}' AS json) END, ?, ?, ?,
                        CASE WHEN ? <> 'queued' THEN CAST(? AS timestamptz) END, ?)""",
                id, status, status, created, created, status, created.toString(), updated);
        return id;
    }

    private static void attempt(UUID mail) {
        sql.execute("INSERT INTO mail_attempts (mail_id, at, outcome, tries) VALUES (?, ?, 'sent', 1)", mail, OLD);
    }

    private static UUID deadLetter(UUID mail, String status, OffsetDateTime expires, String body) {
        sql.execute("""
                INSERT INTO dead_letters (id, purpose, reason, attempts, job, job_bytes, expires_at, status, created_at, updated_at)
                VALUES (?, 'p', 'permanent', 1, convert_to(CAST(? AS text), 'UTF8'), ?, CAST(? AS timestamptz), ?, ?, ?)""",
                mail, body, body == null ? 0 : body.length(), expires == null ? null : expires.toString(), status, OLD, OLD);
        return mail;
    }

    /** Of a new user; returns that user's id. */
    private static UUID code(UUID mail, OffsetDateTime issued, OffsetDateTime expires, OffsetDateTime consumed, OffsetDateTime hour) {
        UUID user = UUID.randomUUID();
        sql.execute("INSERT INTO users (id, email, password_hash, created_at, updated_at) VALUES (?, ?, 'h', ?, ?)",
                user, user + "@example.com", issued, issued);
        sql.execute("""
                INSERT INTO one_time_codes (user_id, purpose, code_hmac, mail_id, issued_at, expires_at, consumed_at, hour_started_at)
                VALUES (?, 'p', 'h', ?, ?, ?, CAST(? AS timestamptz), ?)""",
                user, mail, issued, expires, consumed == null ? null : consumed.toString(), hour);
        return user;
    }

    private static UUID replay(OffsetDateTime finished) {
        UUID id = UUID.randomUUID();
        sql.execute("""
                INSERT INTO dead_letter_replays (id, created_by, filter, rate, total, next_at, created_at, finished_at)
                VALUES (?, 'ann', '{}', 1, 1, ?, ?, CAST(? AS timestamptz))""",
                id, OLD, OLD, finished == null ? null : finished.toString());
        return id;
    }

    private static String body(UUID deadLetter) {
        return sql.text("SELECT concat_ws(',', coalesce(convert_from(job, 'UTF8'), 'NULL'), job_bytes, status, rfc3339(updated_at))"
                + " FROM dead_letters WHERE id = ?", deadLetter);
    }

    private static int count(String table) {
        return Integer.parseInt(sql.text("SELECT count(*) FROM " + table));
    }
}
