package smap.identity.mail;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * The time one conversation may take in all: a server that answers a byte at a time never reaches the read limit. When it is over, the
 * connection is cut. Thread-safe.
 */
final class SendLimit implements AutoCloseable {

    private final ScheduledFuture<?> end;
    private SmtpConnection connection;
    private boolean over;

    /** Begins now. */
    SendLimit(Duration limit, ScheduledExecutorService timer) {
        ScheduledFuture<?> scheduled = null;
        try {
            scheduled = timer.schedule(this::end, limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            // The pool is closed and keeps no time any more.
            over = true;
        }
        this.end = scheduled;
    }

    /** Holds for this connection from now on, instead of the one before; for none with {@code null}. */
    synchronized void coverOnly(SmtpConnection used) {
        connection = used;
        cutIfOver();
    }

    private synchronized void end() {
        over = true;
        cutIfOver();
    }

    private void cutIfOver() {
        if (over && connection != null) {
            connection.cut();
        }
    }

    /** The conversation was over in time: nothing is cut any more. */
    @Override
    public synchronized void close() {
        connection = null;
        if (end != null) {
            end.cancel(false);
        }
    }
}
