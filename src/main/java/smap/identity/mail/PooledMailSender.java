package smap.identity.mail;

import jakarta.mail.Address;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import java.time.Duration;
import java.util.Date;
import org.apache.camel.component.mail.DefaultJavaMailSender;
import org.apache.camel.component.mail.JavaMailSender;

/**
 * Sends mail over a bounded set of open SMTP connections; Camel's {@code smtp:} endpoint takes it as {@code javaMailSender}, whose host,
 * port and credentials are then those of {@link SmtpSettings} and not the endpoint's. Thread-safe.
 *
 * <p>At most {@link SmtpSettings#connections()} connections are open at one time, the ones being closed in order included, and fewer while
 * the server asks for less ({@link SendingPace}). A caller waits for a free one for at most the connect and the read limit together, and
 * a {@link #bulk()} one for a whole mail's limit if that is longer; for its turn by the rate it waits as long as it takes.
 *
 * <p>Failures are Angus's own, unchanged but for the mark that {@link SmtpPhase#of(Throwable)} reads, but for two: a mail that was not
 * done within its limit ends with a {@link java.net.SocketTimeoutException} as the cause, one that got no connection with
 * {@link NoFreeConnectionException}. A mail is repeated in one case only: the server had closed an idle connection before it accepted the
 * mail's sender. After a refusal the connection stays in use; after any other failure it is dropped. A server that takes no further
 * connection while it keeps others is no failure: the mail waits for one of those.
 *
 * <p>A server that does not offer AUTH is used without login, as Angus does; it will say 530 if it minds.
 */
public final class PooledMailSender extends DefaultJavaMailSender implements AutoCloseable {

    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

    private final SmtpSettings settings;
    private final SmtpConnections connections;
    private final SendingPace pace;

    /**
     * Prepares the sender; connects to nothing yet.
     *
     * @param unrecorded is told of the mails of {@link MailComposer}; whoever records them takes them off again
     * @throws IllegalArgumentException if the trust file cannot be used
     */
    public PooledMailSender(SmtpSettings settings, UnrecordedMails unrecorded) {
        this.settings = settings;
        this.connections = new SmtpConnections(settings, unrecorded);
        this.pace = connections.pace();
        setProtocol("smtp");
        setHost(settings.host());
        setPort(settings.port());
        setJavaMailProperties(connections.session().getProperties());
        setSession(connections.session());
    }

    /** The same connections for mails that can wait: they get what the others leave over. */
    public JavaMailSender bulk() {
        return new BulkMailSender(this);
    }

    /**
     * Sends one mail to its To, Cc and Bcc recipients. It counts as sent when the server took it for at least one of them; the refused ones
     * are recorded in a message of {@link MailComposer}, and nobody tries them again, those included that were refused for now only.
     *
     * <p>A message that has a Message-ID and a MIME-Version is written as it is; any other is saved first and keeps its Message-ID.
     *
     * @throws MessagingException if the mail server did not confirm the mail
     */
    @Override
    public void send(MimeMessage message) throws MessagingException {
        send(message, SendingLane.NORMAL);
    }

    void send(MimeMessage message, SendingLane lane) throws MessagingException {
        prepare(message);
        Address[] recipients = message.getAllRecipients();
        Duration patience = settings.connectTimeout().plus(settings.readTimeout());
        if (lane == SendingLane.BULK && patience.compareTo(settings.sendTimeout()) < 0) {
            patience = settings.sendTimeout();
        }
        connections.acquireForMail(lane, patience);
        pace.began();
        long end = System.nanoTime() + patience.toNanos();
        while (!attempt(message, recipients, lane)) {
            connections.acquire(lane, Duration.ofNanos(Math.max(0, end - System.nanoTime())));
        }
        pace.sent();
    }

    /**
     * Sends the mail in the slot the caller holds, and ends the hold.
     *
     * @return {@code false} if the server took no further connection: nothing was sent, and another slot has a connection
     */
    private boolean attempt(MimeMessage message, Address[] recipients, SendingLane lane) throws MessagingException {
        SmtpConnection connection = connections.pollIdle();
        try (SendLimit limit = connections.limit(settings.sendTimeout())) {
            limit.coverOnly(connection);
            if (connection == null || !connection.deliverUnlessStale(message, recipients)) {
                connections.drop(connection);
                connection = connections.create();
                limit.coverOnly(connection);
                connections.open(connection);
                connection.deliver(message, recipients);
            }
            pace.heed(connection);
            return true;
        } catch (MessagingException e) {
            if (connection.isTurnedAway() && pace.turnedAway(connections.open())) {
                return false;
            }
            pace.heed(connection);
            throw e;
        } finally {
            connections.giveBack(connection, lane);
        }
    }

    /**
     * Shows whether a mail could be sent now: connects, greets, starts TLS and logs in as far as they are set, says NOOP. Sends nothing.
     * The connection is a new one, since an open one says nothing about a password changed meanwhile; it stays in the pool. A server that
     * takes no further connection beside those that are open passes.
     *
     * @throws MessagingException what a mail would have met; {@link NoFreeConnectionException} if all connections were busy for the
     *     connect limit
     */
    public void probe() throws MessagingException {
        connections.acquire(SendingLane.NORMAL, settings.connectTimeout());
        SmtpConnection connection = connections.pollOldest();
        try (SendLimit limit = connections.limit(settings.sendTimeout())) {
            connections.quit(connection);
            connection = connections.create();
            limit.coverOnly(connection);
            connections.open(connection);
            connection.check();
        } catch (MessagingException e) {
            if (!connection.isTurnedAway() || !pace.turnedAway(connections.open())) {
                throw e;
            }
        } finally {
            connections.giveBack(connection, SendingLane.NORMAL);
        }
    }

    /** Mails and probes under way. */
    public int getActive() {
        return connections.active();
    }

    /** Open connections that wait for a mail. */
    public int getIdle() {
        return connections.idle();
    }

    /** Connections opened since the start. */
    public long getOpened() {
        return connections.opened();
    }

    /** Connections that may be open now: those configured, or fewer while the server asks for less. */
    public int getConnectionLimit() {
        return pace.connections();
    }

    /** Mails a second that may be sent now; {@link Double#POSITIVE_INFINITY} while there is no limit. */
    public double getRateLimit() {
        return pace.rate();
    }

    /** Closes within five seconds, see {@link #close(Duration)}. */
    @Override
    public void close() {
        close(CLOSE_LIMIT);
    }

    /**
     * Hands out no more connections, closes the idle ones with QUIT, and waits for the mails under way. Those that need longer than the
     * limit are not cut off: they end by themselves or at their own limits. A second call does nothing.
     */
    public void close(Duration limit) {
        connections.close(limit);
    }

    private static void prepare(MimeMessage message) throws MessagingException {
        if (message.getSentDate() == null) {
            message.setSentDate(new Date());
        }
        String messageId = message.getMessageID();
        if (messageId != null && message.getHeader("MIME-Version") != null) {
            return;
        }
        message.saveChanges();
        if (messageId != null) {
            message.setHeader("Message-ID", messageId);
        }
    }
}
