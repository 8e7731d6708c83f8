package smap.identity.style;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The vocabulary of security events: what statements and routes write is what docs/audit.md tells, no more and no less. */
class AuditStyleTest {

    private static final Pattern NOTED = Pattern.compile("INSERT INTO audit_events\\b.*?\\bFROM\\b", Pattern.DOTALL);
    private static final Pattern TEXT = Pattern.compile("'([a-z]+(?:-[a-z]+)+)'");
    /** In a route the action is a variable of that name; the next expression is its value. */
    private static final Pattern SET = Pattern.compile("name: action\\s+expression:\\s+constant:\\s+expression: \"?([a-z-]+)\"?");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z]+(?:-[a-z]+)+)` \\|");

    @Test
    void each_action_that_is_written_is_documented_and_no_other() throws IOException {
        Set<String> documented = new TreeSet<>();
        ROW.matcher(Files.readString(Path.of("docs/audit.md"))).results().forEach(row -> documented.add(row.group(1)));

        assertThat(written()).isNotEmpty().isEqualTo(documented);
    }

    private static Set<String> written() throws IOException {
        Set<String> written = new TreeSet<>();
        for (String text : texts("sql", "db/migration")) {
            NOTED.matcher(text).results().forEach(insert -> TEXT.matcher(insert.group()).results()
                    .forEach(action -> written.add(action.group(1))));
        }
        for (String text : texts("routes")) {
            SET.matcher(text).results().forEach(action -> written.add(action.group(1)));
        }
        // a purpose, which some of those statements compare with
        written.remove("password-reset");
        return written;
    }

    private static Iterable<String> texts(String... folders) throws IOException {
        return Stream.of(folders).map(RouteTree.RESOURCES::resolve).flatMap(AuditStyleTest::files).map(AuditStyleTest::read).toList();
    }

    private static Stream<Path> files(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
