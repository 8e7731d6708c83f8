package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UserImportSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final String ANN = "7a4c1d2e-0000-4000-8000-000000000001";
    private static final String BOB = "7a4c1d2e-0000-4000-8000-000000000002";

    @Test
    void a_user_is_created_as_the_export_has_it() {
        assertThat(load(user(2, ANN, "Ann@Example.com", """
                "full_name":"Nguyễn \\"Ann\\"","role":"ADMIN","is_active":true,"created_at":"2024-05-06T07:08:09.123456+07:00",\
                "updated_at":"2024-06-06T00:00:00Z"}"""))).containsExactly("2 imported");

        assertThat(sql.text("SELECT concat_ws('|', id, email, password_hash, full_name, role, is_active, rfc3339(created_at),"
                + " rfc3339(updated_at), rfc3339(verified_at), deleted_at) FROM users")).isEqualTo(ANN + "|Ann@Example.com|hash of"
                + " Ann@Example.com|Nguyễn \"Ann\"|ADMIN|t|2024-05-06T00:08:09.123Z|2024-06-06T00:00:00.000Z|2024-06-06T00:00:00.000Z");
    }

    @Test
    void who_is_not_active_has_still_to_prove_the_address() {
        load(user(2, ANN, "ann@example.com", "}"));

        assertThat(sql.text("SELECT is_active OR verified_at IS NOT NULL FROM users")).isEqualTo("f");
    }

    @Test
    void times_the_export_does_not_have_are_the_ones_before_or_now() {
        load(user(2, ANN, "ann@example.com", "}"), user(3, BOB, "bob@example.com", "\"created_at\":\"2024-05-06T00:00:00Z\"}"));

        assertThat(sql.text("SELECT string_agg(rfc3339(created_at) || ' ' || rfc3339(updated_at), ',' ORDER BY email) FROM users"))
                .isEqualTo("2026-11-23T09:00:00.000Z 2026-11-23T09:00:00.000Z,2024-05-06T00:00:00.000Z 2024-05-06T00:00:00.000Z");
    }

    @Test
    void a_second_import_of_the_same_finds_everybody_there_and_changes_nothing() {
        load(user(2, ANN, "ann@example.com", "}"));
        sql.execute("UPDATE users SET password_hash = 'newer', email = 'ann@new.example.com'");

        assertThat(load(user(2, ANN, "ann@example.com", "}"), user(3, BOB, "bob@example.com", "}")))
                .containsExactly("2 present", "3 imported");

        assertThat(sql.text("SELECT password_hash FROM users WHERE id = CAST(? AS uuid)", ANN)).isEqualTo("newer");
    }

    @Test
    void the_address_of_a_living_user_is_taken_whatever_its_case_and_that_of_a_deleted_one_is_not() {
        sql.execute("INSERT INTO users (email, password_hash, created_at, updated_at, deleted_at)"
                + " VALUES ('Ann@example.com', 'h', ?, ?, NULL), ('bob@example.com', 'h', ?, ?, ?)", NOW, NOW, NOW, NOW, NOW);

        assertThat(load(user(2, ANN, "ann@EXAMPLE.com", "}"), user(3, BOB, "bob@example.com", "}")))
                .containsExactly("2 taken", "3 imported");
    }

    @Test
    void a_deleted_user_is_imported_beside_a_living_one_with_the_address() {
        assertThat(load(user(2, ANN, "ann@example.com", "}"), user(3, BOB, "ann@example.com", "\"deleted_at\":\"2024-05-06T00:00:00Z\"}")))
                .containsExactly("2 imported", "3 imported");
    }

    @Test
    void a_dry_run_says_the_same_and_changes_nothing() {
        sql.execute("INSERT INTO users (email, password_hash, created_at, updated_at) VALUES ('ann@example.com', 'h', ?, ?)", NOW, NOW);
        String[] users = {user(2, ANN, "ann@example.com", "}"), user(3, BOB, "bob@example.com", "}")};

        assertThat(load(true, users)).containsExactly("2 taken", "3 imported");

        assertThat(sql.text("SELECT count(*) FROM users")).isEqualTo("1");
        assertThat(sql.text("SELECT count(*) FROM audit_events")).isEqualTo("0");
    }

    @Test
    void what_was_created_is_noted_and_a_batch_that_creates_nothing_is_not() {
        load(user(2, ANN, "ann@example.com", "\"role\":\"ADMIN\"}"), user(7, BOB, "bob@example.com", "}"));
        load(user(2, ANN, "ann@example.com", "}"));

        assertThat(sql.text("SELECT string_agg(concat_ws('|', actor, action, subject, address, details), ',') FROM audit_events"))
                .isEqualTo("cli:root|users-import|an id|"
                        + "{\"file\": \"users.csv\", \"admins\": 1, \"imported\": 2, \"last_line\": 7, \"first_line\": 2}");
    }

    @Test
    void of_two_imports_at_once_each_user_is_created_by_one() {
        List<List<String>> outcomes =
                StatementRunner.inParallel(10, () -> load(user(2, ANN, "ann@example.com", "}"), user(3, BOB, "bob@example.com", "}")));

        assertThat(outcomes.stream().flatMap(List::stream).filter("2 imported"::equals)).hasSize(1);
        assertThat(sql.text("SELECT count(*) FROM users")).isEqualTo("2");
    }

    private static List<String> load(String... users) {
        return load(false, users);
    }

    private static List<String> load(boolean dryRun, String... users) {
        List<Map<String, Object>> rows = sql.rows("user/import.sql", Map.of("rows", "[" + String.join(",", users) + "]", "now", NOW,
                "dry_run", dryRun, "actor", "cli:root", "import_id", "an id", "file", "users.csv"));
        return rows.stream().map(row -> row.get("line") + " " + row.get("outcome")).toList();
    }

    private static String user(long line, String id, String email, String more) {
        String role = more.contains("\"role\"") ? "" : ",\"role\":\"USER\"";
        String active = more.contains("\"is_active\"") ? "" : ",\"is_active\":false";
        return "{\"line\":" + line + ",\"id\":\"" + id + "\",\"email\":\"" + email + "\",\"password_hash\":\"hash of " + email + '"' + role
                + active + (more.equals("}") ? "" : ",") + more;
    }
}
