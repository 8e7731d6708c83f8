package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.Role;
import smap.identity.settings.Settings;
import smap.identity.settings.SettingsException;

class MailTemplatesTest {

    private static final Clock CLOCK = Clock.fixed(Instant.parse("2030-01-02T03:04:05Z"), ZoneOffset.UTC);
    private static final String FILLED_IN_WHEN_SENT = "{{minutes_left}}";

    /** What each kind of value looks like in a mail. */
    private static final Map<MailVariable, Function<String, String>> SHOWN = Map.of(
            MailVariable.OTP, lang -> "012345",
            MailVariable.MINUTES_LEFT, lang -> FILLED_IN_WHEN_SENT,
            MailVariable.NEW_ADDRESS, lang -> "anna@example.org",
            MailVariable.AT, lang -> lang.equals("vi") ? "2 tháng 1 năm 2030, 03:04 UTC" : "2 January 2030, 03:04 UTC",
            MailVariable.REMOTE_ADDRESS, lang -> "203.0.113.7",
            MailVariable.ENDS_AT, lang -> lang.equals("vi") ? "5 tháng 11 năm 2030, 17:00 UTC" : "5 November 2030, 17:00 UTC",
            MailVariable.PLAN_NAME, lang -> "Large & <Free>",
            MailVariable.SUPPORT_EMAIL, lang -> "help@smap.example",
            MailVariable.SENDER_NAME, lang -> "R&D <SMAP>",
            MailVariable.FULL_NAME, lang -> "Nguyễn O'An & <b>");

    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final MailTemplates templates = new MailTemplates(
            null, new SenderDetails("R&D <SMAP>", "https://app.example/x?a=1&b", "help@smap.example"), CLOCK);
    private final MailTemplates plain = new MailTemplates(null, new SenderDetails("SMAP", null, null), CLOCK);

    @AfterEach
    void stop() {
        camel.stop();
    }

    static Stream<Arguments> everyMail() {
        return Stream.of(MailTemplate.values()).flatMap(template -> Stream.of("en", "vi").map(lang -> Arguments.of(template, lang)));
    }

    @ParameterizedTest
    @MethodSource("everyMail")
    void every_mail_tells_in_both_its_bodies_what_it_is_for(MailTemplate template, String lang) throws Exception {
        JsonNode job = job(templates, template.label(), lang, Map.of());
        String html = job.get("body").asText();
        String text = job.get("text").asText();

        assertThat(html).startsWith("<!DOCTYPE html>\n<html lang=\"" + lang + "\">").endsWith("</html>\n");
        assertThat(job.get("subject").asText()).isNotBlank().doesNotContain("\n", "012345", "  ", "&amp;");
        SHOWN.forEach((variable, shown) -> {
            if (template.knows(variable)) {
                assertThat(html).as("%s", variable).contains(escaped(shown.apply(lang)));
                assertThat(text).as("%s", variable).contains(shown.apply(lang));
            } else {
                assertThat(html + text).as("%s", variable).doesNotContain(shown.apply(lang));
            }
        });
        assertThat(html).doesNotContain("<b>", "O'An", "<Free>", "<SMAP>");
        assertThat(job.toString().replace(FILLED_IN_WHEN_SENT, "")).as("nothing is left over").doesNotContain("{{", "}}", "null");
    }

    @ParameterizedTest
    @MethodSource("everyMail")
    void every_mail_does_without_what_is_not_known(MailTemplate template, String lang) throws Exception {
        Map<String, Object> nothing = new HashMap<>();
        nothing.put("user", user(null));
        nothing.put("remote_address", null);
        nothing.put("plan_name", " ");

        JsonNode job = job(plain, template.label(), lang, nothing);

        assertThat(job.fieldNames()).toIterable().containsExactly("subject", "recipient", "body", "text");
        assertThat(job.get("text").asText()).startsWith(lang.equals("vi") ? "Xin chào,\n" : "Hello,\n")
                .doesNotContain("\n\n\n", "http", " .", "  .", ": \n");
        assertThat(job.get("body").asText()).doesNotContain("<a ", "href");
    }

