package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.OffsetDateTime;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An owner is told the same once in two hours here. */
class NoticeSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final UUID ANN = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");

    @BeforeEach
    void register() {
        sql.execute("INSERT INTO users (id, email, password_hash, created_at, updated_at) VALUES (?, 'Ann@example.com', 'h', ?, ?)",
                ANN, NOW, NOW);
    }

    @Test
    void a_notice_is_queued_for_the_owner() {
        Object id = tell("account-exists", NOW);

        assertThat(sql.text("SELECT concat_ws(',', id, user_id, purpose, recipient, job, status, traceparent, rfc3339(created_at),"
                + " rfc3339(relay_at), expires_at) FROM mails")).isEqualTo(id + "," + ANN
                + ",account-exists,Ann@example.com,{\"body\":\"b\"},queued,00-1-2-00,2026-11-23T09:00:00.000Z,2026-11-23T09:00:05.000Z");
    }

    @Test
    void the_same_is_told_again_only_after_a_while_and_something_else_at_once() {
        tell("account-exists", NOW);

        assertThat(tell("account-exists", NOW.plusHours(2).minusNanos(1_000))).isNull();
        assertThat(tell("already-verified", NOW)).isNotNull();
        assertThat(tell("account-exists", NOW.plusHours(2))).isNotNull();
        assertThat(sql.text("SELECT count(*) FROM mails")).isEqualTo("3");
    }

    @Test
    void of_many_at_once_one_is_sent() {
        assertThat(StatementRunner.inParallel(50, () -> tell("account-exists", NOW))).filteredOn(Objects::nonNull).hasSize(1);
        assertThat(StatementRunner.inParallel(50, () -> tell("account-exists", NOW.plusHours(3)))).filteredOn(Objects::nonNull).hasSize(1);
        assertThat(sql.text("SELECT count(*) FROM mails")).isEqualTo("2");
    }

    private static Object tell(String template, OffsetDateTime now) {
        return sql.one("mail/insert-notice.sql", Map.of("template", template, "user", Map.of("id", ANN, "email", "Ann@example.com"),
                "now", now, "notice_period", "2h", "relay_delay", "5s", "job", "{\"body\":\"b\"}", "traceparent", "00-1-2-00"));
    }
}
