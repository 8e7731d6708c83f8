package smap.identity.mail;

import jakarta.mail.Address;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Date;
import java.util.Deque;
import java.util.Properties;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.camel.component.mail.DefaultJavaMailSender;

/**
 * Sends mail over a bounded set of open SMTP connections; Camel's {@code smtp:} endpoint takes it as {@code javaMailSender}, whose host,
 * port and credentials are then those of {@link SmtpSettings} and not the endpoint's. Thread-safe.
 *
 * <p>At most {@link SmtpSettings#connections()} connections are open at one time, the ones being closed in order included. A caller waits
 * for a free one for at most the connect and the read limit together.
 *
 * <p>Failures are Angus's own, unchanged but for the mark that {@link SmtpPhase#of(Throwable)} reads, and
 * {@link NoFreeConnectionException}. A mail is repeated in one case only: the server had closed an idle connection before it accepted the
 * mail's sender. After a refusal the connection stays in use; after any other failure it is dropped.
 *
 * <p>A server that does not offer AUTH is used without login, as Angus does; it will say 530 if it minds.
 */
public final class PooledMailSender extends DefaultJavaMailSender implements AutoCloseable {

    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

    private final SmtpSettings settings;
    private final Session session;
    private final Semaphore slots;
    private final Deque<SmtpConnection> idle = new ConcurrentLinkedDeque<>();
    private final AtomicInteger active = new AtomicInteger();
    private final AtomicLong opened = new AtomicLong();
    private final ScheduledThreadPoolExecutor closing = daemon("smtp-closing");
    private final ScheduledThreadPoolExecutor writeLimit = daemon("smtp-write-limit");
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * Prepares the sender; connects to nothing yet.
     *
     * @throws IllegalArgumentException if the trust file cannot be used
     */
    public PooledMailSender(SmtpSettings settings) {
        this.settings = settings;
        this.session = Session.getInstance(properties(settings));
        // Fair, because a mail that waits longest has the least of its time left.
        this.slots = new Semaphore(settings.connections(), true);
        setProtocol("smtp");
        setHost(settings.host());
        setPort(settings.port());
        setJavaMailProperties(session.getProperties());
        setSession(session);
        long period = Math.max(10, Math.min(settings.idleTimeout().toMillis() / 4, 5_000));
        closing.scheduleWithFixedDelay(this::closeExpired, period, period, TimeUnit.MILLISECONDS);
    }

