package smap.identity.imports;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.contract.Contract;

/** Which rows of an export become users, and what is told of the others. */
class UserExportTest {

    private static final UserColumns COLUMNS = new UserColumns(Contract.read("openapi/smap-identity.yaml"));
    private static final String BCRYPT = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";
    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000001";

    private final ByteArrayOutputStream told = new ByteArrayOutputStream();
    private final List<ExportRow> rows = new ArrayList<>();

    @TempDir
    private Path directory;

    @Test
    void a_whole_row_is_taken_as_it_is() throws IOException {
        row("id", ID, "email", "Ann@Example.com", "password_hash", BCRYPT, "full_name", "Nguyễn Ann", "role", "admin", "is_active", "t",
                "created_at", "2024-05-06 07:08:09.123456+07", "updated_at", "2024-05-06T07:08:09Z", "deleted_at", "2024-05-06 07:08:09");

        assertThat(users()).containsExactly(new ImportedUser(2, UUID.fromString(ID), "Ann@Example.com", BCRYPT, "Nguyễn Ann", "ADMIN", true,
                "2024-05-06T00:08:09.123456Z", "2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z"));
        assertThat(told.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    void the_old_names_of_columns_are_taken_too_and_what_is_missing_has_a_default() throws IOException {
        row("id", "42", "username", "ann@example.com", "password", BCRYPT, "name", "Ann");

        assertThat(users()).containsExactly(new ImportedUser(2, UUID.fromString("82cf7045-55e4-3d91-930f-66a3c2f89a04"), "ann@example.com",
                BCRYPT, "Ann", "USER", false, null, null, null));
    }

    @ParameterizedTest
    @ValueSource(strings = {BCRYPT, "$2y$12$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE"})
    void hashes_that_can_be_verified_are_taken(String hash) throws IOException {
        row("id", ID, "email", "ann@example.com", "password_hash", hash);

        assertThat(users()).extracting(ImportedUser::passwordHash).containsExactly(hash);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "NONE", value = {
        "id            | NONE                          | id is required",
        "id            | 0                             | id must be a UUID or a whole number from 1",
        "id            | 7a4c1d2e-0000-4000-8000-00001 | id must be a UUID or a whole number from 1",
        "email         | NONE                          | email is required",
        "email         | ann@nowhere                   | email must be an e-mail address such as user@example.com",
        "email         | ann@example.com,bob@e.com     | email must be an e-mail address such as user@example.com",
        "password_hash | NONE                          | password_hash is required",
        "password_hash | 5f4dcc3b5aa765d61d8327deb882cf99 | password_hash must be a bcrypt hash of cost 4 to 15 or an argon2id hash "
                + "below 100 MB",
        "password_hash | $2a$31$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy | password_hash must be a bcrypt hash of cost 4 to "
                + "15 or an argon2id hash below 100 MB",
        "full_name     | 'a\tb'                        | full_name must be one line of text",
        "role          | owner                         | role must be USER or ADMIN",
        "is_active     | yes                           | is_active must be true or false",
        "created_at    | yesterday                     | created_at must be a time such as 2026-11-23T09:00:00Z or 2026-11-23 09:00:00+00",
        "deleted_at    | infinity                      | deleted_at must be a time such as 2026-11-23T09:00:00Z or 2026-11-23 09:00:00+00",
        "updated_at    | 1000-01-01T00:00:00Z          | updated_at must be a time such as 2026-11-23T09:00:00Z or 2026-11-23 09:00:00+00"
    })
    void a_row_that_cannot_be_taken_is_told_by_line_and_column(String column, String value, String reason) throws IOException {
        Map<String, String> values = new HashMap<>(Map.of("id", ID, "email", "ann@example.com", "password_hash", BCRYPT));
        if (value == null) {
            values.remove(column);
        } else {
            values.put(column, value);
        }
        rows.add(new ExportRow(7, values, null));

        assertThat(users()).isEmpty();

        assertThat(told.toString(StandardCharsets.UTF_8)).isEqualTo("line 7: " + reason + System.lineSeparator());
    }

    @Test
    void of_two_rows_with_one_id_or_address_the_first_is_taken() throws IOException {
        row("id", ID, "email", "ann@example.com", "password_hash", BCRYPT);
        row("id", ID.toUpperCase(), "email", "bob@example.com", "password_hash", BCRYPT);
        row("id", "1", "email", "ANN@Example.com", "password_hash", BCRYPT);
        row("id", "2", "email", "bob@example.com", "password_hash", BCRYPT);

        assertThat(users()).extracting(ImportedUser::line).containsExactly(2L, 5L);

        assertThat(told.toString(StandardCharsets.UTF_8).lines())
                .containsExactly("line 3: id is that of line 2", "line 4: email is that of line 2, whatever its case");
    }

    @Test
    void a_deleted_user_may_have_had_the_address_of_a_living_one() throws IOException {
        for (int i = 1; i <= 3; i++) {
            row("id", String.valueOf(i), "email", "ann@example.com", "password_hash", BCRYPT);
            if (i != 2) {
                rows.get(i - 1).values().put("deleted_at", "2024-01-01 00:00:00");
            }
        }

        assertThat(users()).hasSize(3);
    }

    @Test
    void the_report_has_every_fault_of_every_row_and_no_value() throws IOException {
        Path file = directory.resolve("refused.csv");
        try (ImportReport report = new ImportReport(new PrintStream(told, true, StandardCharsets.UTF_8), file)) {
            row("email", "secret@nowhere", "password_hash", "secret", "role", "secret");
            rows.add(new ExportRow(9, Map.of(), "must have 3 columns as the header, has 1"));
            new UserExport(rows.iterator(), COLUMNS, report).forEachRemaining(user -> {});
            assertThat(report.counts(true))
                    .isEqualTo(Map.of("dry_run", true, "read", 2L, "imported", 0L, "present", 0L, "refused", 2L));
        }

        assertThat(file).content(StandardCharsets.UTF_8).isEqualTo("""
                line,column,reason
                2,id,is required
                2,email,must be an e-mail address such as user@example.com
                2,password_hash,must be a bcrypt hash of cost 4 to 15 or an argon2id hash below 100 MB
                2,role,must be USER or ADMIN
                9,,"must have 3 columns as the header, has 1"
                """);
        assertThat(told.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    void without_a_report_twenty_refused_rows_are_told() throws IOException {
        IntStream.range(0, 30).forEach(i -> rows.add(new ExportRow(i, Map.of(), "is broken")));

        assertThat(users()).isEmpty();

        List<String> lines = told.toString(StandardCharsets.UTF_8).lines().toList();
        assertThat(lines).hasSize(21).startsWith("line 0: is broken")
                .endsWith("… further refused rows are counted, and written with --report FILE");
    }

    @Test
    void a_header_has_to_name_what_is_needed() {
        assertThat(COLUMNS.missing(List.of("id", "username", "password"))).isEmpty();
        assertThat(COLUMNS.missing(List.of("name", "email"))).containsExactly("id", "password_hash");
        assertThat(COLUMNS.ignored(List.of("id", "otp", "avatar_url", "name"))).containsExactly("avatar_url", "otp");
    }

    private void row(String... cells) {
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < cells.length; i += 2) {
            values.put(cells[i], cells[i + 1]);
        }
        rows.add(new ExportRow(rows.size() + 2L, values, null));
    }

    private List<ImportedUser> users() throws IOException {
        try (ImportReport report = new ImportReport(new PrintStream(told, true, StandardCharsets.UTF_8), null)) {
            List<ImportedUser> users = new ArrayList<>();
            new UserExport(rows.iterator(), COLUMNS, report).forEachRemaining(users::add);
            assertThat(report.hasRefused()).isEqualTo(users.size() < rows.size());
            return users;
        }
    }
}
