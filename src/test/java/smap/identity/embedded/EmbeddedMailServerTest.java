package smap.identity.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.activation.DataHandler;
import jakarta.mail.Address;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import jakarta.mail.util.ByteArrayDataSource;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Properties;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EmbeddedMailServerTest {

    private static final Instant NOW = Instant.parse("2026-11-23T10:15:30Z");

    private final EmbeddedMailServer server = EmbeddedMailServer.start(Clock.fixed(NOW, ZoneOffset.UTC));

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void a_mail_with_html_and_text_is_decoded() throws Exception {
        MimeMessage message = message();
        message.setFrom(new InternetAddress("no-reply@smap.test", "Bản đồ", "UTF-8"));
        message.setRecipients(Message.RecipientType.TO, "an@example.test, binh@example.test");
        message.setRecipients(Message.RecipientType.CC, "copy@example.test");
        message.setReplyTo(new Address[] {new InternetAddress("help@smap.test")});
        message.setSubject("Mã xác thực của bạn ✓", "UTF-8");
        message.setContent(alternative("Mã: 123456", "<p>Mã: <b>123456</b></p>"));
        send(message, "an@example.test", "binh@example.test", "copy@example.test", "hidden@example.test");

        assertThat(server.mails()).singleElement().satisfies(mail -> {
            assertThat(mail.id()).isNotBlank();
            assertThat(mail.receivedAt()).isEqualTo(NOW);
            assertThat(mail.from()).contains("Bản đồ").contains("<no-reply@smap.test>");
            assertThat(mail.to()).containsExactly("an@example.test", "binh@example.test", "hidden@example.test");
            assertThat(mail.cc()).containsExactly("copy@example.test");
            assertThat(mail.replyTo()).isEqualTo("help@smap.test");
            assertThat(mail.subject()).isEqualTo("Mã xác thực của bạn ✓");
            assertThat(mail.text()).isEqualTo("Mã: 123456");
            assertThat(mail.html()).isEqualTo("<p>Mã: <b>123456</b></p>");
            assertThat(mail.attachments()).isEmpty();
            assertThat(mail.messageId()).isEqualTo(message.getMessageID());
        });
    }

    @Test
    void attachments_are_described_and_not_kept() throws Exception {
        MimeBodyPart body = new MimeBodyPart();
        body.setContent(alternative("text", "<p>html</p>"));
        MimeBodyPart invoice = new MimeBodyPart();
        invoice.setContent(new byte[12_345], "application/pdf");
        invoice.setFileName("hóa đơn.pdf");
        MimeBodyPart note = new MimeBodyPart();
        note.setText("not the body", "UTF-8");
        note.setDisposition("attachment");
        MimeMessage message = message();
        message.setContent(new MimeMultipart(note, body, invoice));
        send(message, "an@example.test");

        assertThat(server.mails()).singleElement().satisfies(mail -> {
            assertThat(mail.text()).isEqualTo("text");
            assertThat(mail.attachments()).containsExactly(
                    new AttachmentInfo("", "text/plain", 12), new AttachmentInfo("hóa đơn.pdf", "application/pdf", 12_345));
        });
    }

    @Test
    void a_plain_mail_without_headers_shows_its_envelope() throws Exception {
        MimeMessage message = message();
        message.setText("only text");
        send(message, "an@example.test");

        assertThat(server.mails()).singleElement().satisfies(mail -> {
            assertThat(mail.from()).contains("@");
            assertThat(mail.to()).containsExactly("an@example.test");
            assertThat(mail.replyTo()).isNull();
            assertThat(mail.subject()).isEmpty();
            assertThat(mail.text()).isEqualTo("only text");
            assertThat(mail.html()).isNull();
        });
    }

    @Test
    void a_charset_nobody_knows_does_not_lose_the_mail() throws Exception {
        MimeMessage message = message();
        byte[] text = "straße".getBytes(StandardCharsets.UTF_8);
        message.setDataHandler(new DataHandler(new ByteArrayDataSource(text, "text/plain; charset=x-unheard-of")));
        send(message, "an@example.test");

        assertThat(server.mails()).singleElement().satisfies(mail -> assertThat(mail.text()).isEqualTo("straße"));
    }

    @Test
    void the_newest_500_mails_are_kept_newest_first() throws Exception {
        Session session = session();
        try (Transport transport = session.getTransport("smtp")) {
            transport.connect();
            for (int i = 1; i <= 502; i++) {
                MimeMessage message = new MimeMessage(session);
                message.setSubject("mail " + i);
                message.setText("");
                message.saveChanges();
                transport.sendMessage(message, InternetAddress.parse("an@example.test"));
            }
        }

        assertThat(server.mails()).extracting(ReceivedMail::subject)
                .containsExactlyElementsOf(IntStream.range(0, 500).mapToObj(i -> "mail " + (502 - i)).toList());
        assertThat(server.mails()).extracting(ReceivedMail::id).doesNotHaveDuplicates();
    }

    @Test
    void long_mails_push_older_ones_out_before_memory_does() throws Exception {
        for (int i = 1; i <= 4; i++) {
            MimeMessage message = message();
            message.setSubject("mail " + i);
            message.setText(("x".repeat(99) + "\n").repeat(100_000));
            send(message, "an@example.test");
        }

        assertThat(server.mails()).extracting(ReceivedMail::subject).containsExactly("mail 4", "mail 3", "mail 2");
    }

    @Test
    void credentials_of_any_kind_are_accepted() throws Exception {
        Properties properties = session().getProperties();
        properties.put("mail.smtp.auth", "true");
        Session session = Session.getInstance(properties);
        try (Transport transport = session.getTransport("smtp")) {
            transport.connect("anyone", "anything");
            assertThat(transport.isConnected()).isTrue();
        }
    }

    @Test
    void nothing_listens_after_the_stop() {
        server.close();

        assertThatThrownBy(() -> new Socket(server.host(), server.port()).close()).isInstanceOf(ConnectException.class);
        assertThat(server.mails()).isEmpty();
    }

    private MimeMessage message() {
        return new MimeMessage(session());
    }

    private Session session() {
        Properties properties = new Properties();
        properties.put("mail.smtp.host", server.host());
        properties.put("mail.smtp.port", Integer.toString(server.port()));
        properties.put("mail.smtp.from", "bounce@smap.test");
        return Session.getInstance(properties);
    }

    private static void send(MimeMessage message, String... recipients) throws MessagingException {
        message.saveChanges();
        try (Transport transport = message.getSession().getTransport("smtp")) {
            transport.connect();
            transport.sendMessage(message, InternetAddress.parse(String.join(",", recipients)));
        }
    }

    private static MimeMultipart alternative(String text, String html) throws MessagingException {
        MimeBodyPart plain = new MimeBodyPart();
        plain.setText(text, "UTF-8");
        MimeBodyPart rich = new MimeBodyPart();
        rich.setContent(html, "text/html; charset=UTF-8");
        return new MimeMultipart("alternative", plain, rich);
    }
}
