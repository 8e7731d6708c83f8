package smap.identity.embedded;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * The mailbox of the embedded mail server as a page and as JSON. The page fetches itself as JSON, so both are to be served
 * at one address by {@code Accept}, and the page only together with {@link #contentSecurityPolicy()}: mails are foreign
 * content.
 *
 * <p>Thread-safe.
 */
public final class MailboxPage {

    private static final String SCRIPT_START = "<script>";
    private static final String SCRIPT_END = "</script>";

    private final ObjectMapper mapper = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .addModule(new SimpleModule().addSerializer(Instant.class, ToStringSerializer.instance))
            .build();
    private final String html;
    private final String contentSecurityPolicy;

    public MailboxPage() {
        html = resource();
        // The frame of a mail inherits this policy. So styles may be inline, as mails have them, but no script runs save the
        // page's own, and nothing is fetched from elsewhere: no remote image tells a sender that its mail was opened.
        contentSecurityPolicy = "default-src 'none'; script-src '" + scriptHash(html) + "'; style-src 'unsafe-inline'; img-src data:;"
                + " connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }

    /** {@code {"mails": […]}} in the order given; times in RFC 3339, UTC. */
    public String json(List<ReceivedMail> mails) {
        try {
            return mapper.writeValueAsString(Map.of("mails", mails));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a mail cannot be written as JSON", e);
        }
    }

    /** The page, the same for any mails. */
    public String html() {
        return html;
    }

    /** Value of the header Content-Security-Policy for the page. */
    public String contentSecurityPolicy() {
        return contentSecurityPolicy;
    }

    private static String resource() {
        try (InputStream page = MailboxPage.class.getResourceAsStream("/embedded/mailbox.html")) {
            return new String(page.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String scriptHash(String html) {
        String script = html.substring(html.indexOf(SCRIPT_START) + SCRIPT_START.length(), html.indexOf(SCRIPT_END));
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8));
            return "sha256-" + Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
