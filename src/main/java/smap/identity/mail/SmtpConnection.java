package smap.identity.mail;

import jakarta.mail.Address;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.URLName;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.eclipse.angus.mail.smtp.SMTPTransport;

/**
 * One connection to the mail server, which knows how far its present mail has come and whether it can carry another one.
 * Used by one thread at a time; only {@link #cut()} may come from another.
 */
final class SmtpConnection extends SMTPTransport {

    private static final int TAKEN = 250;

    /** "Service not available, closing transmission channel" (RFC 5321, section 4.2.3). */
    private static final int CLOSING = 421;

    /** Angus's code for the end of the stream. */
    private static final int END_OF_STREAM = -1;

    /** Angus's "whatever the answer is", with which it resets after a refusal. */
    private static final int ANY = -1;

    private final SmtpSettings settings;
    private final SmtpSockets sockets;
    private final UnrecordedMails unrecorded;
    private volatile Socket socket;
    private volatile boolean cut;
    private String jobId;
    private SmtpPhase phase = SmtpPhase.CONNECT;
    private boolean greeted;
    private boolean turnedAway;
    private boolean throttled;
    private boolean lineLost;
    private boolean usable;
    private boolean aborted;
    private int mails;
    private long idleSince;

    SmtpConnection(Session session, SmtpSettings settings, SmtpSockets sockets, UnrecordedMails unrecorded) {
        super(session, new URLName("smtp", settings.host(), settings.port(), null, settings.username(), null));
        this.settings = settings;
        this.sockets = sockets;
        this.unrecorded = unrecorded;
    }

    /** Connects, starts TLS and logs in, as the settings say. */
    void open() throws MessagingException {
        sockets.showTo(this::runOver);
        try {
            connect(settings.host(), settings.port(), settings.username(), settings.password());
            usable = true;
        } catch (MessagingException e) {
            turnedAway |= e.getNextException() instanceof ConnectException;
            throw SmtpPhase.CONNECT.mark(inTime(e));
        } catch (RuntimeException | Error e) {
            SmtpPhase.CONNECT.mark(e);
            throw e;
        } finally {
            sockets.showTo(null);
        }
    }

    private void runOver(Socket made) {
        socket = made;
        if (cut) {
            close(made);
        }
    }

    /** Says NOOP. */
    void check() throws MessagingException {
        try {
            issueCommand("NOOP", 250);
        } catch (MessagingException e) {
            usable = false;
            throw SmtpPhase.CONNECT.mark(inTime(e));
        }
    }

    /**
     * Sends one mail; what is thrown is what Angus throws, marked with its {@link SmtpPhase}. A mail that was taken for some of its
     * recipients is sent; an {@link IdentifiedMessage} is told who the others are.
     */
    void deliver(MimeMessage message, Address[] recipients) throws MessagingException {
        mails++;
        jobId = message instanceof IdentifiedMessage identified ? identified.jobId() : null;
        phase = SmtpPhase.MAIL;
        throttled = false;
        boolean answered = false;
        try {
            sendMessage(message, recipients);
            answered = true;
        } catch (SendFailedException e) {
            answered = true;
            if (!(e instanceof SMTPSendFailedException end && end.getReturnCode() == TAKEN)) {
                throw phase.mark(getLastReturnCode() > 0 ? e : inTime(e));
            }
            if (message instanceof IdentifiedMessage identified) {
                identified.refused(refusedRecipients(e));
            }
        } catch (MessagingException e) {
            throw phase.mark(inTime(e));
        } catch (RuntimeException | Error e) {
            phase.mark(e);
            throw e;
        } finally {
            usable = answered && !lineLost;
        }
    }

    private static List<RefusedRecipient> refusedRecipients(MessagingException e) {
        List<RefusedRecipient> refused = new ArrayList<>();
        Exception next = e.getNextException();
        while (next instanceof SMTPAddressFailedException recipient) {
            refused.add(new RefusedRecipient(recipient.getAddress().getAddress(), recipient.getMessage()));
            next = recipient.getNextException();
        }
        return refused;
    }

    /** A cut shows as one of many errors of the socket; what has happened is that time was up. */
    private MessagingException inTime(MessagingException failure) {
        if (!cut) {
            return failure;
        }
        SocketTimeoutException late = new SocketTimeoutException("not done after " + settings.sendTimeout().toMillis() + " ms");
        late.addSuppressed(failure);
        return new MessagingException("The connection to the mail server was cut", late);
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
            if (phase == SmtpPhase.MAIL && lineLost && !slow && !isRefusal(e)) {
                return false;
            }
            throw e;
        }
    }

    private static boolean isRefusal(MessagingException e) {
        return e instanceof SMTPSendFailedException refusal && refusal.getReturnCode() > 0 && refusal.getReturnCode() != CLOSING;
    }

    /** Whether it can carry another mail: it is open, the last mail got its answer, and the line is not lost. */
    boolean isUsable() {
        return usable && !cut;
    }

    /** Whether the server took no further connection: it refused this one, or said 421 before a mail could begin. */
    boolean isTurnedAway() {
        return turnedAway;
    }

    /** Whether the server asked for fewer connections or mails, while this one was opened or during its last mail. */
    boolean isThrottled() {
        return throttled;
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

    /** Ends the conversation under way with an error, from another thread, whatever it waits for. */
    void cut() {
        cut = true;
        Socket known = socket;
        if (known != null) {
            close(known);
        }
    }

    /** The socket below TLS, which does not wait to say goodbye. */
    private static void close(Socket below) {
        try {
            below.close();
        } catch (IOException e) {
            // It is closed.
        }
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
        if (jobId == null) {
            phase = SmtpPhase.END_OF_DATA;
            super.finishData();
            return;
        }
        unrecorded.awaitTurn(jobId);
        try {
            if (cut) {
                throw new MessagingException("cut before the final dot");
            }
            phase = SmtpPhase.END_OF_DATA;
            super.finishData();
            unrecorded.taken(jobId);
        } catch (IOException | MessagingException | RuntimeException e) {
            unrecorded.settled(jobId);
            throw e;
        }
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
    public synchronized void issueCommand(String command, int expected) throws MessagingException {
        if (expected != ANY) {
            super.issueCommand(command, expected);
        } else if (!lineLost) {
            reset(command);
        }
    }

    /** What goes wrong here must not hide the refusal it follows; the line is known to be lost then. */
    private void reset(String command) {
        try {
            super.issueCommand(command, ANY);
        } catch (MessagingException e) {
            lineLost = true;
        }
    }

    @Override
    protected int readServerResponse() throws MessagingException {
        int code;
        try {
            code = super.readServerResponse();
        } catch (MessagingException e) {
            lineLost = true;
            throw e;
        }
        lineLost |= code == CLOSING || code == END_OF_STREAM;
        turnedAway |= code == CLOSING && phase == SmtpPhase.CONNECT;
        throttled |= code >= 400 && Throttling.isAskedBy(SmtpReply.of(code, getLastServerResponse()), phase, !greeted);
        greeted = true;
        if (code == CLOSING && phase == SmtpPhase.RCPT) {
            // Angus would take it for a matter of this recipient and go on with the others.
            throw new SMTPSendFailedException("RCPT TO", code, getLastServerResponse(), null, null, null, null);
        }
        return code;
    }
}
