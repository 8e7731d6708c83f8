package smap.identity.mail;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Counts mails by the second, for the last ten seconds. Not thread-safe. */
final class SendingSpeed {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final LongSupplier nanoClock;
    private final long start;
    private final int[] counts = new int[10];
    private long second;

    SendingSpeed(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.start = nanoClock.getAsLong();
    }

    void count() {
        moveOn();
        counts[(int) (second % counts.length)]++;
    }

    /** Mails in the busiest of these seconds. */
    int highest() {
        moveOn();
        return Arrays.stream(counts).max().getAsInt();
    }

    private void moveOn() {
        long now = (nanoClock.getAsLong() - start) / SECOND;
        long passed = Math.min(now - second, counts.length);
        for (long i = 1; i <= passed; i++) {
            counts[(int) ((now - passed + i) % counts.length)] = 0;
        }
        second = now;
    }
}
