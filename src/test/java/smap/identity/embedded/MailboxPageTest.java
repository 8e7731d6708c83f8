package smap.identity.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class MailboxPageTest {

    private final MailboxPage page = new MailboxPage();

    @Test
    void json_has_snake_case_names_and_utc_times() throws IOException {
        ReceivedMail mail = new ReceivedMail("7", Instant.parse("2026-11-23T10:15:30.120Z"), "SMAP <no-reply@smap.test>",
                List.of("an@example.test"), List.of(), null, "Mã ✓", "text", "<p>html</p>",
                List.of(new AttachmentInfo("a.pdf", "application/pdf", 3)), "<1@smap.test>");

        assertThat(new ObjectMapper().readTree(page.json(List.of(mail)))).isEqualTo(new ObjectMapper().readTree("""
                {"mails": [{
                  "id": "7", "received_at": "2026-11-23T10:15:30.120Z", "from": "SMAP <no-reply@smap.test>",
                  "to": ["an@example.test"], "cc": [], "reply_to": null, "subject": "Mã ✓", "text": "text", "html": "<p>html</p>",
                  "attachments": [{"filename": "a.pdf", "content_type": "application/pdf", "size": 3}], "message_id": "<1@smap.test>"
                }]}"""));
    }

    @Test
    void json_of_an_empty_mailbox_is_an_empty_list() throws IOException {
        JsonNode json = new ObjectMapper().readTree(page.json(List.of()));

        assertThat(json.path("mails").isArray()).isTrue();
        assertThat(json.path("mails")).isEmpty();
    }

    @Test
    void the_page_needs_nothing_from_elsewhere() {
        assertThat(page.html()).startsWith("<!DOCTYPE html>").contains("lang=\"en\"")
                .doesNotContain("http://", "https://", "src=", "<link", "@import", "url(");
    }

    @Test
    void the_page_writes_mails_as_text_only() {
        assertThat(page.html()).contains("textContent", "sandbox=\"\"", "srcdoc")
                .doesNotContain("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "onclick");
    }

    @Test
    void the_policy_allows_the_page_its_own_script_and_a_mail_nothing_from_elsewhere() throws Exception {
        String script = page.html().split("<script>")[1].split("</script>")[0];
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8));

        assertThat(page.contentSecurityPolicy().split("; ")).contains(
                "default-src 'none'",
                "script-src 'sha256-" + Base64.getEncoder().encodeToString(digest) + "'",
                "connect-src 'self'",
                "img-src data:",
                "frame-ancestors 'none'");
    }
}
