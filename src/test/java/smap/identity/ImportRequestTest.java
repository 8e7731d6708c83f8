package smap.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImportRequestTest {

    private static final Path FILE = Path.of("users.csv");
    private static final Path REPORT = Path.of("refused.csv");

    @Test
    void a_file_is_enough() {
        assertThat(read("users.csv")).isEqualTo(new ImportRequest(FILE, false, null));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "users.csv --dry-run --report refused.csv", "--report=refused.csv users.csv --dry-run", "--dry-run --report refused.csv users.csv"
    })
    void options_stand_anywhere(String words) {
        assertThat(read(words.split(" "))).isEqualTo(new ImportRequest(FILE, true, REPORT));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "--dry-run", "a.csv b.csv", "a.csv --dry-run --dry-run", "a.csv --report", "a.csv --report x --report=y", "a.csv --force", "-h"
    })
    void what_is_not_understood_is_refused(String words) {
        List<String> given = words.isEmpty() ? List.of() : List.of(words.split(" "));

        assertThat(ImportRequest.read(given)).isEmpty();
    }

    private static ImportRequest read(String... words) {
        return ImportRequest.read(List.of(words)).orElseThrow();
    }
}
