package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Part;
import jakarta.mail.Session;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MailComposerTest {

    private static final Instant NOW = Instant.parse("2030-01-02T03:04:05Z");

    private final MailComposer composer = new MailComposer("no-reply@smap.example", "SMÄP", Clock.fixed(NOW, ZoneOffset.UTC));

    @Test
    void the_header_says_who_to_whom_and_when() throws Exception {
        MimeMessage mail = wired(composer.compose(
                new EmailData("Grüße 👋", "Änne <ann@bücher.example>", "<p>Hi</p>", null, "support@smap.example",
                        List.of("c1@example.com", "c2@example.com"), List.of("b@example.com"), List.of()),
                "42"));

        InternetAddress from = (InternetAddress) mail.getFrom()[0];
        assertThat(from.getAddress()).isEqualTo("no-reply@smap.example");
        assertThat(from.getPersonal()).isEqualTo("SMÄP");
        InternetAddress to = (InternetAddress) mail.getRecipients(Message.RecipientType.TO)[0];
        assertThat(to.getAddress()).isEqualTo("ann@xn--bcher-kva.example");
        assertThat(to.getPersonal()).isEqualTo("Änne");
        assertThat(mail.getRecipients(Message.RecipientType.CC)).extracting(Object::toString)
                .containsExactly("c1@example.com", "c2@example.com");
        assertThat(mail.getReplyTo()).extracting(Object::toString).containsExactly("support@smap.example");
        assertThat(mail.getSubject()).isEqualTo("Grüße 👋");
        assertThat(mail.getSentDate()).isEqualTo(NOW);
        assertThat(mail.getHeader("MIME-Version")).containsExactly("1.0");
        assertThat(mail.getHeader("Auto-Submitted")).containsExactly("auto-generated");
    }

    @Test
    void nothing_is_written_outside_ascii_or_in_lines_over_998() throws Exception {
        String text = "ä".repeat(3000) + "\n" + "x".repeat(3000);
        for (Part part : new Part[] {
            compose("ü".repeat(300), text, text, attachment("ä".repeat(200) + ".txt", "text/plain", text.getBytes(StandardCharsets.UTF_8))),
            compose("s", "x".repeat(3000), null)
        }) {
            byte[] wire = bytes(part);
            assertThat(wire).matches(bytes -> Arrays.equals(bytes, ascii(bytes)), "is ASCII");
            assertThat(new String(wire, StandardCharsets.US_ASCII).split("\r\n")).allMatch(line -> line.length() <= 998);
        }
    }

    @Test
    void the_message_id_comes_from_the_job_and_survives_saving() throws Exception {
        MimeMessage mail = compose("s", "b", null);
        assertThat(mail.getMessageID()).isEqualTo("<job-1@smap.example>");

        mail.saveChanges();
        assertThat(mail.getMessageID()).isEqualTo("<job-1@smap.example>");
        assertThat(wired(mail).getMessageID()).isEqualTo("<job-1@smap.example>");
    }

    @Test
    void an_id_that_could_leave_its_header_is_refused() {
        for (String id : new String[] {null, "", "a b", "a>\r\nBcc: x", "a@b", ".a", "a..b"}) {
            assertThatThrownBy(() -> composer.compose(mail("s", "b", null), id)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void html_alone_is_one_part() throws Exception {
        MimeMessage mail = wired(compose("s", "<p>Ünïcode</p>", null));

        assertThat(mail.getContentType()).isEqualToIgnoringCase("text/html; charset=UTF-8");
        assertThat(mail.getContent()).isEqualTo("<p>Ünïcode</p>");
    }

    @Test
    void text_and_html_are_alternatives_with_the_text_first() throws Exception {
        MimeMessage mail = wired(compose("s", "<p>hü</p>", "tü"));

        assertThat(mail.isMimeType("multipart/alternative")).isTrue();
        MimeMultipart parts = (MimeMultipart) mail.getContent();
        assertThat(parts.getCount()).isEqualTo(2);
        assertThat(parts.getBodyPart(0).isMimeType("text/plain")).isTrue();
        assertThat(parts.getBodyPart(0).getContent()).isEqualTo("tü");
        assertThat(parts.getBodyPart(1).isMimeType("text/html")).isTrue();
        assertThat(parts.getBodyPart(1).getContent()).isEqualTo("<p>hü</p>");
    }

    @Test
    void attachments_stand_beside_the_text_and_keep_every_byte() throws Exception {
        byte[] noise = new byte[100_000];
        new Random(1).nextBytes(noise);
        byte[] lines = "a\nb\rc\r\n.\r\nd".getBytes(StandardCharsets.US_ASCII);

        MimeMessage mail = wired(compose(
                "s", "<p>h</p>", "t",
                attachment("noise.bin", "application/x-noise", noise),
                attachment("Übersicht 2030.txt", "text/plain; charset=us-ascii", lines),
                attachment("mail.eml", "message/rfc822", lines),
                attachment("plain", null, lines)));

        assertThat(mail.isMimeType("multipart/mixed")).isTrue();
        MimeMultipart parts = (MimeMultipart) mail.getContent();
        assertThat(parts.getCount()).isEqualTo(5);
        assertThat(parts.getBodyPart(0).isMimeType("multipart/alternative")).isTrue();
        assertAttachment(parts.getBodyPart(1), "noise.bin", "application/x-noise", noise);
        assertAttachment(parts.getBodyPart(2), "Übersicht 2030.txt", "text/plain; charset=us-ascii", lines);
        assertAttachment(parts.getBodyPart(3), "mail.eml", "application/octet-stream", lines);
        assertAttachment(parts.getBodyPart(4), "plain", "application/octet-stream", lines);
    }

    @Test
    void a_file_name_outside_ascii_is_written_by_rfc_2231() throws Exception {
        String wire = new String(bytes(compose("s", "b", null, attachment("Ü.txt", "text/plain", new byte[1]))), StandardCharsets.US_ASCII);

        assertThat(wire).contains("filename*=UTF-8''%C3%9C.txt");
    }

    @Test
    void a_long_file_name_is_written_in_pieces_and_read_whole() throws Exception {
        for (String name : new String[] {"ü".repeat(200) + " 👋.txt", "x".repeat(2000), "a\"b\\c;d.txt"}) {
            MimeMultipart parts = (MimeMultipart) wired(compose("s", "b", null, attachment(name, "text/plain", new byte[1]))).getContent();
            assertThat(parts.getBodyPart(1).getFileName()).isEqualTo(name);
        }
    }

    @Test
    void the_blind_recipient_is_among_the_recipients() throws Exception {
        MimeMessage mail = composer.compose(
                new EmailData("s", "to@example.com", "b", null, null, List.of("cc@example.com"), List.of("bcc@example.com"), null), "1");

        assertThat(mail.getAllRecipients()).extracting(Object::toString)
                .containsExactly("to@example.com", "cc@example.com", "bcc@example.com");
    }

    @Test
    void a_sender_without_a_name_has_none() throws Exception {
        for (String name : new String[] {null, "", " "}) {
            MailComposer nameless = new MailComposer("no-reply@smap.example", name, Clock.systemUTC());
            assertThat(nameless.compose(mail("s", "b", null), "1").getHeader("From")).containsExactly("no-reply@smap.example");
        }
        assertThatThrownBy(() -> new MailComposer("no-reply", "n", Clock.systemUTC())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void an_unchecked_address_is_refused_before_anything_is_sent() {
        EmailData unchecked = new EmailData("s", "a@x.example,b@x.example", "b", null, null, null, null, null);

        assertThatThrownBy(() -> composer.compose(unchecked, "1")).isInstanceOf(AddressException.class);
    }

    private static void assertAttachment(Part part, String name, String type, byte[] data) throws Exception {
        assertThat(part.getDisposition()).isEqualTo(Part.ATTACHMENT);
        assertThat(part.getFileName()).isEqualTo(name);
        assertThat(part.getContentType()).isEqualTo(type);
        assertThat(part.getInputStream().readAllBytes()).isEqualTo(data);
    }

    private MimeMessage compose(String subject, String body, String text, Attachment... attachments) throws MessagingException {
        return composer.compose(mail(subject, body, text, attachments), "job-1");
    }

    private static EmailData mail(String subject, String body, String text, Attachment... attachments) {
        return new EmailData(subject, "to@example.com", body, text, null, null, null, List.of(attachments));
    }

    private static Attachment attachment(String name, String type, byte[] data) {
        return new Attachment(name, type, data);
    }

    /** What the receiver sees: written and parsed again. */
    private static MimeMessage wired(MimeMessage mail) throws MessagingException, IOException {
        return new MimeMessage((Session) null, new ByteArrayInputStream(bytes(mail)));
    }

    private static byte[] bytes(Part mail) throws MessagingException, IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        mail.writeTo(out);
        return out.toByteArray();
    }

    private static byte[] ascii(byte[] bytes) {
        return new String(bytes, StandardCharsets.US_ASCII).getBytes(StandardCharsets.US_ASCII);
    }
}
