package smap.identity.mail;

/** Another worker has the same job in hand, so that nothing was done with this copy of it. */
public final class MailUnderWayException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    MailUnderWayException(String jobId) {
        super("another worker is sending mail " + jobId);
    }
}
