package smap.identity.mail;

import jakarta.mail.MessagingException;

/** Failures as this package throws them, for tests of what becomes of them. */
public final class MailFailures {

    private MailFailures() {}

    public static MessagingException in(SmtpPhase phase, String words) {
        return phase.mark(new MessagingException(words));
    }

    public static MessagingException noFreeConnection() {
        return SmtpPhase.CONNECT.mark(new NoFreeConnectionException("all were busy"));
    }

    public static RuntimeException underWay() {
        return new MailUnderWayException("7a4c1d2e-0000-4000-8000-000000000002");
    }

    public static RuntimeException unreadable() {
        return UnreadableJobException.expected("job", "a JSON object");
    }
}
