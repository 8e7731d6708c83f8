package smap.identity.mail;

import jakarta.mail.Address;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.URLName;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import org.eclipse.angus.mail.smtp.SMTPTransport;

/**
 * One connection to the mail server, which knows how far its present mail has come and whether it can carry another one.
 * Used by one thread at a time.
 */
final class SmtpConnection extends SMTPTransport {

    /** "Service not available, closing transmission channel" (RFC 5321, section 4.2.3). */
    private static final int CLOSING = 421;

    /** Angus's code for the end of the stream. */
    private static final int END_OF_STREAM = -1;

    private final SmtpSettings settings;
    private SmtpPhase phase = SmtpPhase.CONNECT;
    private boolean lineLost;
    private boolean usable = true;
    private boolean aborted;
    private int mails;
    private long idleSince;

    SmtpConnection(Session session, SmtpSettings settings) {
        super(session, new URLName("smtp", settings.host(), settings.port(), null, settings.username(), null));
        this.settings = settings;
    }

    /** Connects, starts TLS and logs in, as the settings say. */
    void open() throws MessagingException {
        try {
            connect(settings.host(), settings.port(), settings.username(), settings.password());
        } catch (MessagingException | RuntimeException | Error e) {
            SmtpPhase.CONNECT.mark(e);
            throw e;
        }
    }

    /** Says NOOP. */
    void check() throws MessagingException {
        try {
            issueCommand("NOOP", 250);
        } catch (MessagingException e) {
            usable = false;
            SmtpPhase.CONNECT.mark(e);
            throw e;
        }
    }

    /** Sends one mail; what is thrown is what Angus throws, marked with its {@link SmtpPhase}. */
    void deliver(MimeMessage message, Address[] recipients) throws MessagingException {
        mails++;
        phase = SmtpPhase.MAIL;
        boolean answered = false;
        try {
            sendMessage(message, recipients);
            answered = true;
        } catch (SendFailedException e) {
            answered = true;
            phase.mark(e);
            throw e;
        } catch (MessagingException | RuntimeException | Error e) {
            phase.mark(e);
            throw e;
        } finally {
            usable = answered && !lineLost;
        }
    }

    /**
     * Sends one mail over a connection that was idle.
     *
     * @return {@code false} if the server had left it before it accepted the mail's sender: nothing was sent, and a new connection is safe
     */
    boolean deliverUnlessStale(MimeMessage message, Address[] recipients) throws MessagingException {
        try {
            deliver(message, recipients);
            return true;
        } catch (MessagingException e) {
            // A server that is merely slow would be just as slow again, and the waiting would be doubled.
            boolean slow = e.getNextException() instanceof SocketTimeoutException;
            if (phase == SmtpPhase.MAIL && lineLost && !slow) {
                return false;
            }
            throw e;
        }
    }

    /** Whether it can carry another mail: the last one got its answer, and the line is not lost. */
    boolean isUsable() {
        return usable;
    }

    int mails() {
        return mails;
    }

    void idleSince(long nanoTime) {
        idleSince = nanoTime;
    }

    long idleSince() {
        return idleSince;
    }

    /** Closes with QUIT and waits for the answer, at most the read limit. */
    void quit() {
        closeQuietly();
    }

    /** Closes without another word, for a line on which words would be lost or taken for a mail's contents. */
    void abort() {
        aborted = true;
        closeQuietly();
    }

    private void closeQuietly() {
        try {
            close();
        } catch (MessagingException e) {
            // The socket is closed all the same, and nobody waits for this answer.
        }
    }

    @Override
    protected void mailFrom() throws MessagingException {
        super.mailFrom();
        phase = SmtpPhase.RCPT;
    }

    @Override
    protected void rcptTo() throws MessagingException {
        super.rcptTo();
        phase = SmtpPhase.DATA;
    }

    @Override
    protected OutputStream data() throws MessagingException {
        OutputStream stream = super.data();
        phase = SmtpPhase.CONTENT;
        return stream;
    }

    @Override
    protected void finishData() throws IOException, MessagingException {
        phase = SmtpPhase.END_OF_DATA;
        super.finishData();
    }

    @Override
    protected void sendCommand(String command) throws MessagingException {
        if (aborted) {
            throw new MessagingException("connection given up");
        }
        try {
            super.sendCommand(command);
        } catch (MessagingException e) {
            lineLost = true;
            throw e;
        }
    }

    @Override
    protected int readServerResponse() throws MessagingException {
        try {
            int code = super.readServerResponse();
            lineLost |= code == CLOSING || code == END_OF_STREAM;
            return code;
        } catch (MessagingException e) {
            lineLost = true;
            throw e;
        }
    }
}
