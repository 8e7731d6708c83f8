package smap.identity.style;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/asvs.md has every requirement of its chapters, and what it refers to is there. */
class AsvsStyleTest {

    private static final Path PAGE = Path.of("docs/asvs.md");
    private static final Set<String> STATUSES = Set.of("met", "not met", "not applicable");
    private static final Pattern NAME = Pattern.compile("`([A-Z][a-z]\\w+|[A-Z]+(?:_[A-Z]+)+|[a-z]+(?:[-/.][a-z]+)+)(?:=\\w+)?`");
    private static final Pattern ADR = Pattern.compile("\\b(00\\d\\d)\\b");

    @Test
    void every_requirement_of_levels_one_and_two_has_a_status_and_a_reason() throws IOException {
        List<String[]> rows = Files.readAllLines(PAGE).stream().filter(line -> line.matches("\\| \\d.*"))
                .map(line -> Stream.of(line.split("\\|")).map(String::strip).toArray(String[]::new)).toList();

        assertThat(rows).extracting(row -> row[1]).containsExactlyElementsOf(requirements());
        assertThat(rows).allSatisfy(row -> {
            assertThat(row).hasSize(5);
            assertThat(STATUSES).contains(row[3]);
            assertThat(row[4]).isNotBlank();
        });
    }

    @Test
    void what_it_refers_to_is_there() throws IOException {
        String page = Files.readString(PAGE);
        String all = all("src", "README.md", "docs/adr");

        assertThat(NAME.matcher(page).results().map(found -> found.group(1)).distinct()).allSatisfy(name -> assertThat(all).contains(name));
        List<String> records;
        try (Stream<Path> files = Files.list(Path.of("docs/adr"))) {
            records = files.map(file -> file.getFileName().toString().substring(0, 4)).toList();
        }
        assertThat(records).containsAll(ADR.matcher(page).results().map(MatchResult::group).toList());
    }

    /** ASVS 4.0.3, without those of level 3 and those it has withdrawn. */
    private static List<String> requirements() {
        List<String> ids = new ArrayList<>();
        section(ids, "2.1", 12);
        section(ids, "2.2", 3);
        section(ids, "2.3", 3);
        section(ids, "2.4", 5);
        section(ids, "2.5", 7);
        section(ids, "2.6", 3);
        section(ids, "2.7", 6);
        section(ids, "2.8", 7);
        section(ids, "2.9", 3);
        section(ids, "2.10", 4);
        section(ids, "3.1", 1);
        section(ids, "3.2", 4);
        section(ids, "3.3", 4);
        section(ids, "3.4", 5);
        section(ids, "3.5", 3);
        section(ids, "3.7", 1);
        section(ids, "4.1", 5);
        ids.remove("4.1.4");
        section(ids, "4.2", 2);
        section(ids, "4.3", 3);
        return ids;
    }

    private static void section(List<String> ids, String section, int count) {
        IntStream.rangeClosed(1, count).forEach(i -> ids.add(section + '.' + i));
    }

    private static String all(String... places) throws IOException {
        List<Path> files = new ArrayList<>();
        for (String place : places) {
            try (Stream<Path> found = Files.walk(Path.of(place))) {
                found.filter(file -> file.toString().matches(".*\\.(java|yaml|sql|md|properties)")).forEach(files::add);
            }
        }
        StringBuilder all = new StringBuilder();
        for (Path file : files) {
            all.append(file).append('\n').append(Files.readString(file));
        }
        return all.toString();
    }
}
