package smap.identity.mail;

import java.util.List;

/**
 * Which replies ask for fewer connections or mails: by code, enhanced status (RFC 3463, RFC 5248) and phase, never by words.
 *
 * <p>421 always does. 450, 451 and 454 do in answer to the sender or the request to send the contents, where no recipient can be meant
 * (and 454 after the contents too, where it has no other meaning). So do the statuses for a system that takes no more, for congestion
 * and for a flood, wherever they come.
 */
final class Throttling {

    private static final int CLOSING = 421;
    private static final int NOT_NOW = 454;
    private static final List<Integer> BUSY = List.of(450, 451, NOT_NOW);
    private static final List<String> STATUSES = List.of("3.2", "4.5", "7.28");

    private Throttling() {}

    /** @param greeting whether it is the first line of a connection */
    static boolean isAskedBy(SmtpReply reply, SmtpPhase phase, boolean greeting) {
        boolean ours = greeting || phase == SmtpPhase.MAIL || phase == SmtpPhase.DATA;
        return reply.code() == CLOSING
                || (ours && BUSY.contains(reply.code()))
                || (phase == SmtpPhase.END_OF_DATA && reply.code() == NOT_NOW)
                || isAskedBy(reply.status());
    }

    /** @param status such as {@code 4.3.2}, or null */
    static boolean isAskedBy(String status) {
        return status != null && STATUSES.contains(status.substring(2));
    }
}
