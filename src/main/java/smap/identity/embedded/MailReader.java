package smap.identity.embedded;

import jakarta.mail.Address;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Multipart;
import jakarta.mail.Part;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeUtility;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UnsupportedEncodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Turns one MIME message into the record that the mailbox page shows. For one message and one thread. */
final class MailReader {

    private final MimeMessage message;
    private final List<AttachmentInfo> attachments = new ArrayList<>();
    private String text;
    private String html;

    MailReader(MimeMessage message) {
        this.message = message;
    }

    /** @param recipients the envelope's */
    ReceivedMail read(String id, Instant receivedAt, String sender, Collection<String> recipients) throws MessagingException, IOException {
        collect(message);
        List<String> from = addresses(message.getHeader("From"));
        List<String> to = new ArrayList<>(addresses(message.getHeader("To")));
        List<String> cc = addresses(message.getHeader("Cc"));
        Set<String> named = new HashSet<>();
        addBare(named, message.getRecipients(Message.RecipientType.TO));
        addBare(named, message.getRecipients(Message.RecipientType.CC));
        recipients.stream().filter(recipient -> !named.contains(recipient.toLowerCase(Locale.ROOT))).sorted().forEach(to::add);
        List<String> replyTo = addresses(message.getHeader("Reply-To"));
        return new ReceivedMail(id, receivedAt, from.isEmpty() ? sender : String.join(", ", from), to, cc,
                replyTo.isEmpty() ? null : String.join(", ", replyTo), decoded(message.getSubject()), text, html, attachments,
                message.getMessageID());
    }

    private void collect(Part part) throws MessagingException, IOException {
        boolean attached = Part.ATTACHMENT.equalsIgnoreCase(part.getDisposition()) || part.getFileName() != null;
        if (!attached && part.isMimeType("multipart/*") && part.getContent() instanceof Multipart parts) {
            for (int i = 0; i < parts.getCount(); i++) {
                collect(parts.getBodyPart(i));
            }
        } else if (!attached && text == null && part.isMimeType("text/plain")) {
            text = text(part);
        } else if (!attached && html == null && part.isMimeType("text/html")) {
            html = text(part);
        } else {
            String type = part.getContentType().split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
            attachments.add(new AttachmentInfo(decoded(part.getFileName()), type, size(part)));
        }
    }

    private static String text(Part part) throws MessagingException, IOException {
        try {
            if (part.getContent() instanceof String content) {
                return content;
            }
        } catch (UnsupportedEncodingException e) {
            // a charset this JVM does not know: show what can be shown
            return bytes(part);
        }
        return bytes(part);
    }

    private static String bytes(Part part) throws MessagingException, IOException {
        try (InputStream content = part.getInputStream()) {
            return new String(content.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static long size(Part part) throws MessagingException, IOException {
        try (InputStream content = part.getInputStream()) {
            return content.transferTo(OutputStream.nullOutputStream());
        }
    }

    private static List<String> addresses(String[] headers) throws MessagingException {
        if (headers == null) {
            return List.of();
        }
        List<String> addresses = new ArrayList<>();
        for (String header : headers) {
            for (InternetAddress address : InternetAddress.parseHeader(header, false)) {
                addresses.add(address.toUnicodeString());
            }
        }
        return addresses;
    }

    private static void addBare(Set<String> named, Address[] addresses) {
        if (addresses != null) {
            for (Address address : addresses) {
                if (address instanceof InternetAddress internet && internet.getAddress() != null) {
                    named.add(internet.getAddress().toLowerCase(Locale.ROOT));
                }
            }
        }
    }

    private static String decoded(String value) throws UnsupportedEncodingException {
        return value == null ? "" : MimeUtility.decodeText(value);
    }
}
