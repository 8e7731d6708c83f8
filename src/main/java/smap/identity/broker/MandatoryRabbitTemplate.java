package smap.identity.broker;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConfirmListener;
import com.rabbitmq.client.ReturnCallback;
import com.rabbitmq.client.ReturnListener;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.springframework.amqp.AmqpIOException;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.connection.ChannelProxy;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.connection.CorrelationData;
import org.springframework.amqp.rabbit.connection.RabbitUtils;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.amqp.rabbit.support.RabbitExceptionTranslator;

/**
 * Publishes with the mandatory flag and takes a message that no queue took as not published. The broker sends the return before the
 * confirm, on the same channel, and the client hands over both on one thread: once the confirm is there, the return is known.
 *
 * <p>Publishes and waits on the channel itself, not on the proxy that is cached: where the broker has closed the channel meanwhile, the
 * proxy opens another one, which waits for nothing, and takes that for a confirm.
 *
 * <p>A refusal (basic.nack) is listened for as well, because the client's own wait may take it for a confirm: it counts the message as
 * answered a moment before it notes how. Thread-safe.
 */
final class MandatoryRabbitTemplate extends RabbitTemplate {

    private final long confirmTimeoutMillis;

    MandatoryRabbitTemplate(ConnectionFactory connectionFactory, long confirmTimeoutMillis) {
        super(connectionFactory);
        this.confirmTimeoutMillis = confirmTimeoutMillis;
    }

    /**
     * @throws UnroutableException if no queue took the message
     * @throws org.springframework.amqp.AmqpException if the broker is away, refused the message or did not confirm it in time
     */
    @Override
    public void doSend(
            Channel cached, String exchange, String routingKey, Message message, boolean mandatory, CorrelationData correlation) {
        Channel channel = cached instanceof ChannelProxy proxy ? proxy.getTargetChannel() : cached;
        AtomicBoolean refused = new AtomicBoolean();
        ConfirmListener onRefusal = channel.addConfirmListener((tag, multiple) -> {}, (tag, multiple) -> refused.set(true));
        AtomicReference<String> returned = new AtomicReference<>();
        ReturnCallback onReturn = back -> returned.set(back.getReplyCode() + " " + back.getReplyText());
        ReturnListener listener = channel.addReturnListener(onReturn);
        try {
            super.doSend(channel, exchange, routingKey, message, mandatory, correlation);
            channel.waitForConfirmsOrDie(confirmTimeoutMillis);
        } catch (Exception e) {
            throw RabbitExceptionTranslator.convertRabbitAccessException(e);
        } finally {
            channel.removeReturnListener(listener);
            channel.removeConfirmListener(onRefusal);
        }
        if (refused.get()) {
            // the note of the refusal may still be under way, and would be taken for an answer to the next message
            RabbitUtils.setPhysicalCloseRequired(cached, true);
            throw new AmqpIOException(new IOException(
                    "The broker refused the message published to exchange '" + exchange + "' with routing key '" + routingKey + "'"));
        }
        if (returned.get() != null) {
            throw new UnroutableException(exchange, routingKey, returned.get());
        }
    }

    /** Sets the flag here and not in {@link #doSend}, which would mark the message with a header of Spring's own. */
    @Override
    protected void sendToRabbit(Channel channel, String exchange, String routingKey, boolean mandatory, Message message) {
        super.sendToRabbit(channel, exchange, routingKey, true, message);
    }
}
