package smap.identity.mail;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Who may use a connection, and when: at most so many mails at once, and so many a second. Both limits can be changed at any time;
 * nothing is taken back. Thread-safe.
 *
 * <p>First come, first served within a lane. A mail of the normal lane that waits goes before any of the bulk lane, and the bulk lane
 * never holds the last quarter of the slots (at least one), unless there is only one slot.
 */
final class ConnectionSlots {

    /** How often somebody who waits for the rate looks whether the slots have become scarce. */
    private static final long ROUND = TimeUnit.SECONDS.toNanos(1);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition released = lock.newCondition();
    private final Deque<Condition> normal = new ArrayDeque<>();
    private final Deque<Condition> bulk = new ArrayDeque<>();
    private final TokenBucket bucket;
    private int limit;
    private int taken;
    private int takenByBulk;
    private boolean closed;

    /** @param rate mails a second, or {@link TokenBucket#UNLIMITED} */
    ConnectionSlots(int limit, double rate, LongSupplier nanoClock) {
        this.limit = limit;
        this.bucket = new TokenBucket(rate, nanoClock);
    }

    /**
     * Waits for a slot, and for the mail's turn by the rate.
     *
     * @param patience how long it may wait while no slot is free; waiting for the rate does not count, since more haste would not help
     * @return {@code false} if no slot was free for that long, or none is handed out any more
     */
    boolean acquireForMail(SendingLane lane, Duration patience) throws InterruptedException {
        return acquire(lane, true, patience);
    }

    /** Waits for a slot, whatever the rate: for what is not a mail, or one that has had its turn. */
    boolean acquire(SendingLane lane, Duration patience) throws InterruptedException {
        return acquire(lane, false, patience);
    }

    /** Takes a slot that nobody of the normal lane waits for; to be released to that lane. */
    boolean tryAcquire() {
        lock.lock();
        try {
            boolean wanted = !normal.isEmpty() && bucket.nanosUntilNext() == 0;
            boolean free = !closed && !wanted && hasRoom(SendingLane.NORMAL);
            if (free) {
                taken++;
            }
            return free;
        } finally {
            lock.unlock();
        }
    }

    private boolean acquire(SendingLane lane, boolean rated, Duration patience) throws InterruptedException {
        long left = patience.toNanos();
        lock.lockInterruptibly();
        Condition turn = lock.newCondition();
        queue(lane).addLast(turn);
        try {
            while (!closed) {
                boolean room = hasRoom(lane);
                long untilTurn = bucket.nanosUntilNext();
                // Those before it who wait for the rate do not keep the slot from one who does not.
                boolean next = room && (isNext(lane, turn) || (!rated && untilTurn > 0));
                long pause = rated ? untilTurn : 0;
                if (next && pause == 0) {
                    take(lane, rated);
                    return true;
                }
                if (room) {
                    turn.awaitNanos(next ? Math.min(pause, ROUND) : ROUND);
                } else if (left <= 0) {
                    return false;
                } else {
                    left = turn.awaitNanos(left);
                }
            }
            return false;
        } finally {
            queue(lane).remove(turn);
            callNext();
            lock.unlock();
        }
    }

    void release(SendingLane lane) {
        lock.lock();
        try {
            taken--;
            takenByBulk -= lane == SendingLane.BULK ? 1 : 0;
            released.signalAll();
            callNext();
        } finally {
            lock.unlock();
        }
    }

    int limit() {
        lock.lock();
        try {
            return limit;
        } finally {
            lock.unlock();
        }
    }

    void setLimit(int slots) {
        lock.lock();
        try {
            limit = slots;
            callNext();
        } finally {
            lock.unlock();
        }
    }

    /** Mails a second, or {@link TokenBucket#UNLIMITED}. */
    double rate() {
        lock.lock();
        try {
            return bucket.rate();
        } finally {
            lock.unlock();
        }
    }

    void setRate(double mailsPerSecond) {
        lock.lock();
        try {
            bucket.setRate(mailsPerSecond);
            callNext();
        } finally {
            lock.unlock();
        }
    }

    /** Hands out no more; those who wait are told so. */
    void close() {
        lock.lock();
        try {
            closed = true;
            normal.forEach(Condition::signal);
            bulk.forEach(Condition::signal);
        } finally {
            lock.unlock();
        }
    }

    /** @return {@code false} if some were still taken at the end of that time */
    boolean awaitAllReleased(Duration patience) throws InterruptedException {
        long left = patience.toNanos();
        lock.lockInterruptibly();
        try {
            while (taken > 0 && left > 0) {
                left = released.awaitNanos(left);
            }
            return taken == 0;
        } finally {
            lock.unlock();
        }
    }

    private Deque<Condition> queue(SendingLane lane) {
        return lane == SendingLane.BULK ? bulk : normal;
    }

    private boolean isNext(SendingLane lane, Condition turn) {
        return queue(lane).peekFirst() == turn && (lane == SendingLane.NORMAL || normal.isEmpty());
    }

    private boolean hasRoom(SendingLane lane) {
        int kept = limit == 1 ? 0 : Math.max(1, limit / 4);
        return taken < limit && (lane == SendingLane.NORMAL || takenByBulk < limit - kept);
    }

    private void take(SendingLane lane, boolean rated) {
        taken++;
        takenByBulk += lane == SendingLane.BULK ? 1 : 0;
        if (rated) {
            bucket.take();
        }
    }

    private void callNext() {
        Condition next = normal.isEmpty() ? bulk.peekFirst() : normal.peekFirst();
        if (next != null) {
            next.signal();
        }
    }
}
