package smap.identity.broker;

import org.springframework.amqp.rabbit.config.RetryInterceptorBuilder;
import org.springframework.amqp.rabbit.retry.ImmediateRequeueMessageRecoverer;
import org.springframework.retry.interceptor.RetryOperationsInterceptor;

/**
 * What a consumer does with a message whose route failed for good: gives it back to the queue. The stock settings of the component reject it,
 * which drops it where the queue has no dead-letter exchange, or acknowledge it, which drops it anywhere; both also run the whole route again
 * by themselves. Trying again is the business of the route's error handler.
 */
public final class GiveBack {

    private GiveBack() {}

    public static RetryOperationsInterceptor interceptor() {
        return RetryInterceptorBuilder.stateless().maxAttempts(1).recoverer(new ImmediateRequeueMessageRecoverer()).build();
    }
}
