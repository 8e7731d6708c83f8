package smap.identity.flow;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.password4j.BcryptFunction;
import com.password4j.types.Bcrypt;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/** {@code import-users FILE} as a process of its own. {@code ContractTest} logs in as somebody who was imported. */
@WithPostgres
class ImportUsersFlowTest {

    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final int MANY = 100_000;

    private static TestDatabase database;
    private static Map<String, String> settings;

    @TempDir
    private Path directory;

    private record Ended(int code, List<String> output, List<String> all) {

        Map<?, ?> counts() {
            try {
                return new ObjectMapper().readValue(String.join("\n", output), Map.class);
            } catch (JsonProcessingException e) {
                throw new AssertionError("Expected one JSON document, got " + all, e);
            }
        }
    }

    @BeforeAll
    static void start(TestDatabase shared) {
        database = shared;
        settings = Map.of(
                "POSTGRES_HOST", database.host(),
                "POSTGRES_PORT", Integer.toString(database.port()),
                "POSTGRES_DB", database.name(),
                "POSTGRES_USER", database.user(),
                "POSTGRES_PASSWORD", database.password());
    }

    @Test
    void a_hundred_thousand_are_tried_imported_and_found_there_again() throws Exception {
        Path file = directory.resolve("many.csv");
        String hash = BcryptFunction.getInstance(Bcrypt.A, 4).hash("correct horse battery").getResult();
        try (BufferedWriter export = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
            export.write("id,username,full_name,password_hash,otp,role,is_active,created_at,updated_at,deleted_at\n");
            for (int i = 1; i <= MANY; i++) {
                export.write(i + ",user" + i + "@example.com,\"Nguyễn, " + i + "\"," + hash + ",,USER,t,2024-05-06 07:08:09+00,,\n");
            }
            export.write("1000001,USER7@example.com,," + hash + ",,USER,t,,,\n");
            export.write("1000002,nobody,,md5,,USER,t,,,\n");
        }
        Path report = directory.resolve("refused.csv");

        Ended tried = run(file.toString(), "--dry-run");
        assertThat(tried.counts()).isEqualTo(Map.of("dry_run", true, "read", MANY + 2, "imported", MANY, "present", 0, "refused", 2));
        assertThat(text("SELECT count(*) FROM users WHERE email LIKE 'user%'")).isEqualTo("0");

        Ended imported = run(file.toString(), "--report", report.toString());
        assertThat(imported.code()).isEqualTo(65);
        assertThat(imported.counts()).isEqualTo(Map.of("dry_run", false, "read", MANY + 2, "imported", MANY, "present", 0, "refused", 2));
        assertThat(imported.all()).contains("not imported: otp")
                .anyMatch(line -> line.matches("read \\d+, imported 50000, already there 0, refused 0"));
        assertThat(text("SELECT count(*) FROM users WHERE is_active AND full_name LIKE 'Nguyễn, %'")).isEqualTo(String.valueOf(MANY));
        assertThat(text("SELECT sum(CAST(details ->> 'imported' AS integer)) FROM audit_events WHERE details ->> 'file' = 'many.csv'"))
                .isEqualTo(String.valueOf(MANY));
        assertThat(report).content(StandardCharsets.UTF_8).isEqualTo("line,column,reason\n"
                + (MANY + 2) + ",email,\"is that of line 8, whatever its case\"\n"
                + (MANY + 3) + ",email,must be an e-mail address such as user@example.com\n"
                + (MANY + 3) + ",password_hash,must be a bcrypt hash of cost 4 to 15 or an argon2id hash below 100 MB\n");

        assertThat(run(file.toString(), "--report", report.toString()).counts())
                .isEqualTo(Map.of("dry_run", false, "read", MANY + 2, "imported", 0, "present", MANY, "refused", 2));
    }

    @Test
    void what_cannot_be_begun_has_its_own_exit_code() throws IOException {
        Ended usage = run("--force");
        assertThat(usage.code()).isEqualTo(64);
        assertThat(usage.output()).isEmpty();
        assertThat(usage.all().get(0)).startsWith("usage: import-users FILE");

        assertThat(run(directory.resolve("nothing.csv").toString()).code()).isEqualTo(66);

        Path file = Files.writeString(directory.resolve("users.csv"), "id,email\n");
        Ended broken = run(file.toString());
        assertThat(broken.code()).isEqualTo(65);
        assertThat(broken.all()).contains("refused: line 1: must name the columns password_hash");

        Files.writeString(file, "id,email,password\n");
        assertThat(run(file.toString(), "--report", directory.resolve("no/where").toString()).code()).isEqualTo(73);

        Ended misconfigured = run(Map.of(), file.toString());
        assertThat(misconfigured.code()).isEqualTo(78);
        assertThat(misconfigured.all()).anyMatch(line -> line.startsWith("refused: POSTGRES_HOST: expected"));
    }

    @Test
    void a_file_that_breaks_off_leaves_what_is_in_and_says_so() throws Exception {
        String hash = BcryptFunction.getInstance(Bcrypt.A, 4).hash("correct horse battery").getResult();
        StringBuilder export = new StringBuilder("id,email,password\n");
        for (int i = 1; i <= 600; i++) {
            export.append(2_000_000 + i).append(",half").append(i).append("@example.com,").append(hash).append('\n');
        }
        Path file = Files.writeString(directory.resolve("users.csv"), export + "9,\"x");

        Ended ended = run(file.toString());

        assertThat(ended.code()).isEqualTo(65);
        assertThat(ended.output()).isEmpty();
        assertThat(ended.all()).anyMatch(line -> line.startsWith("failed after line 501: after line 60"));
        assertThat(text("SELECT count(*) FROM users WHERE email LIKE 'half%'")).isEqualTo("500");
    }

    private static Ended run(String... words) {
        return run(settings, words);
    }

    private static Ended run(Map<String, String> environment, String... words) {
        try (ApplicationProcess command = ApplicationProcess.command(ImportUsersFlowTest.class, environment, "import-users", words)) {
            int code = command.awaitExit(LIMIT);
            return new Ended(code, command.outputLines(), command.lines());
        }
    }

    private static String text(String query) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
