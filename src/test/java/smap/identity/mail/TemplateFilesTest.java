package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateFilesTest {

    @TempDir
    private Path directory;

    @Test
    void every_template_is_packaged_whole_in_english_and_vietnamese() {
        assertThat(new TemplateFiles(null).read()).hasSize(MailTemplate.values().length * 2 * 3)
                .allMatch(TemplateFile::isPackaged)
                .extracting(TemplateFile::language).startsWith("en", "en", "en", "vi");
    }

    @Test
    void a_file_of_the_directory_goes_before_the_packaged_one_of_its_place_alone() throws Exception {
        write("welcome/vi/subject.txt", "\uFEFFXin chào");

        List<TemplateFile> files = whole();

        assertThat(files).hasSize(MailTemplate.values().length * 2 * 3).filteredOn(file -> !file.isPackaged()).containsExactly(
                new TemplateFile(MailTemplate.WELCOME, "vi", MailForm.SUBJECT, directory + "/welcome/vi/subject.txt", "Xin chào"));
    }

    @Test
    void an_empty_directory_and_what_is_nobodys_template_changes_nothing() throws Exception {
        write("README.md", "Our mails");
        write(".git/config", "");
        write("..data/welcome/en/subject.txt", "");
        write("welcome/en/body.html~", "");
        write("welcome/en/.body.html.swp", "");

        assertThat(whole()).allMatch(TemplateFile::isPackaged);
    }

    @Test
    void a_further_language_is_offered_when_it_has_every_template_whole() throws Exception {
        french();

        List<TemplateFile> files = whole();

        assertThat(files.stream().map(TemplateFile::language).distinct()).containsExactly("en", "vi", "fr");
        assertThat(files).filteredOn(file -> file.language().equals("fr")).hasSize(MailTemplate.values().length * 3)
                .extracting(TemplateFile::text).containsOnly("Bonjour");
    }

    @Test
    void a_further_language_that_lacks_a_file_is_refused_with_each_that_is_missing() throws Exception {
        french();
        Files.delete(directory.resolve("trial-ended/fr/body.txt"));
        Files.delete(directory.resolve("account-deleted/fr/subject.txt"));

        assertThat(faults()).containsExactly(
                directory + "/trial-ended/fr/body.txt: is missing; a language is offered when it has every template, whole",
                directory + "/account-deleted/fr/subject.txt: is missing; a language is offered when it has every template, whole");
    }

    @Test
    void one_file_of_a_further_language_is_not_a_language() throws Exception {
        write("welcome/fr/subject.txt", "Bonjour");

        assertThat(faults()).hasSize(MailTemplate.values().length * 3 - 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"verificaton/en/subject.txt", "password_reset/en/subject.txt", "en/welcome/subject.txt"})
    void a_folder_of_no_template_is_refused(String name) throws Exception {
        write(name, "Hello");

        assertThat(faults()).singleElement().asString()
                .startsWith(directory + "/" + name.split("/")[0] + ": expected the name of a template: verification, welcome, ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"welcome/EN", "welcome/vi_VN", "welcome/english language", "welcome/subject.txt"})
    void a_folder_of_no_language_is_refused(String name) throws Exception {
        write(name + (name.endsWith(".txt") ? "" : "/subject.txt"), "Hello");

        assertThat(faults()).containsExactly(directory + "/" + name + ": expected a folder named as a language in lower case, such as fr");
    }

    @Test
    void a_file_of_another_name_is_refused() throws Exception {
        write("welcome/en/body.htm", "Hello");

        assertThat(faults()).containsExactly(directory + "/welcome/en/body.htm: expected one of subject.txt, body.html, body.txt");
    }

    @Test
    void a_file_that_is_not_utf_8_is_refused() throws Exception {
        Path file = write("welcome/vi/body.txt", "");
        Files.write(file, new byte[] {'X', (byte) 0xE0, ' '});

        assertThat(faults()).containsExactly(file + ": expected UTF-8");
    }

    @Test
    void a_file_that_cannot_be_read_is_refused() throws Exception {
        Path file = Files.createDirectories(directory.resolve("welcome/vi/body.txt"));

        assertThat(faults()).singleElement().asString().startsWith(file + ": cannot be read (");
    }

    @Test
    void nothing_is_missing_from_the_page_that_tells_of_templates() throws Exception {
        String page = Files.readString(Path.of("docs/templates.md"));
        for (MailTemplate template : MailTemplate.values()) {
            List<String> row = page.lines().filter(line -> line.startsWith("| `" + template.label() + "` |"))
                    .flatMap(line -> List.of(line.split("\\|")).stream()).map(String::strip).toList();

            assertThat(row).as("row of %s", template.label()).hasSizeGreaterThanOrEqualTo(4);
            assertThat(names(row.get(3))).as("needed by %s", template.label())
                    .containsExactlyInAnyOrderElementsOf(template.needed().stream().map(MailVariable::label).toList());
            List<String> more = new ArrayList<>(row.size() > 4 ? names(row.get(4)) : List.of());
            more.addAll(List.of("full_name", "app_url", "support_email"));
            assertThat(more).as("may be told by %s", template.label()).containsExactlyInAnyOrderElementsOf(
                    List.of(MailVariable.values()).stream().filter(template::knows).filter(variable -> !template.isCertain(variable))
                            .map(MailVariable::label).toList());
        }
    }

    private static List<String> names(String cell) {
        return List.of(cell.split(", ")).stream().filter(name -> !name.isEmpty()).map(name -> name.replace("`", ""))
                .collect(Collectors.toList());
    }

    private void french() throws Exception {
        for (MailTemplate template : MailTemplate.values()) {
            for (MailForm form : MailForm.values()) {
                write(TemplateFile.path(template, "fr", form), "Bonjour");
            }
        }
    }

    private Path write(String name, String content) throws Exception {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    private List<TemplateFile> whole() {
        TemplateFiles files = new TemplateFiles(directory);
        List<TemplateFile> read = files.read();
        assertThat(files.faults()).isEmpty();
        return read;
    }

    private List<String> faults() {
        TemplateFiles files = new TemplateFiles(directory);
        files.read();
        return files.faults();
    }
}
