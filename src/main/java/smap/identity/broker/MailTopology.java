package smap.identity.broker;

import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpIOException;
import org.springframework.amqp.rabbit.connection.Connection;
import org.springframework.amqp.rabbit.connection.ConnectionListener;

/**
 * Declares what the mail job travels through, on every new connection of either role: the broker may be away when a process starts,
 * and may come back without what it held. The names and arguments are those of the old services, which declare them as well; a broker that
 * has them with other arguments refuses the declaration (AMQP 0-9-1, 406 PRECONDITION_FAILED) and so the connection. Thread-safe.
 */
public final class MailTopology implements ConnectionListener {

    private static final Logger LOG = LoggerFactory.getLogger(MailTopology.class);
    private static final boolean DURABLE = true;
    private static final boolean EXCLUSIVE = false;
    private static final boolean AUTO_DELETE = false;

    private final String exchange;
    private final String queue;
    private final String deadLetterQueue;

    public MailTopology(String exchange, String queue, String deadLetterQueue) {
        this.exchange = exchange;
        this.queue = queue;
        this.deadLetterQueue = deadLetterQueue;
    }

    /** @throws AmqpIOException if the broker refuses a declaration; its cause says which and why */
    @Override
    public void onCreate(Connection connection) {
        try (Channel channel = connection.createChannel(false)) {
            channel.exchangeDeclare(exchange, BuiltinExchangeType.FANOUT, DURABLE);
            channel.queueDeclare(queue, DURABLE, EXCLUSIVE, AUTO_DELETE, null);
            channel.queueBind(queue, exchange, "");
            channel.queueDeclare(deadLetterQueue, DURABLE, EXCLUSIVE, AUTO_DELETE, null);
            LOG.atInfo().addKeyValue("exchange", exchange).addKeyValue("queue", queue).log("Connected to the broker");
        } catch (IOException e) {
            throw new AmqpIOException(e);
        } catch (TimeoutException e) {
            throw new AmqpIOException(new IOException("The channel that declares " + exchange + " was not closed in time", e));
        }
    }
}
