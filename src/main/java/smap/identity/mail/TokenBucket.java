package smap.identity.mail;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Spreads mails evenly over time: one token a mail, so many tokens a second. Beside the token for the next mail only a tenth of a second's
 * worth is kept, because a server that counts by the second would get all that was kept and the next second's mails together. Not
 * thread-safe.
 */
final class TokenBucket {

    static final double UNLIMITED = Double.POSITIVE_INFINITY;

    private static final double NANOS = TimeUnit.SECONDS.toNanos(1);

    private final LongSupplier nanoClock;
    private double rate;
    private double tokens = 1;
    private long filledAt;

    /** @param rate tokens a second, or {@link #UNLIMITED} */
    TokenBucket(double rate, LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.rate = rate;
        this.filledAt = nanoClock.getAsLong();
    }

    double rate() {
        return rate;
    }

    /** From now on; a limit that begins here begins with an empty bucket. */
    void setRate(double tokensPerSecond) {
        fill();
        tokens = isUnlimited() ? 0 : tokens;
        rate = tokensPerSecond;
    }

    /** How long until a token can be taken; 0 for now. */
    long nanosUntilNext() {
        fill();
        return isUnlimited() || tokens >= 1 ? 0 : (long) Math.ceil((1 - tokens) / rate * NANOS);
    }

    void take() {
        tokens -= isUnlimited() ? 0 : 1;
    }

    private boolean isUnlimited() {
        return rate == UNLIMITED;
    }

    private void fill() {
        long now = nanoClock.getAsLong();
        if (!isUnlimited()) {
            tokens = Math.min(1 + rate / 10, tokens + (now - filledAt) * rate / NANOS);
        }
        filledAt = now;
    }
}