    @ParameterizedTest
    @MethodSource("everyMail")
    void every_mail_is_a_job_the_consumer_can_read(MailTemplate template, String lang) throws Exception {
        EmailData mail = new EmailDataReader(67_108_864)
                .read(job(templates, template.label(), lang, Map.of()).toString().getBytes(StandardCharsets.UTF_8));

        assertThat(mail.recipient()).isEqualTo("ann@example.com");
        assertThat(mail.replyTo()).isEqualTo("help@smap.example");
        assertThat(mail.text()).isNotBlank();
    }

    /** The mailbox of development, README and make demo look for six digits. */
    @ParameterizedTest
    @MethodSource("everyMail")
    void only_a_mail_with_a_code_has_six_digits_and_no_subject_has(MailTemplate template, String lang) throws Exception {
        JsonNode job = job(templates, template.label(), lang, Map.of());

        boolean codes = job.toString().matches("(?s).*\\b[0-9]{6}\\b.*");
        assertThat(codes).isEqualTo(template.bringsCode());
        assertThat(job.get("subject").asText()).doesNotContainPattern("[0-9]");
    }

    @ParameterizedTest
    @MethodSource("everyMail")
    void no_language_is_left_in_another(MailTemplate template, String lang) throws Exception {
        JsonNode job = job(plain, template.label(), lang, Map.of());

        assertThat(job.get("subject").asText())
                .isNotEqualTo(job(plain, template.label(), lang.equals("en") ? "vi" : "en", Map.of()).get("subject").asText());
        boolean vietnamese = job.get("text").asText().replace("Nguyễn", "").matches("(?s).*[ạảấầẩậắệểốộớợụứữ].*");
        assertThat(vietnamese).isEqualTo(lang.equals("vi"));
    }

    @Test
    void links_lead_to_the_front_end() throws Exception {
        assertThat(job(templates, "welcome", "en", Map.of()).get("body").asText())
                .contains("<a href=\"https://app.example/x?a&#61;1&amp;b/login\"");
        assertThat(job(templates, "password-changed", "vi", Map.of()).get("text").asText())
                .contains("Đặt mật khẩu mới: https://app.example/x?a=1&b/forgot-password");
        assertThat(job(templates, "trial-ending", "en", Map.of()).get("text").asText()).contains("/plans");
    }

