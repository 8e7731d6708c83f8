package smap.identity.embedded;

import java.time.Instant;
import java.util.List;

/**
 * A mail that the embedded mail server has taken, decoded. Immutable.
 *
 * @param id unique, made on receipt
 * @param from header From, else the envelope's sender
 * @param to header To and those recipients of the envelope that no header names (blind copies)
 * @param replyTo null when absent
 * @param subject empty when absent
 * @param text first text/plain part, null when absent
 * @param html first text/html part, null when absent
 * @param messageId null when absent
 */
public record ReceivedMail(
        String id,
        Instant receivedAt,
        String from,
        List<String> to,
        List<String> cc,
        String replyTo,
        String subject,
        String text,
        String html,
        List<AttachmentInfo> attachments,
        String messageId) {

    public ReceivedMail {
        to = List.copyOf(to);
        cc = List.copyOf(cc);
        attachments = List.copyOf(attachments);
    }
}
