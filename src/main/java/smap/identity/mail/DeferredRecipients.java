package smap.identity.mail;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.camel.Variable;

/**
 * The recipients whose mails the server puts off, one after the other. A thousand mails to one of them would each take a worker's time for
 * nothing while others wait behind them, so that after the first few such mails go where bulk mails go. A code that the server puts off
 * once or twice, as greylisting does, is not concerned. Thread-safe.
 */
public final class DeferredRecipients {

    private static final int MANY = 5;
    private static final Duration WINDOW = Duration.ofMinutes(1);
    /** Recipients known at a time; the ones that were put off last stay. */
    private static final int MOST = 10_000;

    private final Clock clock;
    private final Map<String, Deferrals> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Deferrals> eldest) {
            return size() > MOST;
        }
    };

    public DeferredRecipients(Clock clock) {
        this.clock = clock;
    }

    /** The server put off the mail in the variable {@code mail}. */
    public synchronized void add(@Variable("mail") EmailData mail) {
        if (mail != null) {
            Deferrals before = recent(mail);
            known.put(mail.recipient(), new Deferrals(before == null ? 1 : before.count() + 1, clock.instant()));
        }
    }

    /** Whether it has put off at least five mails to the same recipient, with less than a minute between two of them and since the last. */
    public synchronized boolean contains(@Variable("mail") EmailData mail) {
        Deferrals deferrals = recent(mail);
        return deferrals != null && deferrals.count() >= MANY;
    }

    private Deferrals recent(EmailData mail) {
        Deferrals deferrals = known.get(mail.recipient());
        return deferrals != null && deferrals.last().plus(WINDOW).isAfter(clock.instant()) ? deferrals : null;
    }

    private record Deferrals(int count, Instant last) {}
}
