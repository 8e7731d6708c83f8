package smap.identity.mail;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.camel.Variable;

/**
 * The mails whose final dot is out and whose row does not say so yet: those that are sent again should the process be killed now. While
 * there is one, the other workers keep their final dots back, so that a kill doubles one mail and not one for each connection; and what is
 * left to do for that one gets the processor. Thread-safe.
 *
 * <p>A server that takes its time to answer is not waited for, or connections would be of no use: from its answer on, a mail keeps others
 * back. So a process sends at most as many mails a second as it can record one after the other. A row that is not written within a second
 * keeps nobody back; nothing depends on each mail being taken off again.
 */
public final class UnrecordedMails {

    /** A server that usually needs longer to answer a final dot is not waited for. */
    private static final long QUICK = TimeUnit.MILLISECONDS.toNanos(10);
    /** For how long the final dot of a quick server keeps others back. */
    private static final long UNANSWERED = 2 * QUICK;
    /** For how long a mail that was taken does. */
    private static final long UNRECORDED = TimeUnit.SECONDS.toNanos(1);
    /** How much of the usual time to an answer the latest one makes up. */
    private static final double WEIGHT = 0.1;

    private final LongSupplier nanoClock;
    /** When the final dot of each mail went out. */
    private final Map<String, Long> dots = new HashMap<>();
    /** Until when each mail keeps others back. */
    private final Map<String, Long> ends = new HashMap<>();
    private double usualAnswer;

    public UnrecordedMails() {
        this(System::nanoTime);
    }

    UnrecordedMails(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /** Returns when the final dot of this mail may go out; at once if the thread is interrupted. */
    synchronized void awaitTurn(String jobId) {
        try {
            for (Duration left = timeToWait(); !left.isZero(); left = timeToWait()) {
                TimeUnit.NANOSECONDS.timedWait(this, left.toNanos());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        long now = nanoClock.getAsLong();
        dots.put(jobId, now);
        if (usualAnswer <= QUICK) {
            ends.put(jobId, now + UNANSWERED);
        }
    }

    /** How long the next final dot has to wait from now on, if nothing happens meanwhile. */
    synchronized Duration timeToWait() {
        long now = nanoClock.getAsLong();
        ends.values().removeIf(end -> end - now <= 0);
        return Duration.ofNanos(ends.values().stream().mapToLong(end -> end - now).max().orElse(0));
    }

    /** The server took it. */
    synchronized void taken(String jobId) {
        long now = nanoClock.getAsLong();
        Long dot = dots.remove(jobId);
        if (dot != null) {
            usualAnswer += WEIGHT * (now - dot - usualAnswer);
        }
        ends.put(jobId, now + UNRECORDED);
    }

    /** What became of the mail with the id in the variable {@code mail_id} is on record, or nothing became of it. */
    public synchronized void settled(@Variable("mail_id") String jobId) {
        dots.remove(jobId);
        ends.remove(jobId);
        notifyAll();
    }
}
