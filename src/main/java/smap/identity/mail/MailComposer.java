package smap.identity.mail;

import jakarta.activation.DataHandler;
import jakarta.mail.BodyPart;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Part;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.ContentType;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import jakarta.mail.util.ByteArrayDataSource;
import java.io.UnsupportedEncodingException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import smap.identity.settings.Settings;

/**
 * Makes a finished MIME message (RFC 5322, RFC 2045) out of a mail job. The result is already saved: its Message-ID depends on
 * the job alone, so that a mail sent again is recognised as the same one by whoever receives it. Immutable and thread-safe.
 */
public final class MailComposer {

    private static final String UTF_8 = StandardCharsets.UTF_8.name();

    /** dot-atom-text (RFC 5322, section 3.2.3), as far as job ids need it. */
    private static final Pattern JOB_ID = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");

    private final InternetAddress from;
    private final String domain;
    private final Clock clock;

    /**
     * A composer of mails from one sender.
     *
     * @param fromName display name of the sender; {@code null} or empty for none
     * @param clock gives the Date header, at a precision of seconds
     * @throws IllegalArgumentException if the sender is not one mailbox
     */
    public MailComposer(String fromAddress, String fromName, Clock clock) {
        this.clock = Objects.requireNonNull(clock, "clock");
        try {
            this.from = Mailbox.parse(fromAddress);
            if (fromName != null && !fromName.isBlank()) {
                from.setPersonal(fromName, UTF_8);
            }
        } catch (AddressException | UnsupportedEncodingException e) {
            throw new IllegalArgumentException("sender: expected " + e.getMessage(), e);
        }
        this.domain = from.getAddress().substring(from.getAddress().lastIndexOf('@') + 1);
    }

    public static MailComposer of(Settings settings, Clock clock) {
        return new MailComposer(settings.get("smtp.from"), settings.get("smtp.from.name"), clock);
    }

    /**
     * Composes the mail of a job.
     *
     * <p>The blind recipients stand in the message's Bcc header, where the transport looks for its recipients; the transport leaves that
     * header out of what it writes.
     *
     * @param jobId left part of the Message-ID: letters, digits, {@code -}, {@code _}, single dots
     * @throws IllegalArgumentException if the job's id cannot stand in a Message-ID
     * @throws MessagingException if an address is not a mailbox; a job that {@link EmailDataReader} has read has none such
     */
    public MimeMessage compose(EmailData mail, String jobId) throws MessagingException {
        MimeMessage message = new IdentifiedMessage(jobId, messageId(jobId));
        message.setFrom(from);
        message.setRecipient(Message.RecipientType.TO, Mailbox.parse(mail.recipient()));
        addRecipients(message, Message.RecipientType.CC, mail.ccAddresses());
        addRecipients(message, Message.RecipientType.BCC, mail.bccAddresses());
        if (mail.replyTo() != null) {
            message.setReplyTo(new InternetAddress[] {Mailbox.parse(mail.replyTo())});
        }
        message.setSubject(mail.subject(), UTF_8);
        message.setSentDate(Date.from(clock.instant()));
        // Keeps holiday notices and list software from answering (RFC 3834, section 5).
        message.setHeader("Auto-Submitted", "auto-generated");
        writeContent(message, mail);
        message.saveChanges();
        return message;
    }

    private String messageId(String jobId) {
        if (jobId == null || !JOB_ID.matcher(jobId).matches()) {
            throw new IllegalArgumentException("jobId: expected letters, digits, '-', '_' and single dots");
        }
        return "<" + jobId + "@" + domain + ">";
    }

    private static void addRecipients(MimeMessage message, Message.RecipientType type, List<String> mailboxes)
            throws MessagingException {
        for (String mailbox : mailboxes) {
            message.addRecipient(type, Mailbox.parse(mailbox));
        }
    }

    private static void writeContent(MimeMessage message, EmailData mail) throws MessagingException {
        if (mail.attachments().isEmpty()) {
            writeReadablePart(message, mail);
            return;
        }
        MimeMultipart mixed = new MimeMultipart("mixed");
        MimeBodyPart readable = new MimeBodyPart();
        writeReadablePart(readable, mail);
        mixed.addBodyPart(readable);
        for (Attachment attachment : mail.attachments()) {
            mixed.addBodyPart(attachmentPart(attachment));
        }
        message.setContent(mixed);
    }

    /** HTML alone, or both forms with the plain one first: readers take the last form they understand (RFC 2046, section 5.1.4). */
    private static void writeReadablePart(Part part, EmailData mail) throws MessagingException {
        if (mail.text() == null) {
            writeText(part, mail.body(), "html");
            return;
        }
        MimeBodyPart plain = new MimeBodyPart();
        writeText(plain, mail.text(), "plain");
        MimeBodyPart html = new MimeBodyPart();
        writeText(html, mail.body(), "html");
        part.setContent(new MimeMultipart("alternative", plain, html));
    }

    private static void writeText(Part part, String text, String subtype) throws MessagingException {
        part.setDataHandler(new DataHandler(
                new ByteArrayDataSource(text.getBytes(StandardCharsets.UTF_8), "text/" + subtype + "; charset=UTF-8")));
    }

    private static BodyPart attachmentPart(Attachment attachment) throws MessagingException {
        ContentType type = new ContentType(attachment.contentType());
        if (type.match("multipart/*") || type.match("message/*")) {
            // A composite type must not be base64 (RFC 2046, sections 5.1 and 5.2.1), and only base64 keeps every byte.
            type = new ContentType(Attachment.DEFAULT_CONTENT_TYPE);
        }
        MimeBodyPart part = new MimeBodyPart();
        part.setDataHandler(new DataHandler(new ByteArrayDataSource(attachment.data(), type.toString())));
        part.setHeader("Content-Type", type.toString());
        part.setHeader("Content-Disposition", new FileNameHeader(attachment.filename()).toString());
        part.setHeader("Content-Transfer-Encoding", "base64");
        return part;
    }
}
