package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.imports.ImportReport;
import smap.identity.imports.ImportedUser;

class UsersImportRouteTest extends RouteTestSupport {

    private static final String IMPORT = "user/import";

    private final ByteArrayOutputStream told = new ByteArrayOutputStream();
    private final ImportReport report = report();

    UsersImportRouteTest() {
        super("command/users-import");
    }

    private ImportReport report() {
        try {
            return new ImportReport(new PrintStream(told, true, StandardCharsets.UTF_8), null);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    Map<String, String> settings() {
        return Map.of("users.import.batch", "2");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("importReport", report);
    }

    @Test
    void users_are_written_in_batches_with_all_that_is_known_of_them() throws IOException {
        sql(IMPORT).does(exchange -> exchange.getMessage().setBody(List.of(Map.of("line", 2, "outcome", "imported"))));

        assertThat(imported(users(3)).failure()).isNull();

        assertThat(sql(IMPORT).received()).hasSize(2);
        Map<String, Object> first = sql(IMPORT).received().get(0).getVariables();
        assertThat(first).containsEntry("now", NOW).containsEntry("actor", "cli:ann").containsEntry("dry_run", true)
                .containsEntry("import_id", "an id").containsEntry("file", "users.csv");
        assertThat(new ObjectMapper().readTree((String) first.get("rows"))).hasSize(2).first().hasToString("""
                {"line":0,"id":"00000000-0000-0000-0000-000000000000","email":"ä0@example.com","password_hash":"hash","full_name":null,\
                "role":"USER","is_active":true,"created_at":"2024-05-06T07:08:09Z","updated_at":null,"deleted_at":null}""");
        assertThat(report).hasToString("read 0, imported 2, already there 0, refused 0");
    }

    @Test
    void what_the_statement_says_of_each_row_is_counted_and_told() {
        sql(IMPORT).does(exchange -> exchange.getMessage().setBody(List.of(Map.of("line", 2, "outcome", "present"),
                Map.of("line", 3, "outcome", "taken"))));

        imported(users(2));

        assertThat(report).hasToString("read 0, imported 0, already there 1, refused 1");
        assertThat(report.lastLine()).isEqualTo(3);
        assertThat(told.toString(StandardCharsets.UTF_8).strip()).isEqualTo("line 3: email is that of a living user with another id");
    }

    @Test
    void the_first_failure_ends_the_import_and_is_left_to_the_command() {
        Exception away = databaseAway();
        sql(IMPORT).fails(away);

        assertThat(imported(users(6)).failure()).hasRootCause(away);

        assertThat(sql(IMPORT).received()).hasSize(1);
    }

    @Test
    void an_export_that_breaks_off_is_left_to_the_command() {
        sql(IMPORT).answers(List.of());
        IllegalStateException broken = new IllegalStateException("broken");
        Iterator<ImportedUser> users = users(4);

        Answer answer = imported(new Iterator<>() {
            @Override
            public boolean hasNext() {
                if (!users.hasNext()) {
                    throw broken;
                }
                return true;
            }

            @Override
            public ImportedUser next() {
                return users.next();
            }
        });

        assertThat(answer.failure()).satisfiesAnyOf(
                failure -> assertThat(failure).isSameAs(broken), failure -> assertThat(failure).hasRootCause(broken));
    }

    private Answer imported(Iterator<ImportedUser> users) {
        return send(exchange -> {
            exchange.setVariable("actor", "cli:ann");
            exchange.setVariable("import_id", "an id");
            exchange.setVariable("file", "users.csv");
            exchange.setVariable("dry_run", true);
            exchange.getMessage().setBody(users);
        });
    }

    private static Iterator<ImportedUser> users(int count) {
        List<ImportedUser> users = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            users.add(new ImportedUser(i, new UUID(0, i), "ä" + i + "@example.com", "hash", null, "USER", true, "2024-05-06T07:08:09Z",
                    null, null));
        }
        return users.iterator();
    }
}
