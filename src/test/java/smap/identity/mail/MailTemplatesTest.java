package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class MailTemplatesTest {

    private final MailTemplates templates = new MailTemplates();

    @Test
    void a_verification_mail_is_a_whole_job() throws IOException {
        JsonNode job = verification("Ann", "en");

        assertThat(job.fieldNames()).toIterable().containsExactly("subject", "recipient", "body", "text");
        assertThat(job.get("subject").asText()).isEqualTo("Email Verification");
        assertThat(job.get("recipient").asText()).isEqualTo("ann@example.com");
        assertThat(job.get("body").asText()).startsWith("<!DOCTYPE html>")
                .contains("<html lang=\"en\">", ">012345<", "Hello Ann,", "expires in {{minutes_left}} min ");
        assertThat(job.get("text").asText()).contains("Hello Ann,", "    012345\n", "expires in {{minutes_left}} min ").doesNotContain("<");
        assertThat(job.toString().replace("{{minutes_left}}", "")).as("what the sending fills in, and nothing else").doesNotContain("{{");
    }

    @Test
    void a_job_is_one_the_consumer_can_read() throws IOException {
        byte[] job = verification("Ann", "vi").toString().getBytes(StandardCharsets.UTF_8);
        EmailData mail = new EmailDataReader(67_108_864).read(job);

        assertThat(mail.subject()).isEqualTo("Xác minh địa chỉ email");
        assertThat(mail.recipient()).isEqualTo("ann@example.com");
        assertThat(mail.text()).contains("012345");
    }

    @Test
    void who_speaks_vietnamese_gets_it_in_vietnamese() throws IOException {
        JsonNode job = verification("Nguyễn Văn A", "vi");

        assertThat(job.get("subject").asText()).isEqualTo("Xác minh địa chỉ email");
        assertThat(job.get("body").asText()).contains("<html lang=\"vi\">", ">012345<", "Nguyễn Văn A", "trong {{minutes_left}} phút ");
        assertThat(job.get("text").asText()).contains("Xin chào Nguyễn Văn A,", "012345", "trong {{minutes_left}} phút ");
    }

    @Test
    void a_name_is_escaped_in_html_and_left_as_it_is_in_text() throws IOException {
        String name = "<a href=\"https://evil.example\">O'Neil & {{otp}}</a>";

        JsonNode job = verification(name, "en");

        assertThat(job.get("body").asText()).doesNotContain("<a ", "O'Neil & ").contains("&lt;a href&#61;&quot;https", "O&#39;Neil &amp; ");
        assertThat(job.get("text").asText()).contains("Hello " + name + ",");
        assertThat(job.get("subject").asText()).isEqualTo("Email Verification");
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "  "})
    void who_has_no_name_is_greeted_without_one(String name) throws IOException {
        assertThat(verification(name, "en").get("text").asText()).startsWith("Hello,\n");
        assertThat(verification(name, "vi").get("body").asText()).contains("Xin chào,");
    }

    @Test
    void a_subject_is_one_line_even_if_a_name_has_two() throws IOException {
        for (String lang : Languages.OFFERED) {
            JsonNode job = verification("Ann\r\nBcc: eve@example.com", lang);

            assertThat(job.get("subject").asText()).isNotBlank().doesNotContain("\r", "\n", "Bcc");
        }
    }

    @Test
    void a_route_hands_over_its_variables() throws Exception {
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            camel.getRegistry().bind("mailTemplates", templates);
            camel.start();
            Exchange exchange = new DefaultExchange(camel);
            exchange.setVariable("user", user("Ann"));
            exchange.setVariable("otp", "012345");
            exchange.setVariable("lang", null);
            exchange.setVariable("Accept-Language", "vi");

            String job = camel.resolveLanguage("bean").createExpression("mailTemplates?method=verification")
                    .evaluate(exchange, String.class);

            assertThat(job).contains("012345", "Xin chào Ann");
        }
    }

    private JsonNode verification(String fullName, String lang) throws IOException {
        return new ObjectMapper().readTree(templates.verification(user(fullName), "012345", lang, null));
    }

    private static Map<String, Object> user(String fullName) {
        Map<String, Object> user = new HashMap<>(Map.of("email", "ann@example.com"));
        user.put("full_name", fullName);
        return user;
    }
}
