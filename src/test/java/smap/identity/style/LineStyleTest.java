package smap.identity.style;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How the lines of Java, YAML, SQL and XML are written: the rules of .editorconfig, read from the files. A failure lists the lines. */
class LineStyleTest {

    private static final Pattern NAME = Pattern.compile(".*\\.(java|yaml|sql|xml)");
    private static final int LONGEST = 140;
    /** Its patterns are one word each. */
    private static final Path CONTRACT = Path.of("src/main/resources/openapi/smap-identity.yaml");

    static List<Path> files() throws IOException {
        try (Stream<Path> found = Files.walk(Path.of("src"))) {
            return found.filter(Files::isRegularFile).filter(file -> NAME.matcher(file.toString()).matches()).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void a_file_ends_with_the_end_of_its_last_line(Path file) throws IOException {
        assertThat(Files.readString(file)).endsWith("\n").doesNotEndWith("\n\n");
    }

    @ParameterizedTest
    @MethodSource("files")
    void a_line_has_no_tab_and_no_blank_at_its_end(Path file) throws IOException {
        assertThat(Files.readString(file)).doesNotContain("\t", "\r", " \n");
    }

    @ParameterizedTest
    @MethodSource("files")
    void a_line_is_140_characters_at_most(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        List<String> tooLong = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).length() > LONGEST && !file.equals(CONTRACT)) {
                tooLong.add((i + 1) + ": " + lines.get(i));
            }
        }

        assertThat(tooLong).isEmpty();
    }
}
