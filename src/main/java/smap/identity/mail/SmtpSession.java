package smap.identity.mail;

import jakarta.mail.Session;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Properties;
import java.util.concurrent.ScheduledExecutorService;

/** What all connections to the mail server have in common: limits, login, TLS, trust and sockets. Thread-safe. */
final class SmtpSession {

    private final SmtpSettings settings;
    private final UnrecordedMails unrecorded;
    private final SmtpSockets sockets = new SmtpSockets();
    private final Session session;

    /**
     * Connects to nothing yet.
     *
     * @param writeLimits ends writes that take too long
     * @throws IllegalArgumentException if the trust file cannot be used
     */
    SmtpSession(SmtpSettings settings, UnrecordedMails unrecorded, ScheduledExecutorService writeLimits) {
        this.settings = settings;
        this.unrecorded = unrecorded;
        this.session = Session.getInstance(properties(writeLimits));
    }

    Session session() {
        return session;
    }

    /** One more, not opened yet. */
    SmtpConnection connection() {
        return new SmtpConnection(session, settings, sockets, unrecorded);
    }

    private Properties properties(ScheduledExecutorService writeLimits) {
        Properties properties = new Properties();
        properties.setProperty("mail.transport.protocol", "smtp");
        properties.setProperty("mail.smtp.connectiontimeout", Long.toString(settings.connectTimeout().toMillis()));
        properties.setProperty("mail.smtp.timeout", Long.toString(settings.readTimeout().toMillis()));
        properties.setProperty("mail.smtp.writetimeout", Long.toString(settings.writeTimeout().toMillis()));
        // Otherwise each socket starts a thread of its own for its write limit.
        properties.put("mail.smtp.executor.writetimeout", writeLimits);
        properties.setProperty("mail.smtp.localhost", localHost());
        // One refused recipient does not keep the mail from the others.
        properties.setProperty("mail.smtp.sendpartial", "true");
        properties.setProperty("mail.smtp.auth", Boolean.toString(settings.username() != null));
        // PLAIN first: one round trip less than Angus's LOGIN.
        properties.setProperty("mail.smtp.auth.mechanisms", "PLAIN LOGIN DIGEST-MD5");
        boolean startTls = settings.tls() == SmtpTls.REQUIRED || settings.tls() == SmtpTls.OPPORTUNISTIC;
        properties.setProperty("mail.smtp.starttls.enable", Boolean.toString(startTls));
        properties.setProperty("mail.smtp.starttls.required", Boolean.toString(settings.tls() == SmtpTls.REQUIRED));
        properties.setProperty("mail.smtp.ssl.enable", Boolean.toString(settings.tls() == SmtpTls.IMPLICIT));
        properties.setProperty("mail.smtp.ssl.checkserveridentity", Boolean.toString(settings.verify()));
        properties.put("mail.smtp.socketFactory", sockets);
        // A handshake that failed with our trust must not be tried again with the JVM's.
        properties.setProperty("mail.smtp.socketFactory.fallback", "false");
        new SmtpTrust(settings).socketFactory().ifPresent(tls -> properties.put("mail.smtp.ssl.socketFactory", sockets.over(tls)));
        return properties;
    }

    /** Asked for once, because the name service may be slow and each connection would ask it. */
    private static String localHost() {
        try {
            return InetAddress.getLocalHost().getCanonicalHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }
}
