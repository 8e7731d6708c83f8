package smap.identity.mail;

import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;
import smap.identity.broker.MailQueues;

/**
 * The queues a job waits in before its next attempt, each with a longer delay. After the attempt that follows the last of them there is no
 * next one. A server that says how long to wait is obeyed: the job takes the first queue that waits that long, and where the longest is too
 * short, it waits there again until it is time. Thread-safe.
 */
public final class RetryLadder {

    private final List<Entry<String, Duration>> rungs;
    private final Clock clock;

    public RetryLadder(MailQueues queues, Clock clock) {
        this.rungs = queues.retries().entrySet().stream().map(rung -> Map.entry(rung.getKey(), rung.getValue())).toList();
        this.clock = clock;
    }

    /**
     * Decides where the job waits after the attempt of the variable {@code attempt}, of which {@code reply} tells: sets
     * {@code next_queue}, null if that was the last attempt, and {@code not_before}, null unless the server named a time.
     */
    public void climb(Exchange exchange) {
        int rung = exchange.getVariable("attempt", Integer.class) - 1;
        Duration asked = RetryAfter.of(exchange.getVariable("reply", String.class)).orElse(Duration.ZERO);
        exchange.setVariable("not_before", asked.isZero() ? null : now().plus(asked));
        exchange.setVariable("next_queue", rung >= rungs.size() ? null : queue(rung, asked));
    }

    /** Makes the job the one of the next attempt. */
    public void next(Exchange exchange) {
        if (exchange.getVariable("first_attempt_at") == null) {
            exchange.setVariable("first_attempt_at", now());
        }
        exchange.setVariable("attempt", exchange.getVariable("attempt", Integer.class) + 1);
    }

    /** Whether the time a server named has not come yet. */
    public boolean isEarly(@Variable("not_before") OffsetDateTime notBefore) {
        return notBefore != null && now().isBefore(notBefore);
    }

    /** The queue for the rest of that time. */
    public String queueUntil(@Variable("not_before") OffsetDateTime notBefore) {
        return queue(0, Duration.between(now(), notBefore));
    }

    /** The queue with the shortest delay. */
    public String shortest() {
        return rungs.get(0).getKey();
    }

    private String queue(int least, Duration wait) {
        return rungs.stream().skip(least)
                .filter(rung -> rung.getValue().compareTo(wait) >= 0)
                .findFirst().orElse(rungs.get(rungs.size() - 1))
                .getKey();
    }

    private OffsetDateTime now() {
        return OffsetDateTime.now(clock.withZone(ZoneOffset.UTC));
    }
}