    @Test
    void the_code_mail_keeps_the_old_systems_subject() throws Exception {
        assertThat(job(plain, "verification", "en", Map.of()).get("subject").asText()).isEqualTo("Email Verification");
        assertThat(job(plain, "verification", "vi", Map.of()).get("subject").asText()).isEqualTo("Xác minh địa chỉ email");
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "  ", "Win at www.evil.example now", "http://evil", "https://evil.example/x", "evil.com", "eve@evil",
        "\u2028", "an endless name an endless name an endless name an endless name an endless name an endless name an endless name"})
    void who_has_no_name_or_none_for_a_strangers_mail_is_greeted_without_one(String name) throws Exception {
        Map<String, Object> user = Map.of("user", user(name));

        assertThat(job(plain, "verification", "en", user).get("text").asText()).startsWith("Hello,\n").doesNotContain("evil");
        assertThat(job(plain, "verification", "vi", user).get("body").asText()).contains("Xin chào,").doesNotContain("evil");
    }

    @ParameterizedTest
    @ValueSource(strings = {"J. R. R. Tolkien", "Ann\r\nB\u0085C", "{{otp}}{{{otp}}}", "<i>", "Nguyễn Văn A", "Jr."})
    void any_other_name_is_taken_as_it_is_on_one_line(String name) throws Exception {
        String text = job(plain, "verification", "en", Map.of("user", user(name))).get("text").asText();

        assertThat(text.lines().findFirst()).contains("Hello " + name.replaceAll("[\r\n\u0085]+", " ") + ",");
    }

    @Test
    void a_subject_is_one_line_whatever_the_senders_name_is() throws Exception {
        MailTemplates odd = new MailTemplates(null, new SenderDetails("A\r\nBcc: eve@example.com\u2028 B", null, null), CLOCK);

        assertThat(job(odd, "welcome", "en", Map.of()).get("subject").asText()).isEqualTo("Welcome to A Bcc: eve@example.com B");
    }

    @Test
    void a_mail_may_go_to_another_address_than_the_users() throws Exception {
        JsonNode job = job(plain, "address-confirm-new", "en", Map.of("recipient", "anna@example.org"));

        assertThat(job.get("recipient").asText()).isEqualTo("anna@example.org");
        assertThat(job.get("body").asText()).contains("anna@example.org").doesNotContain("ann@example.com");
    }

    @Test
    void a_mail_may_be_for_somebody_there_is_no_row_of() throws Exception {
        Map<String, Object> stranger = new HashMap<>(Map.of("recipient", "new@example.com"));
        stranger.put("user", null);

        assertThat(job(plain, "account-exists", "en", stranger).get("text").asText()).startsWith("Hello,\n").contains("new@example.com");
    }

    @ParameterizedTest
    @ValueSource(strings = {"otp", "new_address"})
    void a_value_a_mail_needs_and_does_not_get_is_an_error_that_names_both(String missing) {
        Map<String, Object> variables = new HashMap<>();
        variables.put(missing, null);

        assertThatThrownBy(() -> job(plain, "address-confirm-old", "en", variables)).isInstanceOf(IllegalStateException.class)
                .hasMessage("The mail address-confirm-old needs " + missing + ", and there is none");
    }

    @Test
    void a_mail_without_a_recipient_is_an_error() {
        Map<String, Object> nobody = new HashMap<>();
        nobody.put("user", null);

        assertThatThrownBy(() -> job(plain, "welcome", "en", nobody)).hasMessage("The mail welcome needs email, and there is none");
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "newsletter", "../verification", "VERIFICATION", "password_reset"})
    void a_template_there_is_not_is_an_error(String name) {
        assertThatThrownBy(() -> job(plain, name, "en", Map.of())).isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("There is no mail template '");
    }

    @Test
    void a_time_is_told_in_utc_however_a_route_has_it() throws Exception {
        for (Object time : List.of("2030-11-06T00:00:00+07:00", OffsetDateTime.parse("2030-11-06T00:00:00+07:00"),
                Instant.parse("2030-11-05T17:00:00Z"), Timestamp.from(Instant.parse("2030-11-05T17:00:00Z")))) {
            assertThat(job(plain, "trial-ending", "en", Map.of("ends_at", time)).get("text").asText())
                    .contains("ends on 5 November 2030, 17:00 UTC.");
        }
    }

    @Test
    void a_variable_that_is_not_of_the_mail_is_not_looked_at() throws Exception {
        assertThat(job(plain, "welcome", "en", Map.of("ends_at", "never"))).isEqualTo(job(plain, "welcome", "en", Map.of()));
    }

    @Test
    void the_language_is_that_of_the_header_lang_or_else_of_the_browser() throws Exception {
        Map<String, Object> browser = new HashMap<>(Map.of("Accept-Language", "fr, vi;q=0.5"));

        assertThat(job(plain, "welcome", null, browser).get("subject").asText()).startsWith("Chào mừng");
        assertThat(job(plain, "welcome", "en", browser).get("subject").asText()).startsWith("Welcome");
        assertThat(job(plain, "welcome", null, Map.of()).get("subject").asText()).startsWith("Welcome");
    }

    @Test
    void who_asks_for_no_language_gets_the_one_that_is_known_of_the_user() throws Exception {
        Map<String, Object> user = user("Ann");
        user.put("language", "vi");
        Map<String, Object> known = Map.of("user", user);

        assertThat(job(plain, "welcome", null, known).get("subject").asText()).startsWith("Chào mừng");
        assertThat(job(plain, "welcome", "en", known).get("subject").asText()).startsWith("Welcome");
        assertThat(job(plain, "welcome", null, Map.of("user", user, "Accept-Language", "en")).get("subject").asText())
                .startsWith("Welcome");
    }

    @Test
    void the_language_to_be_kept_is_the_one_that_is_asked_for_if_we_speak_it() {
        assertThat(plain.language(exchange("welcome", "vi-VN", Map.of("Accept-Language", "en")))).isEqualTo("vi");
        assertThat(plain.language(exchange("welcome", null, Map.of("Accept-Language", "fr, vi;q=0.5")))).isEqualTo("vi");
        assertThat(plain.language(exchange("welcome", "fr", Map.of()))).isNull();
        assertThat(plain.language(exchange("welcome", null, Map.of()))).isNull();
    }

    @Test
    void the_reminder_of_a_trial_says_what_comes_by_itself_and_how_to_prevent_it_or_that_nothing_does() throws Exception {
        Map<String, Object> nothing = new HashMap<>();
        nothing.put("plan_name", null);
        for (String body : List.of("text", "body")) {
            assertThat(job(plain, "trial-ending", "en", Map.of("plan_name", "Large")).get(body).asText())
                    .contains("ends on 5 November 2030, 17:00 UTC. Then your plan Large begins by itself. If you do not want it, cancel")
                    .doesNotContain("simply ends", "choose a plan");
            assertThat(job(plain, "trial-ending", "en", nothing).get(body).asText())
                    .contains("17:00 UTC. To go on without a break, choose a plan before then. If you do nothing, the trial simply ends.")
                    .doesNotContain("by itself", "cancel");
            assertThat(job(plain, "trial-ending", "vi", Map.of("plan_name", "Large")).get(body).asText())
                    .contains("Sau đó gói Large của bạn sẽ tự động bắt đầu. Nếu bạn không muốn, hãy hủy đăng ký")
                    .doesNotContain("sẽ tự kết thúc");
            assertThat(job(plain, "trial-ending", "vi", nothing).get(body).asText())
                    .contains("thời gian dùng thử sẽ tự kết thúc.").doesNotContain("tự động bắt đầu");
        }
    }

    @Test
    void a_route_calls_it_as_a_bean() throws Exception {
        camel.getRegistry().bind("mailTemplates", plain);
        camel.start();
        Exchange exchange = exchange("verification", "vi", Map.of());

        assertThat(camel.resolveLanguage("bean").createExpression("mailTemplates?method=job").evaluate(exchange, String.class))
                .contains("012345", "Xin chào Nguyễn O'An");
    }

    @Test
    void a_directory_changes_texts_and_adds_languages(@TempDir Path directory) throws Exception {
        for (MailTemplate template : MailTemplate.values()) {
            for (MailForm form : MailForm.values()) {
                String shown = template.needed().stream().map(variable -> "{{" + variable.label() + "}}").collect(Collectors.joining(", "));
                write(directory, TemplateFile.path(template, "fr", form), form == MailForm.SUBJECT ? "Bonjour" : "Bonjour " + shown);
            }
        }
        write(directory, "password-changed/vi/subject.txt", "Cảnh báo");
        MailTemplates own = new MailTemplates(directory, new SenderDetails("SMAP", null, null), CLOCK);

        assertThat(job(own, "password-changed", "fr", Map.of()).get("text").asText()).isEqualTo("Bonjour 2 janvier 2030, 03:04 UTC");
        JsonNode vietnamese = job(own, "password-changed", "vi", Map.of());
        assertThat(vietnamese.get("subject").asText()).isEqualTo("Cảnh báo");
        assertThat(vietnamese.get("text")).isEqualTo(job(plain, "password-changed", "vi", Map.of()).get("text"));
        assertThat(job(own, "password-changed", "de", Map.of())).isEqualTo(job(plain, "password-changed", "en", Map.of()));
        assertThat(own.origins()).hasSize(39).contains("welcome              en   packaged",
                "password-changed     vi   packaged, " + directory + "/password-changed/vi/subject.txt");
    }

    @Test
    void every_fault_of_every_file_is_told_at_once(@TempDir Path directory) throws Exception {
        write(directory, "welcome/en/body.txt", "{{otp}} {{app_url}}");
        write(directory, "verification/vi/body.html", "{{otp}}");

        SettingsException refusal = catchThrowableOfType(SettingsException.class,
                () -> MailTemplates.of(settings(Map.of("MAIL_TEMPLATES", directory.toString())), CLOCK));

        assertThat(refusal.faults()).hasSize(3).allMatch(fault -> fault.startsWith(directory.toString()))
                .anyMatch(fault -> fault.contains("welcome/en/body.txt: there is no variable 'otp'"))
                .anyMatch(fault -> fault.endsWith("verification/vi/body.html: expected {{minutes_left}}, which this mail is to tell"));
    }

    private static void write(Path directory, String name, String content) throws Exception {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    @Test
    void an_example_is_made_without_a_route() {
        RenderedMail mail = templates.example("password-reset", "vi");

        assertThat(mail.subject()).isEqualTo("Đặt lại mật khẩu");
        assertThat(mail.html()).contains(">123456<", "trong 5 phút", "203.0.113.7").doesNotContain("{{");
        assertThat(mail.text()).contains("    123456\n", "Xin chào Nguyễn Văn An,").doesNotContain("{{");
    }

    @Test
    void what_every_mail_says_of_its_sender_comes_from_the_settings() {
        SenderDetails sender = SenderDetails.of(settings(Map.of(
                "SMTP_FROM_NAME", "Smart", "APP_URL", "https://app.example/id//", "SUPPORT_EMAIL", "help@smap.example")));

        assertThat(sender).isEqualTo(new SenderDetails("Smart", "https://app.example/id", "help@smap.example"));
        assertThat(SenderDetails.of(settings(Map.of("SMTP_FROM_NAME", "", "SMTP_FROM", "a@smap.example"))))
                .isEqualTo(new SenderDetails("a@smap.example", null, null));
        assertThatThrownBy(() -> SenderDetails.of(settings(Map.of("SUPPORT_EMAIL", "hỗ-trợ@smap.example"))))
                .isInstanceOf(SettingsException.class).hasMessageStartingWith("SUPPORT_EMAIL: expected an ASCII local part");
    }

    private static Settings settings(Map<String, String> environment) {
        return Settings.read(Role.API, environment, new Properties());
    }

    private JsonNode job(MailTemplates from, String template, String lang, Map<String, Object> more) throws Exception {
        return new ObjectMapper().readTree(from.job(exchange(template, lang, more)));
    }

    private Exchange exchange(String template, String lang, Map<String, Object> more) {
        Exchange exchange = new DefaultExchange(camel);
        exchange.setVariable("template", template);
        exchange.setVariable("user", user("Nguyễn O'An & <b>"));
        exchange.setVariable("lang", lang);
        exchange.setVariable("otp", "012345");
        exchange.setVariable("new_address", "anna@example.org");
        exchange.setVariable("remote_address", "203.0.113.7");
        exchange.setVariable("ends_at", "2030-11-05T17:00:00Z");
        exchange.setVariable("plan_name", "Large & <Free>");
        more.forEach(exchange::setVariable);
        return exchange;
    }

    private static Map<String, Object> user(String fullName) {
        Map<String, Object> user = new HashMap<>(Map.of("email", "ann@example.com"));
        user.put("full_name", fullName);
        return user;
    }

    private static String escaped(String value) {
        return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;");
    }
}
