package smap.identity.broker;

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
 * both also run the whole route again by themselves. Trying again is the business of the route's error handler. Thread-safe.
 */
public final class GiveBack extends ImmediateRequeueMessageRecoverer {

    private static final Logger LOG = LoggerFactory.getLogger(GiveBack.class);

    private GiveBack() {}

    /** For the endpoint's option {@code retry}: one run of the route, and this after it. */
    public static RetryOperationsInterceptor interceptor() {
        return RetryInterceptorBuilder.stateless().maxAttempts(1).recoverer(new GiveBack()).build();
    }

    @Override
    public void recover(Message message, Throwable cause) {
        // its class and not its text, which may hold an address or a statement's values
        LOG.atWarn()
                .addKeyValue("message_id", message.getMessageProperties().getMessageId())
                .addKeyValue("queue", message.getMessageProperties().getConsumerQueue())
                .addKeyValue("cause", NestedExceptionUtils.getMostSpecificCause(cause).getClass().getName())
                .log("Job given back to its queue");
        super.recover(message, cause);
    }
}
