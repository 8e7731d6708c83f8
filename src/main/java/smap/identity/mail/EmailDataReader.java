package smap.identity.mail;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.ContentType;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.ParseException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.camel.Variable;

/**
 * Reads a mail job (product rules, section 4) and checks all of it, so that whatever it returns can be made into a mail.
 *
 * <p>Names match without regard to case or underscores: {@code reply_to}, {@code replyTo} and {@code ReplyTo} are one field; when
 * two spellings are present the last one wins. Unknown fields are ignored. {@code null} is the same as absent; so is an empty
 * {@code text}, {@code reply_to} or {@code content_type}, because the old services write a missing string that way.
 * Addresses come out normalised: domains in punycode and lower case. Immutable and thread-safe.
 */
public final class EmailDataReader {

    private static final int DEEPEST_NESTING = 32;

    /** In characters; holds an attachment of 48 MiB in base64. */
    private static final int LONGEST_STRING = 64 * 1024 * 1024;

    private final int mostBytes;
    private final ObjectReader json = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEEPEST_NESTING)
                            .maxStringLength(LONGEST_STRING)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .readerFor(JsonNode.class);

    /** @param mostBytes of a job; a larger one is refused unread */
    public EmailDataReader(int mostBytes) {
        this.mostBytes = mostBytes;
    }

    /**
     * Reads one job.
     *
     * @param job a JSON object in UTF-8, with or without a byte order mark; the message's content type does not matter
     * @throws UnreadableJobException if it is not one, or a field is missing, of the wrong type, or could alter the mail's header
     */
    public EmailData read(@Variable("job") byte[] job) {
        Map<String, JsonNode> fields = fields("job", parse(job));
        return new EmailData(
                headerText("subject", requiredText("subject", fields.get("subject"))),
                mailbox("recipient", requiredText("recipient", fields.get("recipient"))),
                body(fields.get("body")),
                emptyAsNull(optionalText("text", fields.get("text"))),
                replyTo(fields.get("replyto")),
                mailboxes("cc_addresses", fields.get("ccaddresses")),
                mailboxes("bcc_addresses", fields.get("bccaddresses")),
                attachments(fields.get("attachments")));
    }

    private JsonNode parse(byte[] job) {
        if (job == null || job.length == 0) {
            throw UnreadableJobException.expected("job", "a JSON object");
        }
        if (job.length > mostBytes) {
            throw UnreadableJobException.expected("job", mostBytes + " bytes at most, got " + job.length);
        }
        try {
            return json.readValue(job);
        } catch (IOException e) {
            throw UnreadableJobException.expected("job", "a valid JSON object");
        }
    }

    private static Map<String, JsonNode> fields(String name, JsonNode object) {
        if (object == null || !object.isObject()) {
            throw UnreadableJobException.expected(name, "a JSON object");
        }
        Map<String, JsonNode> fields = new HashMap<>();
        object.properties()
                .forEach(field -> fields.put(field.getKey().replace("_", "").toLowerCase(Locale.ROOT), field.getValue()));
        return fields;
    }

    private static String requiredText(String name, JsonNode value) {
        String text = optionalText(name, value);
        if (text == null || text.isBlank()) {
            throw UnreadableJobException.expected(name, "text that is not blank");
        }
        return text;
    }

    private static String optionalText(String name, JsonNode value) {
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw UnreadableJobException.expected(name, "text");
        }
        return value.textValue();
    }

    private static String body(JsonNode value) {
        String body = optionalText("body", value);
        if (body == null || body.isEmpty()) {
            throw UnreadableJobException.expected("body", "text that is not empty");
        }
        return body;
    }

    private static String replyTo(JsonNode value) {
        String text = emptyAsNull(optionalText("reply_to", value));
        return text == null ? null : mailbox("reply_to", text);
    }

    private static String emptyAsNull(String text) {
        return text == null || text.isEmpty() ? null : text;
    }

    /** A line break here would begin a header of the job's choice (RFC 5322, section 2.2). */
    private static String headerText(String name, String text) {
        if (text.chars().anyMatch(c -> c == '\r' || c == '\n' || c == '\0')) {
            throw UnreadableJobException.expected(name, "text without line breaks or NUL");
        }
        return text;
    }

    private static String mailbox(String name, String text) {
        try {
            InternetAddress mailbox = Mailbox.parse(headerText(name, text));
            return mailbox.toUnicodeString();
        } catch (AddressException e) {
            throw UnreadableJobException.expected(name, e.getMessage());
        }
    }

    private static Iterable<JsonNode> list(String name, JsonNode value) {
        if (value == null || value.isNull()) {
            return List.of();
        }
        if (!value.isArray()) {
            throw UnreadableJobException.expected(name, "a list");
        }
        return value;
    }

    private static List<String> mailboxes(String name, JsonNode value) {
        List<String> mailboxes = new ArrayList<>();
        for (JsonNode element : list(name, value)) {
            String place = name + "[" + mailboxes.size() + "]";
            mailboxes.add(mailbox(place, requiredText(place, element)));
        }
        return mailboxes;
    }

    private static List<Attachment> attachments(JsonNode value) {
        List<Attachment> attachments = new ArrayList<>();
        for (JsonNode element : list("attachments", value)) {
            String place = "attachments[" + attachments.size() + "]";
            Map<String, JsonNode> fields = fields(place, element);
            String filename = place + ".filename";
            attachments.add(new Attachment(
                    headerText(filename, requiredText(filename, fields.get("filename"))),
                    contentType(place + ".content_type", fields.get("contenttype")),
                    bytes(place + ".data", fields.get("data"))));
        }
        return attachments;
    }

    private static String contentType(String name, JsonNode value) {
        String text = emptyAsNull(optionalText(name, value));
        if (text == null) {
            return Attachment.DEFAULT_CONTENT_TYPE;
        }
        try {
            // Printed again from its parts: what the parser skipped must not reach the header.
            return new ContentType(headerText(name, text)).toString();
        } catch (ParseException e) {
            throw UnreadableJobException.expected(name, "a media type such as application/pdf");
        }
    }

    private static byte[] bytes(String name, JsonNode value) {
        String text = optionalText(name, value);
        if (text == null) {
            throw UnreadableJobException.expected(name, "base64 text");
        }
        try {
            return Base64.getDecoder().decode(text.replaceAll("\\s", ""));
        } catch (IllegalArgumentException e) {
            throw UnreadableJobException.expected(name, "base64 text");
        }
    }
}
