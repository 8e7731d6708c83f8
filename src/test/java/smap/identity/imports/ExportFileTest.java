package smap.identity.imports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExportFileTest {

    @TempDir
    private Path directory;

    @Test
    void csv_is_read_by_its_header_whatever_its_case_and_line_ends() throws IOException {
        assertThat(csv("\uFEFFID, Email ,full_name\r\n1,ann@example.com,\"Nguyễn \"\"Ann\"\", A\"\r\n2,bob@example.com,Bob"))
                .containsExactly(
                        new ExportRow(2, Map.of("id", "1", "email", "ann@example.com", "full_name", "Nguyễn \"Ann\", A"), null),
                        new ExportRow(3, Map.of("id", "2", "email", "bob@example.com", "full_name", "Bob"), null));
    }

    @Test
    void a_row_is_found_by_the_line_it_begins_on() throws IOException {
        assertThat(csv("id,name\n1,\"two\nlines\"\n\n2,b\n")).extracting(ExportRow::line).containsExactly(2L, 5L);
    }

    @Test
    void what_databases_write_for_nothing_is_nothing() throws IOException {
        assertThat(csv("a,b,c,d,e\n,\\N,NULL,\"\",x\n")).containsExactly(new ExportRow(2, Map.of("e", "x"), null));
    }

    @Test
    void a_row_of_another_length_is_told_and_the_next_one_is_read() throws IOException {
        assertThat(csv("a,b\n1\n1,2,3\n1,2\n")).extracting(ExportRow::fault).containsExactly(
                "must have 2 columns as the header, has 1", "must have 2 columns as the header, has 3", null);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a,b\n1,\"open\n2,3\n", "a,b\n1,\"x\"y\n"})
    void quotes_that_do_not_close_end_the_import(String text) {
        assertThatThrownBy(() -> csv(text)).isInstanceOf(BrokenExportException.class).hasMessageStartingWith("after line ");
    }

    @Test
    void a_header_is_needed_and_names_each_column_once() {
        assertThatThrownBy(() -> csv("")).isInstanceOf(BrokenExportException.class).hasMessage("line 1: must name the columns");
        assertThatThrownBy(() -> csv("id,email,ID\n")).hasMessage("line 1: names a column twice");
    }

    @Test
    void text_that_is_not_utf_8_ends_the_import_and_says_where() throws IOException {
        String many = "1,x\n".repeat(20_000);
        Path file = Files.write(directory.resolve("users.csv"), ("a,b\n" + many + "2,é\n").getBytes(StandardCharsets.ISO_8859_1));

        assertThatThrownBy(() -> rows(file)).isInstanceOf(BrokenExportException.class)
                .hasMessageMatching("after line \\d{5}: must be UTF-8");
    }

    @Test
    void json_lines_are_read_one_by_one() throws IOException {
        assertThat(rows(write("users.JSONL", """
                {"id":1,"Email":"ann@example.com","is_active":true,"full_name":null,"deleted_at":""}

                ["no object"]
                {"id":
                {"id":2,"role":{"name":"x"}}
                """))).containsExactly(
                new ExportRow(1, Map.of("id", "1", "email", "ann@example.com", "is_active", "true"), null),
                new ExportRow(3, Map.of(), "must be a JSON object"),
                new ExportRow(4, Map.of(), "must be a JSON object"),
                new ExportRow(5, Map.of("id", "2", "role", "{\"name\":\"x\"}"), null));
    }

    @Test
    void a_file_that_is_not_there_is_told() {
        assertThatThrownBy(() -> rows(directory.resolve("nothing.csv"))).isInstanceOf(NoSuchFileException.class);
    }

    private List<ExportRow> csv(String text) throws IOException {
        return rows(write("users.csv", text));
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    private static List<ExportRow> rows(Path path) throws IOException {
        try (ExportFile file = ExportFile.open(path)) {
            List<ExportRow> rows = new ArrayList<>();
            file.forEachRemaining(rows::add);
            return rows;
        }
    }
}
