package smap.identity.mail;

import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import java.time.Duration;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The open connections to the mail server, and the slots that bound them: a connection is opened, used and closed in a slot, and waits
 * for the next mail without one. Whoever acquires a slot gives it back, with or without a connection. Thread-safe.
 */
final class SmtpConnections {

    private static final Duration QUIT_LIMIT = Duration.ofSeconds(5);
    /** Several, so that a server that is slow to answer one QUIT does not hold up the slots of the others. */
    private static final int QUITS_AT_ONCE = 4;

    private final SmtpSettings settings;
    private final ConnectionSlots slots;
    private final SendingPace pace;
    private final Set<SmtpConnection> open = ConcurrentHashMap.newKeySet();
    private final Deque<SmtpConnection> idle = new ConcurrentLinkedDeque<>();
    private final AtomicInteger active = new AtomicInteger();
    private final AtomicLong opened = new AtomicLong();
    private final ScheduledThreadPoolExecutor closing = daemon("smtp-closing", QUITS_AT_ONCE);
    private final ScheduledThreadPoolExecutor limits = daemon("smtp-limits", 1);
    private final SmtpSession smtp;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * Connects to nothing yet.
     *
     * @throws IllegalArgumentException if the trust file cannot be used
     */
    SmtpConnections(SmtpSettings settings, UnrecordedMails unrecorded) {
        this.settings = settings;
        this.smtp = new SmtpSession(settings, unrecorded, limits);
        double rate = settings.rate() == 0 ? TokenBucket.UNLIMITED : settings.rate();
        this.slots = new ConnectionSlots(settings.connections(), rate, System::nanoTime);
        this.pace = new SendingPace(slots, System::nanoTime);
        long period = Math.max(10, Math.min(settings.idleTimeout().toMillis() / 4, 5_000));
        closing.scheduleWithFixedDelay(this::keepHouse, period, period, TimeUnit.MILLISECONDS);
    }

    Session session() {
        return smtp.session();
    }

    SendingPace pace() {
        return pace;
    }

    /** Slots taken. */
    int active() {
        return active.get();
    }

    /** Connections that wait for a mail. */
    int idle() {
        return idle.size();
    }

    /** Connections the server has taken and not seen go. */
    int open() {
        return open.size();
    }

    /** Connections opened since the start. */
    long opened() {
        return opened.get();
    }

    /** Waits for a slot, and for the mail's turn by the rate. */
    void acquireForMail(SendingLane lane, Duration patience) throws NoFreeConnectionException {
        acquire(lane, true, patience);
    }

    /** Waits for a slot, whatever the rate. */
    void acquire(SendingLane lane, Duration patience) throws NoFreeConnectionException {
        acquire(lane, false, patience);
    }

    private void acquire(SendingLane lane, boolean rated, Duration patience) throws NoFreeConnectionException {
        boolean acquired;
        try {
            acquired = rated ? slots.acquireForMail(lane, patience) : slots.acquire(lane, patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SmtpPhase.CONNECT.mark(new NoFreeConnectionException("interrupted while waiting for a free connection"));
        }
        if (!acquired) {
            throw SmtpPhase.CONNECT.mark(new NoFreeConnectionException(closed.get()
                    ? "the mail sender is closed"
                    : "all " + slots.limit() + " connections were busy for " + patience.toMillis() + " ms"));
        }
        active.incrementAndGet();
    }

    /** The connection that was used last, for the slot the caller holds, or {@code null}. */
    SmtpConnection pollIdle() {
        return idle.pollFirst();
    }

    /** The one that has waited longest, or {@code null}. */
    SmtpConnection pollOldest() {
        return idle.pollLast();
    }

    /** A new one, not opened yet, for the slot the caller holds. */
    SmtpConnection create() {
        return smtp.connection();
    }

    /** Limits a conversation from now on. */
    SendLimit limit(Duration limit) {
        return new SendLimit(limit, limits);
    }

    void open(SmtpConnection connection) throws MessagingException {
        connection.open();
        open.add(connection);
        opened.incrementAndGet();
    }

    /** Ends the caller's hold of its slot. {@code null} stands for a slot without a connection. */
    void giveBack(SmtpConnection connection, SendingLane lane) {
        active.decrementAndGet();
        if (connection == null || !connection.isUsable()) {
            drop(connection);
            slots.release(lane);
        } else if (closed.get() || connection.mails() >= settings.mailsPerConnection() || open.size() > slots.limit()) {
            retire(connection, lane);
        } else {
            connection.idleSince(System.nanoTime());
            // Last in, first out: in quiet hours the surplus grows old and is closed.
            idle.addFirst(connection);
            slots.release(lane);
            if (closed.get()) {
                closeIdle();
            }
        }
    }

    /** Closes without another word; {@code null} is none. */
    void drop(SmtpConnection connection) {
        if (connection != null) {
            connection.abort();
            open.remove(connection);
        }
    }

    /** Closes in order, off the caller's thread; the slot stays taken until the server has seen the connection go. */
    private void retire(SmtpConnection connection, SendingLane lane) {
        Runnable quit = () -> {
            quit(connection);
            slots.release(lane);
        };
        try {
            closing.execute(quit);
        } catch (RejectedExecutionException e) {
            // The sender was closed without waiting for this mail.
            quit.run();
        }
    }

    /** Closes in order; {@code null} is none. The server's goodbye is not waited for as long as a mail's answer. */
    void quit(SmtpConnection connection) {
        if (connection == null) {
            return;
        }
        try (SendLimit limit = limit(QUIT_LIMIT)) {
            limit.coverOnly(connection);
            connection.quit();
        } finally {
            open.remove(connection);
        }
    }

    /** See {@link PooledMailSender#close(Duration)}. */
    void close(Duration limit) {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        long deadline = System.nanoTime() + limit.toNanos();
        slots.close();
        closing.execute(this::closeIdle);
        try {
            boolean finished = slots.awaitAllReleased(limit);
            closing.shutdown();
            finished &= closing.awaitTermination(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            if (finished) {
                // Not before: a write without its limit would be refused.
                limits.shutdown();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void keepHouse() {
        pace.recover();
        // A slot is held meanwhile, so that no other connection is opened before this one is gone.
        while (slots.tryAcquire()) {
            try {
                SmtpConnection oldest = idle.pollLast();
                if (oldest == null) {
                    return;
                }
                boolean surplus = open.size() > slots.limit();
                if (!surplus && System.nanoTime() - oldest.idleSince() < settings.idleTimeout().toNanos()) {
                    idle.addLast(oldest);
                    return;
                }
                quit(oldest);
            } finally {
                slots.release(SendingLane.NORMAL);
            }
        }
    }

    private void closeIdle() {
        for (SmtpConnection connection = idle.pollFirst(); connection != null; connection = idle.pollFirst()) {
            quit(connection);
        }
    }

    private static ScheduledThreadPoolExecutor daemon(String name, int threads) {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(threads, task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
        executor.setRemoveOnCancelPolicy(true);
        return executor;
    }
}
