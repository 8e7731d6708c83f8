package smap.identity.broker;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.config.RetryInterceptorBuilder;
import org.springframework.amqp.rabbit.retry.ImmediateRequeueMessageRecoverer;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.retry.interceptor.RetryOperationsInterceptor;

/**
 * What a consumer does with a message whose route failed for good: gives it back to the queue, and says so. The stock settings of
 * the component reject it, which drops it where the queue has no dead-letter exchange, or acknowledge it, which drops it anywhere;
 * both also run the whole route again by themselves. Trying again is the business of the route's error handler.
 *
 * <p>It waits a moment before it does so, because the broker hands the message out again at once. Thread-safe.
 */
public final class GiveBack extends ImmediateRequeueMessageRecoverer {

    private static final Logger LOG = LoggerFactory.getLogger(GiveBack.class);

    private final long pauseMillis;

    private GiveBack(long pauseMillis) {
        this.pauseMillis = pauseMillis;
    }

    /**
     * For the endpoint's option {@code retry}: one run of the route, and this after it.
     *
     * @param pauseMillis before a message is given back
     */
    public static RetryOperationsInterceptor interceptor(long pauseMillis) {
        return RetryInterceptorBuilder.stateless().maxAttempts(1).recoverer(new GiveBack(pauseMillis)).build();
    }

    @Override
    public void recover(Message message, Throwable cause) {
        Throwable reason = NestedExceptionUtils.getMostSpecificCause(cause);
        if (!(reason instanceof DeliveryStoppedException)) {
            // its class and not its text, which may hold an address or a statement's values
            LOG.atWarn()
                    .addKeyValue("message_id", message.getMessageProperties().getMessageId())
                    .addKeyValue("queue", message.getMessageProperties().getConsumerQueue())
                    .addKeyValue("cause", reason.getClass().getName())
                    .log("Job given back to its queue");
        }
        try {
            TimeUnit.MILLISECONDS.sleep(pauseMillis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        super.recover(message, cause);
    }
}
