package smap.identity.mail;

/**
 * How far a mail had come when its sending failed, in the order of the protocol (RFC 5321, section 3.3).
 *
 * <p>The mail classes give a lost connection the same exception wherever it happens. {@link PooledMailSender} therefore marks what
 * it throws, without changing it: {@link #of(Throwable)} reads the mark.
 */
public enum SmtpPhase {
    /** No connection could be had or made: nothing of this mail was said. The server or the account is at fault, not the mail. */
    CONNECT,
    /** The sender was not accepted yet. */
    MAIL,
    /** The sender was accepted, not yet all recipients. */
    RCPT,
    /** The recipients were accepted, the request to send the contents was not. */
    DATA,
    /** The contents were under way: the server has no complete mail. */
    CONTENT,
    /** The contents were complete. Without a reply the server may or may not have taken the mail. */
    END_OF_DATA;

    /** The phase in which this failure, or the one it was caused by, happened; {@code null} if it did not come from a mail sender. */
    public static SmtpPhase of(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            for (Throwable suppressed : cause.getSuppressed()) {
                if (suppressed instanceof Mark mark) {
                    return mark.phase;
                }
            }
        }
        return null;
    }

    /** Marks the failure, once, and returns it. */
    <T extends Throwable> T mark(T failure) {
        if (of(failure) == null) {
            failure.addSuppressed(new Mark(this));
        }
        return failure;
    }

    private static final class Mark extends Exception {

        private static final long serialVersionUID = 1L;

        private final SmtpPhase phase;

        Mark(SmtpPhase phase) {
            super("phase " + phase, null, false, false);
            this.phase = phase;
        }
    }
}
