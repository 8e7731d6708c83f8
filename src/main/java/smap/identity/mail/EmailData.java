package smap.identity.mail;

import java.util.List;
import java.util.Objects;

/**
 * A mail as a job asks for it, before it becomes MIME. Immutable and thread-safe.
 *
 * @param subject any Unicode text on one line
 * @param recipient exactly one mailbox, with or without a display name
 * @param body the HTML form, never empty
 * @param text the plain form, or {@code null} when the mail is HTML only
 * @param replyTo exactly one mailbox, or {@code null}
 * @param ccAddresses mailboxes, one an entry; never {@code null}
 * @param bccAddresses mailboxes, one an entry; never {@code null}
 * @param attachments files in the order of the job; never {@code null}
 */
public record EmailData(
        String subject,
        String recipient,
        String body,
        String text,
        String replyTo,
        List<String> ccAddresses,
        List<String> bccAddresses,
        List<Attachment> attachments) {

    public EmailData {
        Objects.requireNonNull(subject, "subject");
        Objects.requireNonNull(recipient, "recipient");
        Objects.requireNonNull(body, "body");
        ccAddresses = ccAddresses == null ? List.of() : List.copyOf(ccAddresses);
        bccAddresses = bccAddresses == null ? List.of() : List.copyOf(bccAddresses);
        attachments = attachments == null ? List.of() : List.copyOf(attachments);
    }

    /** Counts only: subject, addresses and contents may hold a code or a person's data and must not reach a log. */
    @Override
    public String toString() {
        return "EmailData[body=" + body.length() + " characters, text=" + (text == null ? "none" : text.length() + " characters")
                + ", cc=" + ccAddresses.size() + ", bcc=" + bccAddresses.size() + ", attachments=" + attachments.size() + "]";
    }
}
