package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import smap.identity.mail.EmailData;

class DeadLetterRecordSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final byte[] JOB = "{\"Subject\":\"Grüße\0".getBytes(StandardCharsets.UTF_8);

    private final UUID id = UUID.randomUUID();

    @Test
    void a_dead_letter_is_kept_as_it_came_with_why_and_when() {
        record("permanent", 1, Map.of());

        assertThat(sql.text("""
                SELECT concat_ws(' ', purpose, recipient, reason, phase, reply, attempts, rfc3339(first_attempt_at),
                    rfc3339(last_attempt_at), job_bytes, rfc3339(expires_at), status, replays, rfc3339(created_at))
                FROM dead_letters WHERE id = ? AND job = ?""", id, JOB)).isEqualTo("verification ann@example.com permanent RCPT 550 no 1"
                + " 2026-11-23T08:00:00.000Z 2026-11-23T08:59:00.000Z " + JOB.length + " 2026-11-23T10:00:00.000Z dead 0"
                + " 2026-11-23T09:00:00.000Z");
        assertThat(mail()).isEqualTo("dead 1 550 no");
        assertThat(attempts()).isEqualTo("permanent 1 RCPT 550 no");
    }

    @Test
    void an_unreadable_job_has_no_recipient_and_no_attempt() {
        record("unreadable", 0, Map.of());

        assertThat(sql.text("SELECT concat_ws(' ', reason, attempts, coalesce(recipient, 'nobody'), "
                + "coalesce(rfc3339(last_attempt_at), 'never')) FROM dead_letters")).isEqualTo("unreadable 0 nobody never");
        assertThat(mail()).isEqualTo("dead 0 550 no");
        assertThat(attempts()).isNull();
    }

    @Test
    void a_mail_that_may_have_been_taken_is_not_called_dead() {
        record("unknown", 1, Map.of());

        assertThat(mail()).isEqualTo("unknown 1 550 no");
        assertThat(attempts()).isEqualTo("unknown 1 RCPT 550 no");
    }

    @Test
    void one_told_twice_is_one_and_counts_once() {
        record("exhausted", 3, Map.of());
        record("exhausted", 3, Map.of("now", NOW.plusSeconds(9)));

        assertThat(sql.text("SELECT count(*) || ' ' || max(attempts) FROM dead_letters")).isEqualTo("1 1");
        assertThat(mail()).isEqualTo("dead 1 550 no");
        assertThat(attempts()).isEqualTo("temporary 3 RCPT 550 no");
    }

    @Test
    void one_told_again_after_it_was_discarded_stays_discarded() {
        record("exhausted", 3, Map.of());
        sql.execute("UPDATE dead_letters SET status = 'discarded', job = NULL, recipient = 'other@example.com'");

        record("exhausted", 3, Map.of("now", NOW.plusSeconds(9)));

        assertThat(sql.text("SELECT concat_ws(' ', status, recipient, coalesce(job::text, 'no job')) FROM dead_letters"))
                .isEqualTo("discarded other@example.com no job");
    }

    @Test
    void one_that_was_replayed_and_dies_again_is_the_same_with_its_earlier_attempts() {
        record("exhausted", 3, Map.of());
        sql.execute("UPDATE dead_letters SET status = 'replayed', job = NULL, replays = 1, replay_id = gen_random_uuid()");

        record("permanent", 1, Map.of("last_attempt_at", NOW.plusHours(1), "first_attempt_at", NOW.plusHours(1)));

        assertThat(sql.text("SELECT concat_ws(' ', status, reason, attempts, replays, rfc3339(first_attempt_at), rfc3339(last_attempt_at),"
                + " coalesce(replay_id::text, '-'), job_bytes) FROM dead_letters WHERE job = ?", JOB))
                .isEqualTo("dead permanent 2 1 2026-11-23T08:00:00.000Z 2026-11-23T10:00:00.000Z - " + JOB.length);
    }

    @Test
    void a_mail_that_was_sent_stays_sent() {
        sql.execute("INSERT INTO mails (id, purpose, status, created_at, published_at, updated_at) VALUES (?, 'p', 'sent', ?, ?, ?)",
                id, NOW, NOW, NOW);

        record("exhausted", 3, Map.of());

        assertThat(mail()).isEqualTo("sent 0");
    }

    private void record(String reason, int tries, Map<String, Object> changes) {
        Map<String, Object> variables = new HashMap<>();
        variables.put("mail_id", id.toString());
        variables.put("purpose", "verification");
        variables.put("reason", reason);
        variables.put("phase", "RCPT");
        variables.put("reply", "550 no");
        variables.put("tries", tries);
        variables.put("first_attempt_at", NOW.minusHours(1));
        variables.put("last_attempt_at", NOW.minusMinutes(1));
        variables.put("expires_at", NOW.plusHours(1));
        variables.put("traceparent", null);
        variables.put("job", JOB);
        variables.put("now", NOW);
        if (!"unreadable".equals(reason)) {
            variables.put("mail", new EmailData("S", "ann@example.com", "B", null, null, null, null, null));
        }
        variables.putAll(changes);
        sql.change("dead-letter/record.sql", variables);
    }

    private String mail() {
        return sql.text("SELECT concat_ws(' ', status, attempts, last_reply) FROM mails WHERE id = ?", id);
    }

    private String attempts() {
        return sql.text("SELECT string_agg(concat_ws(' ', outcome, tries, phase, reply), ',' ORDER BY id) FROM mail_attempts"
                + " WHERE mail_id = ?", id);
    }
}