    private Properties properties(SmtpSettings settings) {
        Properties properties = new Properties();
        properties.setProperty("mail.transport.protocol", "smtp");
        properties.setProperty("mail.smtp.connectiontimeout", Long.toString(settings.connectTimeout().toMillis()));
        properties.setProperty("mail.smtp.timeout", Long.toString(settings.readTimeout().toMillis()));
        properties.setProperty("mail.smtp.writetimeout", Long.toString(settings.writeTimeout().toMillis()));
        // Otherwise each socket starts a thread of its own for its write limit.
        properties.put("mail.smtp.executor.writetimeout", writeLimit);
        properties.setProperty("mail.smtp.localhost", localHost());
        properties.setProperty("mail.smtp.sendpartial", "false");
        properties.setProperty("mail.smtp.auth", Boolean.toString(settings.username() != null));
        // PLAIN first: one round trip less than Angus's LOGIN.
        properties.setProperty("mail.smtp.auth.mechanisms", "PLAIN LOGIN DIGEST-MD5");
        boolean startTls = settings.tls() == SmtpTls.REQUIRED || settings.tls() == SmtpTls.OPPORTUNISTIC;
        properties.setProperty("mail.smtp.starttls.enable", Boolean.toString(startTls));
        properties.setProperty("mail.smtp.starttls.required", Boolean.toString(settings.tls() == SmtpTls.REQUIRED));
        properties.setProperty("mail.smtp.ssl.enable", Boolean.toString(settings.tls() == SmtpTls.IMPLICIT));
        properties.setProperty("mail.smtp.ssl.checkserveridentity", Boolean.toString(settings.verify()));
        // A handshake that failed with our trust must not be tried again with the JVM's.
        properties.setProperty("mail.smtp.socketFactory.fallback", "false");
        new SmtpTrust(settings).socketFactory().ifPresent(factory -> properties.put("mail.smtp.ssl.socketFactory", factory));
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

    /**
     * Sends one mail to its To, Cc and Bcc recipients: to all of them or to none.
     *
     * <p>A message that has a Message-ID and a MIME-Version is written as it is; any other is saved first and keeps its Message-ID.
     *
     * @throws MessagingException if the mail server did not confirm the mail
     */
    @Override
    public void send(MimeMessage message) throws MessagingException {
        prepare(message);
        Address[] recipients = message.getAllRecipients();
        acquireSlot(settings.connectTimeout().plus(settings.readTimeout()));
        SmtpConnection connection = idle.pollFirst();
        try {
            boolean sent = connection != null && connection.deliverUnlessStale(message, recipients);
            if (!sent) {
                drop(connection);
                connection = null;
                connection = open();
                connection.deliver(message, recipients);
            }
        } finally {
            giveBack(connection);
        }
    }

    /**
     * Shows whether a mail could be sent now: connects, greets, starts TLS and logs in as far as they are set, says NOOP. Sends nothing.
     * The connection is a new one, since an open one says nothing about a password changed meanwhile; it stays in the pool.
     *
     * @throws MessagingException what a mail would have met; {@link NoFreeConnectionException} if all connections were busy for the
     *     connect limit
     */
    public void probe() throws MessagingException {
        acquireSlot(settings.connectTimeout());
        SmtpConnection connection = idle.pollLast();
        try {
            if (connection != null) {
                connection.quit();
                connection = null;
            }
            connection = open();
            connection.check();
        } finally {
            giveBack(connection);
        }
    }

    /** Mails and probes under way. */
    public int getActive() {
        return active.get();
    }

    /** Open connections that wait for a mail. */
    public int getIdle() {
        return idle.size();
    }

    /** Connections opened since the start. */
    public long getOpened() {
        return opened.get();
    }

    /** Closes within five seconds, see {@link #close(Duration)}. */
    @Override
    public void close() {
        close(CLOSE_LIMIT);
    }

    /**
     * Hands out no more connections, closes the idle ones with QUIT, and waits for the mails under way. Those that need longer than the
     * limit are not cut off: they end by themselves or at the read and write limits. A second call does nothing.
     */
    public void close(Duration limit) {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        long deadline = System.nanoTime() + limit.toNanos();
        closing.execute(this::closeIdle);
        boolean finished = false;
        try {
            finished = slots.tryAcquire(settings.connections(), limit.toNanos(), TimeUnit.NANOSECONDS);
            closing.shutdown();
            closing.awaitTermination(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (finished) {
            slots.release(settings.connections());
            // Not before: a write without its limit would be refused.
            writeLimit.shutdown();
        }
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

    private void acquireSlot(Duration limit) throws NoFreeConnectionException {
        boolean acquired;
        try {
            acquired = !closed.get() && slots.tryAcquire(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SmtpPhase.CONNECT.mark(new NoFreeConnectionException("interrupted while waiting for a free connection"));
        }
        if (closed.get()) {
            if (acquired) {
                slots.release();
            }
            throw SmtpPhase.CONNECT.mark(new NoFreeConnectionException("the mail sender is closed"));
        }
        if (!acquired) {
            throw SmtpPhase.CONNECT.mark(new NoFreeConnectionException(
                    "all " + settings.connections() + " connections were busy for " + limit.toMillis() + " ms"));
        }
        active.incrementAndGet();
    }

    /** Opens a connection in the slot the caller holds. */
    private SmtpConnection open() throws MessagingException {
        SmtpConnection connection = new SmtpConnection(session, settings);
        connection.open();
        opened.incrementAndGet();
        return connection;
    }

    /** Ends the caller's hold of its slot. {@code null} stands for a slot without a connection. */
    private void giveBack(SmtpConnection connection) {
        active.decrementAndGet();
        if (connection == null || !connection.isUsable()) {
            drop(connection);
            slots.release();
        } else if (closed.get() || connection.mails() >= settings.mailsPerConnection()) {
            retire(connection);
        } else {
            connection.idleSince(System.nanoTime());
            // Last in, first out: in quiet hours the surplus grows old and is closed.
            idle.addFirst(connection);
            slots.release();
            if (closed.get()) {
                closeIdle();
            }
        }
    }

    private static void drop(SmtpConnection connection) {
        if (connection != null) {
            connection.abort();
        }
    }

    /** Closes in order, off the caller's thread; the slot stays taken until the server has seen the connection go. */
    private void retire(SmtpConnection connection) {
        Runnable quit = () -> {
            connection.quit();
            slots.release();
        };
        try {
            closing.execute(quit);
        } catch (RejectedExecutionException e) {
            // The sender was closed without waiting for this mail.
            quit.run();
        }
    }

    private void closeExpired() {
        // A slot is held meanwhile, so that no other connection is opened before this one is gone.
        while (slots.tryAcquire()) {
            try {
                SmtpConnection oldest = idle.pollLast();
                if (oldest == null) {
                    return;
                }
                if (System.nanoTime() - oldest.idleSince() < settings.idleTimeout().toNanos()) {
                    idle.addLast(oldest);
                    return;
                }
                oldest.quit();
            } finally {
                slots.release();
            }
        }
    }

    private void closeIdle() {
        for (SmtpConnection connection = idle.pollFirst(); connection != null; connection = idle.pollFirst()) {
            connection.quit();
        }
    }

    private static ScheduledThreadPoolExecutor daemon(String name) {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
        executor.setRemoveOnCancelPolicy(true);
        return executor;
    }
}
