package smap.identity.mail;

import java.util.concurrent.Semaphore;
import org.apache.camel.Exchange;
import org.apache.camel.support.SynchronizationAdapter;

/**
 * Whether a mail that failed for now is tried again at once, in the worker that has it. A worker that waits sends nothing, so at most a
 * quarter of them do: when many mails fail together, as to one provider that is full, the rest of them go to the retry queues without
 * this, and other mail flows. Thread-safe.
 */
public final class QuickRedelivery {

    private static final String HELD = "smap.quickRedelivery";

    private final int most;
    private final Semaphore waiting;

    /**
     * @param most tries that may follow the first one
     * @param workers mails under way at most
     */
    public QuickRedelivery(int most, int workers) {
        this.most = most;
        this.waiting = new Semaphore(Math.max(1, workers / 4));
    }

    /** Asked by Camel before each redelivery; the place is the exchange's until it is done. */
    public boolean isAllowed(Exchange exchange) {
        // the number of the redelivery that is asked for, from 1
        Integer redelivery = exchange.getMessage().getHeader(Exchange.REDELIVERY_COUNTER, 1, Integer.class);
        if (redelivery > most || exchange.getContext().isStopping()) {
            return false;
        }
        if (exchange.getProperty(HELD) == null && waiting.tryAcquire()) {
            exchange.setProperty(HELD, Boolean.TRUE);
            exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
                @Override
                public void onDone(Exchange done) {
                    waiting.release();
                }
            });
        }
        return exchange.getProperty(HELD) != null;
    }
}
