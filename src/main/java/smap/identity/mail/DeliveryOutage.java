package smap.identity.mail;

import jakarta.mail.MessagingException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.apache.camel.Exchange;
import org.apache.camel.util.ObjectHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import smap.identity.broker.DeliveryStoppedException;
import smap.identity.health.Dependency;
import smap.identity.health.UnavailableException;

/**
 * Whether mails can be delivered at all. A fault that any mail would meet (mail server, login, database) stops delivery: jobs that come in
 * are given back without an attempt, the routes that consume are suspended, and probes with growing pauses find out when to go on. A fault
 * that comes back right after a resumption goes on with the pauses where they were. Thread-safe.
 */
public final class DeliveryOutage implements Dependency, DeliveryOutageMBean {

    private static final Logger LOG = LoggerFactory.getLogger(DeliveryOutage.class);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    private static final Duration LOG_PERIOD = Duration.ofMinutes(1);

    private enum State { RUNNING, FAILED, SUSPENDED }

    private final Clock clock;
    private final boolean vital;
    private State state = State.RUNNING;
    private String reason = "";
    private Instant since;
    private Instant logged;
    private Instant nextProbe;
    private Instant resumed = Instant.EPOCH;
    private Duration pause = FIRST_PAUSE;

    public DeliveryOutage(Clock clock, String role) {
        this.clock = clock;
        this.vital = "consumer".equals(role);
    }

    /**
     * Lets a job through, or not.
     *
     * @throws DeliveryStoppedException if delivery is stopped, or this process is about to end
     */
    public void admit(Exchange exchange) {
        if (exchange.getContext().isStopping()) {
            throw new DeliveryStoppedException("this process is stopping");
        }
        synchronized (this) {
            if (state != State.RUNNING) {
                throw new DeliveryStoppedException(reason);
            }
        }
    }

    /**
     * Stops delivery because of the failure the exchange has met; only the first failure of many is logged.
     *
     * @throws DeliveryStoppedException always: in place of the failure, it gives the job back
     */
    public synchronized void begin(Exchange exchange) {
        if (state == State.RUNNING) {
            stop(exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class));
        }
        throw new DeliveryStoppedException(reason);
    }

    private void stop(Throwable failure) {
        SmtpPhase phase = SmtpPhase.of(failure);
        Instant now = clock.instant();
        state = State.FAILED;
        reason = ObjectHelper.getException(MessagingException.class, failure) == null ? "database" : "smtp";
        since = now;
        logged = now;
        pause = now.isBefore(resumed.plus(LONGEST_PAUSE)) ? longer(pause) : FIRST_PAUSE;
        LOG.atWarn().addKeyValue("reason", reason).addKeyValue("phase", phase).addKeyValue("cause", FailureSorter.words(failure))
                .log("Delivery stopped");
    }

    /** What is to be done now: {@code suspend} the routes that consume, {@code probe} whether they can go on, or {@code nothing}. */
    public synchronized String due() {
        return switch (state) {
            case RUNNING -> "nothing";
            case FAILED -> "suspend";
            case SUSPENDED -> clock.instant().isBefore(nextProbe) ? "nothing" : "probe";
        };
    }

    /** The routes that consume are suspended. */
    public synchronized void suspended() {
        state = State.SUSPENDED;
        nextProbe = clock.instant().plus(pause);
    }

    /** A probe has failed. */
    public synchronized void goesOn(Exchange exchange) {
        Instant now = clock.instant();
        pause = longer(pause);
        nextProbe = now.plus(pause);
        if (!now.isBefore(logged.plus(LOG_PERIOD))) {
            logged = now;
            LOG.atWarn().addKeyValue("reason", reason).addKeyValue("seconds", Duration.between(since, now).toSeconds())
                    .addKeyValue("cause", FailureSorter.words(exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class)))
                    .log("Delivery is still stopped");
        }
    }

    /** All that mails need works again: jobs are let through, and the routes may be resumed. */
    public synchronized void ends() {
        resumed = clock.instant();
        state = State.RUNNING;
        LOG.atInfo().addKeyValue("reason", reason).addKeyValue("seconds", Duration.between(since, resumed).toSeconds())
                .log("Delivery resumed");
    }

    private static Duration longer(Duration pause) {
        Duration doubled = pause.multipliedBy(2);
        return doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
    }

    @Override
    public synchronized boolean isStopped() {
        return state != State.RUNNING;
    }

    @Override
    public synchronized String getReason() {
        return isStopped() ? reason : "";
    }

    @Override
    public synchronized long getStoppedSeconds() {
        return isStopped() ? Duration.between(since, clock.instant()).toSeconds() : 0;
    }

    @Override
    public String name() {
        return "delivery";
    }

    @Override
    public boolean isVital() {
        return vital;
    }

    @Override
    public synchronized void probe() throws UnavailableException {
        if (state != State.RUNNING) {
            throw new UnavailableException("is stopped since " + since + ", because of the " + ("smtp".equals(reason)
                    ? "mail server or our account there" : "database"));
        }
    }
}
