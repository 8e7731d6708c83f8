package smap.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MailCommandTest {

    private static final int WRONG_USAGE = 64;
    private static final int MISCONFIGURED = 78;

    @TempDir
    private Path directory;

    private final Map<String, String> environment = new HashMap<>();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void nameTheDirectory() {
        environment.put("MAIL_TEMPLATES", directory.toString());
    }

    @Test
    void a_mail_is_printed_whole() {
        assertThat(run("preview", "password-reset", "--lang", "vi")).isZero();

        assertThat(out()).startsWith("Subject: Đặt lại mật khẩu\n\nXin chào Nguyễn Văn An,\n")
                .contains("    123456\n", "trong 5 phút", "<html lang=\"vi\">").endsWith("</html>\n").doesNotContain("{{");
        assertThat(err()).isEmpty();
    }

    @Test
    void or_one_form_of_it() {
        run("preview", "welcome", "--form", "subject");
        run("preview", "welcome", "--lang=vi", "--form=subject");
        assertThat(out()).isEqualTo("Welcome to SMAP\nChào mừng bạn đến với SMAP\n");

        out.reset();
        run("preview", "welcome", "--form=html");
        assertThat(out()).startsWith("<!DOCTYPE html>").endsWith("</html>\n");

        out.reset();
        run("preview", "welcome", "--form", "text");
        assertThat(out()).startsWith("Hello Nguyễn Văn An,\n").doesNotContain("<");
    }

    @Test
    void it_shows_what_the_settings_make_of_a_mail_and_needs_no_other_setting() throws Exception {
        own("welcome/en/subject.txt", "Ours: {{sender_name}}\n");
        environment.putAll(Map.of("SMTP_FROM_NAME", "Smart", "APP_URL", "https://app.example/", "SUPPORT_EMAIL", "help@smap.example",
                "SMAP_ENV", "production", "APP_PORT", "none"));

        assertThat(run("preview", "welcome")).isZero();

        assertThat(out()).startsWith("Subject: Ours: Smart\n").contains("Log in: https://app.example/login\n", "help@smap.example");
    }

    @Test
    void the_list_tells_where_each_mail_comes_from() throws Exception {
        own("welcome/vi/body.txt", "Xin chào");

        assertThat(run("list")).isZero();

        assertThat(out().lines()).hasSize(26)
                .contains("verification         en   packaged", "subscription-ended   vi   packaged",
                        "welcome              vi   packaged, " + directory.resolve("welcome/vi/body.txt"));
    }

    @Test
    void an_unknown_template_is_answered_with_those_there_are() {
        assertThat(run("preview", "newsletter")).isEqualTo(WRONG_USAGE);

        assertThat(err()).contains("There is no mail template 'newsletter': expected one of verification, welcome, password-reset,",
                "account-deleted\n");
        assertThat(out()).isEmpty();
    }

    @Test
    void an_unknown_language_or_form_is_answered_with_those_there_are() {
        assertThat(run("preview", "welcome", "--lang", "fr")).isEqualTo(WRONG_USAGE);
        assertThat(run("preview", "welcome", "--form", "pdf")).isEqualTo(WRONG_USAGE);

        assertThat(err()).contains("There is no language 'fr': expected one of en, vi", "There is no form 'pdf'");
        assertThat(out()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "preview", "list all", "send welcome", "preview welcome vi", "preview welcome --lang",
        "preview welcome --to=eve@example.com"})
    void anything_else_is_wrong_usage(String words) {
        assertThat(run(words.split(" "))).isEqualTo(WRONG_USAGE);

        assertThat(err()).contains("usage: mail list\n");
        assertThat(out()).isEmpty();
    }

    @Test
    void broken_templates_are_named_with_their_faults() throws Exception {
        Path subject = own("welcome/en/subject.txt", "Hello {{full_nam}}");
        Path body = own("trial-ended/vi/body.txt", "");

        assertThat(run("list")).isEqualTo(MISCONFIGURED);

        assertThat(err()).startsWith("refused: " + subject + ": there is no variable 'full_nam' in this mail: expected sender_name, email,")
                .contains("refused: " + body + ": is empty\n");
    }

    @Test
    void a_setting_that_is_wrong_is_named() {
        environment.put("APP_URL", "app.example");

        assertThat(run("list")).isEqualTo(MISCONFIGURED);
        assertThat(err()).startsWith("refused: APP_URL: expected the public URL of the front end");
    }

    private int run(String... words) {
        return new MailCommand(environment, new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8)).run(List.of(words));
    }

    private Path own(String name, String content) throws Exception {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
