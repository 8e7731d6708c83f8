package smap.identity.mail;

import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import java.util.List;

/**
 * Keeps its Message-ID when it is saved, where the base class would make a new one, and says afterwards who did not get it. Used by one
 * thread at a time.
 */
final class IdentifiedMessage extends MimeMessage {

    private final String jobId;
    private final String messageId;
    private List<RefusedRecipient> refused = List.of();

    IdentifiedMessage(String jobId, String messageId) {
        super((Session) null);
        this.jobId = jobId;
        this.messageId = messageId;
    }

    String jobId() {
        return jobId;
    }

    /** The recipients that were refused, for good or for now, while the mail was sent to the others; empty before it is sent. */
    List<RefusedRecipient> refused() {
        return refused;
    }

    void refused(List<RefusedRecipient> recipients) {
        refused = List.copyOf(recipients);
    }

    @Override
    protected void updateMessageID() throws MessagingException {
        setHeader("Message-ID", messageId);
    }
}
