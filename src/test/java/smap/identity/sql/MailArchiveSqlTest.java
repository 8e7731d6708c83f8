package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import smap.identity.mail.EmailData;

class MailArchiveSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final byte[] JOB = "{\"Subject\":\"Hóa đơn\"}\0".getBytes(StandardCharsets.UTF_8);

    @Test
    void a_job_is_stored_with_what_it_is_found_by() {
        UUID id = UUID.randomUUID();

        assertThat(store(job(id.toString(), "ann@example.com", "Hóa đơn", JOB, NOW))).isOne();

        assertThat(archived()).isEqualTo(id + ",invoice,ann@example.com,Hóa đơn,2026-11-23T09:00:00.000Z");
        assertThat(sql.text("SELECT convert_from(substr(job, 1, octet_length(job) - 1), 'UTF8') || get_byte(job, octet_length(job) - 1)"
                + " FROM mail_archive")).isEqualTo("{\"Subject\":\"Hóa đơn\"}0");
    }

    @Test
    void a_job_that_comes_again_is_stored_once_and_as_it_came_first() {
        String id = UUID.randomUUID().toString();
        store(job(id, "ann@example.com", "first", JOB, NOW));

        assertThat(store(job(id, "eve@example.com", "second", JOB, NOW.plusHours(1)))).isZero();

        assertThat(archived()).isEqualTo(id + ",invoice,ann@example.com,first,2026-11-23T09:00:00.000Z");
    }

    @Test
    void of_parallel_copies_one_is_stored_and_none_fails() {
        String id = UUID.randomUUID().toString();

        List<Integer> stored = StatementRunner.inParallel(10, () -> store(job(id, "ann@example.com", "S", JOB, NOW)));

        assertThat(stored).containsOnlyOnce(1).allMatch(count -> count <= 1);
        assertThat(sql.text("SELECT count(*) FROM mail_archive")).isEqualTo("1");
    }

    @Test
    void what_is_not_known_or_not_to_be_kept_is_left_out() {
        String id = UUID.randomUUID().toString();

        store(job(id, null, null, null, NOW));

        assertThat(archived()).isEqualTo(id + ",invoice,NULL,NULL,2026-11-23T09:00:00.000Z");
        assertThat(sql.text("SELECT job IS NULL FROM mail_archive")).isEqualTo("t");
    }

    @Test
    void a_subject_of_half_a_character_is_no_reason_to_hand_the_job_out_for_ever() {
        String id = UUID.randomUUID().toString();

        store(job(id, "ann@example.com", "S\ud800", JOB, NOW));

        assertThat(archived()).startsWith(id + ",invoice,ann@example.com,S");
    }

    private static int store(Map<String, Object> job) {
        return sql.change("mail-archive/store.sql", job);
    }

    private static Map<String, Object> job(String id, String recipient, String subject, byte[] job, OffsetDateTime now) {
        Map<String, Object> variables = new HashMap<>();
        variables.put("mail_id", id);
        variables.put("purpose", "invoice");
        if (recipient != null) {
            variables.put("mail", new EmailData("S", recipient, "B", null, null, null, null, null));
        }
        variables.put("subject", subject);
        variables.put("job", job);
        variables.put("now", now);
        return variables;
    }

    private static String archived() {
        return sql.text("SELECT concat_ws(',', id, purpose, coalesce(recipient, 'NULL'), coalesce(subject, 'NULL'), rfc3339(archived_at))"
                + " FROM mail_archive");
    }
}
