package smap.identity.flow;

import jakarta.mail.BodyPart;
import jakarta.mail.MessagingException;
import jakarta.mail.Multipart;
import jakarta.mail.Part;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What is inside a received mail. */
final class MailParts {

    private MailParts() {}

    static String text(MimeMessage mail) {
        return content(mail, "text/plain");
    }

    static String html(MimeMessage mail) {
        return content(mail, "text/html");
    }

    static List<Part> attachments(MimeMessage mail) {
        return leaves(mail).stream().filter(MailParts::isAttachment).toList();
    }

    private static String content(MimeMessage mail, String type) {
        return leaves(mail).stream()
                .filter(part -> !isAttachment(part) && isType(part, type))
                .map(MailParts::read)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + type + " in the mail"));
    }

    private static List<Part> leaves(Part part) {
        try {
            if (!(part.getContent() instanceof Multipart multipart)) {
                return List.of(part);
            }
            List<Part> leaves = new ArrayList<>();
            for (int i = 0; i < multipart.getCount(); i++) {
                BodyPart child = multipart.getBodyPart(i);
                leaves.addAll(leaves(child));
            }
            return leaves;
        } catch (IOException | MessagingException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean isAttachment(Part part) {
        try {
            return Part.ATTACHMENT.equalsIgnoreCase(part.getDisposition());
        } catch (MessagingException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean isType(Part part, String type) {
        try {
            return part.isMimeType(type);
        } catch (MessagingException e) {
            throw new AssertionError(e);
        }
    }

    private static String read(Part part) {
        try {
            return part.getContent().toString();
        } catch (IOException | MessagingException e) {
            throw new AssertionError(e);
        }
    }
}
