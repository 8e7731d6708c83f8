package smap.identity.mail;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds how many connections and mails a second the server puts up with: a complaint halves both, and without one they grow step by step
 * up to what is configured. Thread-safe.
 *
 * <p>Mails under way at the same time meet the same trouble, so what comes within a second counts as one complaint.
 */
final class SendingPace {

    private static final Logger LOG = LoggerFactory.getLogger(SendingPace.class);

    private static final long TOGETHER = TimeUnit.SECONDS.toNanos(1);
    private static final long CONNECTION_STEP = TimeUnit.SECONDS.toNanos(30);
    private static final long LONGEST_CONNECTION_STEP = 16 * CONNECTION_STEP;
    private static final long RATE_STEP = TimeUnit.SECONDS.toNanos(5);
    private static final double RATE_GROWTH = 1.1;
    /** One mail in ten seconds: less would be as good as nothing. */
    private static final double LOWEST_RATE = 0.1;

    private final int configuredConnections;
    private final double configuredRate;
    private final ConnectionSlots slots;
    private final LongSupplier nanoClock;
    private final SendingSpeed speed;
    private boolean complained;
    private long lastComplaint;
    private long connectionStep = CONNECTION_STEP;
    private long nextConnection;
    private long nextRate;
    private boolean grown;
    private int limitBeforeTurnedAway;

    /** What the slots allow now is what is configured. */
    SendingPace(ConnectionSlots slots, LongSupplier nanoClock) {
        this.configuredConnections = slots.limit();
        this.configuredRate = slots.rate();
        this.slots = slots;
        this.nanoClock = nanoClock;
        this.speed = new SendingSpeed(nanoClock);
    }

    /** A mail goes out now. */
    synchronized void began() {
        speed.count();
    }

    /** The server took a mail: it is there, whatever it said to further connections. */
    synchronized void sent() {
        limitBeforeTurnedAway = 0;
    }

    /** Connections that may be open now. */
    int connections() {
        return slots.limit();
    }

    /** Mails a second that may be sent now, or {@link TokenBucket#UNLIMITED}. */
    double rate() {
        return slots.rate();
    }

    /** Looks at what the server said to a connection or to the mail it carried. */
    void heed(SmtpConnection connection) {
        if (connection.isThrottled()) {
            complained();
        }
    }

    /** The server asked for less. */
    synchronized void complained() {
        long now = nanoClock.getAsLong();
        if (complained && now - lastComplaint < TOGETHER) {
            return;
        }
        complained = true;
        lastComplaint = now;
        connectionStep = CONNECTION_STEP;
        nextConnection = now + connectionStep;
        nextRate = now + RATE_STEP;
        slots.setLimit(Math.max(1, slots.limit() / 2));
        double used = slots.rate() == TokenBucket.UNLIMITED ? speed.highest() : slots.rate();
        if (used > 0) {
            slots.setRate(Math.max(LOWEST_RATE, used / 2));
        }
        log("The mail server asks for less");
    }

    /**
     * The server took no further connection.
     *
     * @param open how many it has taken and not closed
     * @return {@code false} if that is none, so that no other connection is worth waiting for
     */
    synchronized boolean turnedAway(int open) {
        if (open == 0) {
            outage();
            return false;
        }
        if (open < slots.limit()) {
            long now = nanoClock.getAsLong();
            // The one connection that was tried again is one too many: next time later.
            connectionStep = grown ? Math.min(2 * connectionStep, LONGEST_CONNECTION_STEP) : CONNECTION_STEP;
            grown = false;
            nextConnection = now + connectionStep;
            limitBeforeTurnedAway = Math.max(limitBeforeTurnedAway, slots.limit());
            slots.setLimit(open);
            log("The mail server takes no more connections");
        }
        return true;
    }

    /** The server was away altogether, and the connections that seemed open were not: that says nothing of how many it takes. */
    private void outage() {
        if (limitBeforeTurnedAway > 0) {
            slots.setLimit(limitBeforeTurnedAway);
            limitBeforeTurnedAway = 0;
        }
    }

    /** Takes the steps that are due; to be called every few seconds, or more often. */
    synchronized void recover() {
        if (isFull()) {
            return;
        }
        long now = nanoClock.getAsLong();
        if (slots.limit() < configuredConnections && now - nextConnection >= 0) {
            slots.setLimit(slots.limit() + 1);
            nextConnection = now + connectionStep;
            grown = true;
        }
        if (slots.rate() < configuredRate && now - nextRate >= 0) {
            nextRate = now + RATE_STEP;
            slots.setRate(grownRate(now));
        }
        if (isFull()) {
            complained = false;
            connectionStep = CONNECTION_STEP;
            log("Mail is sent at full pace again");
        }
    }

    private double grownRate(long now) {
        double higher = slots.rate() * RATE_GROWTH;
        // With no rate configured there is no goal to grow to: the limit goes when nobody needs it.
        boolean quiet = now - lastComplaint >= CONNECTION_STEP && speed.highest() < higher / 2;
        return configuredRate == TokenBucket.UNLIMITED && quiet ? TokenBucket.UNLIMITED : Math.min(higher, configuredRate);
    }

    private boolean isFull() {
        return slots.limit() == configuredConnections && slots.rate() == configuredRate;
    }

    private void log(String sentence) {
        double now = slots.rate();
        LOG.atInfo()
                .addKeyValue("connections", slots.limit())
                .addKeyValue("rate", now == TokenBucket.UNLIMITED ? null : Math.round(now * 10) / 10.0)
                .log(sentence);
    }
}
