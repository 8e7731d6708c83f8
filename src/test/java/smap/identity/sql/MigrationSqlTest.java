package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.database.SchemaMigration;
import smap.identity.support.PostgresServer;
import smap.identity.support.TestDatabase;

class MigrationSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");

    @Test
    void an_empty_database_is_migrated_once_and_each_step_is_recorded(PostgresServer server) {
        TestDatabase empty = server.newEmptyDatabase();
        SchemaMigration migration = new SchemaMigration(empty.dataSource());

        migration.migrate();
        migration.migrate();

        try (StatementRunner migrated = new StatementRunner(empty)) {
            assertThat(migrated.text("SELECT string_agg(version || ' ' || description, ', ' ORDER BY installed_rank)"
                    + " FROM flyway_schema_history WHERE success")).startsWith("001 users, 002 mails, 003 one time codes");
            assertThat(migrated.text("SELECT count(*) FROM flyway_schema_history WHERE NOT success")).isEqualTo("0");
        }
    }

    @Test
    void replicas_that_start_together_do_not_stumble_over_one_another(PostgresServer server) {
        TestDatabase empty = server.newEmptyDatabase();

        List<Boolean> migrated = StatementRunner.inParallel(3, () -> {
            new SchemaMigration(empty.dataSource()).migrate();
            return true;
        });

        assertThat(migrated).containsExactly(true, true, true);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            2026-11-23 09:05:00+00          | 2026-11-23T09:05:00.000Z
            2026-11-23 16:05:00.1239+07     | 2026-11-23T09:05:00.123Z
            2026-12-31 23:59:59.9999999-01  | 2027-01-01T01:00:00.000Z
            0099-01-01 00:00:00+00          | 0099-01-01T00:00:00.000Z""")
    void a_time_is_written_as_rfc_3339_in_utc(String moment, String expected) {
        assertThat(sql.text("SELECT rfc3339(CAST(? AS timestamptz))", moment)).isEqualTo(expected);
    }

    @Test
    void no_time_is_written_as_null() {
        assertThat(sql.text("SELECT rfc3339(NULL) IS NULL")).isEqualTo("t");
    }

    @Test
    void success_wraps_what_was_asked_for() {
        assertThat(sql.text("SELECT success('{\"a\":[1,null]}')"))
                .isEqualTo("{\"error_code\" : 0, \"message\" : \"Success\", \"data\" : {\"a\":[1,null]}}");
        assertThat(sql.text("SELECT success(NULL)")).isEqualTo("{\"error_code\" : 0, \"message\" : \"Success\", \"data\" : null}");
    }

    @Test
    void a_user_is_shown_with_these_fields_and_never_with_the_hash() {
        UUID id = UUID.randomUUID();
        sql.execute("INSERT INTO users (id, email, password_hash, full_name, created_at, updated_at, deleted_at)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?)",
                id, "ann@example.com", "secret", "Ann", NOW, NOW.plusSeconds(1), NOW);

        assertThat(sql.text("SELECT user_json(u) FROM users u")).isEqualTo("""
                {"id" : "%s", "email" : "ann@example.com", "full_name" : "Ann", "role" : "USER", "is_active" : false, \
                "created_at" : "2026-11-23T09:00:00.000Z", "updated_at" : "2026-11-23T09:00:01.000Z"}""".formatted(id));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "ann", "@example.com", "ann@", "a nn@example.com", "ann@exam ple.com", "ann@a@b", "ann@example.com\n"})
    void an_address_that_is_none_is_refused(String email) {
        assertRefused("users_email_check", () -> insertUser(email));
    }

    @Test
    void a_role_nobody_has_heard_of_is_refused() {
        insertUser("ann@example.com");

        sql.execute("UPDATE users SET role = 'ADMIN'");
        assertRefused("users_role_check", () -> sql.execute("UPDATE users SET role = 'ROOT'"));
    }

    @Test
    void a_second_living_user_with_an_address_is_refused_by_the_table_itself() {
        insertUser("ann@example.com");

        assertRefused("users_email_key", () -> insertUser("ANN@example.com"));
    }

    @Test
    void a_mail_that_is_owed_has_a_job_and_a_time_for_the_relay() {
        assertRefused("mails_check", () -> insertMail("queued", null, NOW, null));
        assertRefused("mails_check", () -> insertMail("queued", "{}", null, null));
        insertMail("queued", "{}", NOW, null);
        insertMail("sent", null, null, NOW);
    }

    @Test
    void a_mail_that_is_cancelled_needs_neither() {
        insertMail("cancelled", null, null, null);

        assertRefused("mails_check", () -> sql.execute("UPDATE mails SET status = 'expired'"));
    }

    @Test
    void nobody_is_active_and_deactivated() {
        UUID user = insertUser("ann@example.com");
        sql.execute("UPDATE users SET is_active = true WHERE id = ?", user);

        assertRefused("users_active_check", () -> sql.execute("UPDATE users SET deactivated_at = ? WHERE id = ?", NOW, user));
    }

    @Test
    void a_mail_has_a_known_status_and_no_negative_attempts() {
        insertMail("queued", "{}", NOW, null);

        assertRefused("mails_status_check", () -> sql.execute("UPDATE mails SET status = 'lost'"));
        assertRefused("mails_attempts_check", () -> sql.execute("UPDATE mails SET attempts = -1"));
    }

    @Test
    void a_code_belongs_to_a_user_and_a_mail_and_expires_after_it_was_issued() {
        UUID user = insertUser("ann@example.com");
        UUID mail = insertMail("queued", "{}", NOW, null);

        assertRefused("one_time_codes_user_id_fkey", () -> insertCode(UUID.randomUUID(), mail, NOW.plusMinutes(5)));
        assertRefused("one_time_codes_mail_id_fkey", () -> insertCode(user, UUID.randomUUID(), NOW.plusMinutes(5)));
        assertRefused("one_time_codes_check", () -> insertCode(user, mail, NOW));
        insertCode(user, mail, NOW.plusMinutes(5));
        assertRefused("one_time_codes_pkey", () -> insertCode(user, mail, NOW.plusMinutes(5)));
    }

    private static UUID insertUser(String email) {
        UUID id = UUID.randomUUID();
        sql.execute("INSERT INTO users (id, email, password_hash, created_at, updated_at) VALUES (?, ?, 'h', ?, ?)", id, email, NOW, NOW);
        return id;
    }

    private static UUID insertMail(String status, String job, OffsetDateTime relayAt, OffsetDateTime publishedAt) {
        UUID id = UUID.randomUUID();
        sql.execute("""
                INSERT INTO mails (id, purpose, job, status, created_at, updated_at, relay_at, published_at)
                VALUES (?, 'p', CAST(? AS json), ?, ?, ?, CAST(? AS timestamptz), CAST(? AS timestamptz))""",
                id, job, status, NOW, NOW, text(relayAt), text(publishedAt));
        return id;
    }

    private static void insertCode(UUID user, UUID mail, OffsetDateTime expiresAt) {
        sql.execute("INSERT INTO one_time_codes (user_id, purpose, code_hmac, mail_id, issued_at, expires_at, hour_started_at)"
                + " VALUES (?, 'p', 'h', ?, ?, ?, ?)", user, mail, NOW, expiresAt, NOW);
    }

    private static String text(OffsetDateTime time) {
        return time == null ? null : time.toString();
    }

    private static void assertRefused(String constraint, Runnable change) {
        assertThatThrownBy(change::run).hasMessageContaining("\"" + constraint + "\"");
    }
}
