package smap.identity.broker;

import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpIOException;
import org.springframework.amqp.rabbit.connection.Connection;
import org.springframework.amqp.rabbit.connection.ConnectionListener;

/**
 * Declares what the mail job travels through, on every new connection of either role: the broker may be away when a process starts,
 * and may come back without what it held. The exchange and its queue have the names and arguments of the old services, which declare them
 * as well; a broker that has them with other arguments refuses the declaration (AMQP 0-9-1, 406 PRECONDITION_FAILED) and so the
 * connection. Thread-safe.
 *
 * <p>A retry queue has no consumer: a message in it expires and is dead-lettered through the default exchange straight back to the work
 * queue. Its name holds its delay, so that another {@code MAIL_RETRY_DELAYS} makes other queues, and the old ones empty themselves.
 */
public final class MailTopology implements ConnectionListener {

    private static final Logger LOG = LoggerFactory.getLogger(MailTopology.class);
    private static final String DEFAULT_EXCHANGE = "";
    /** What the embedded broker calls itself. */
    private static final String BROKER_J = "Broker-J";

    private final MailQueues queues;

    public MailTopology(MailQueues queues) {
        this.queues = queues;
    }

    /** @throws AmqpIOException if the broker refuses a declaration; its cause says which and why */
    @Override
    public void onCreate(Connection connection) {
        boolean brokerJ = String.valueOf(connection.getDelegate().getServerProperties().get("product")).contains(BROKER_J);
        // the client's own channel: a cached one would connect anew, and so declare anew, when a refusal closes the connection
        try (Channel channel = connection.getDelegate().createChannel()) {
            channel.exchangeDeclare(queues.exchange(), BuiltinExchangeType.FANOUT, true);
            declareDurable(channel, queues.work(), null);
            channel.queueBind(queues.work(), queues.exchange(), "");
            declareDurable(channel, queues.bulk(), null);
            declareDurable(channel, queues.dead(), null);
            for (Map.Entry<String, Duration> retry : queues.retries().entrySet()) {
                declareDurable(channel, retry.getKey(), brokerJ ? expiryOfBrokerJ(retry.getValue()) : expiry(retry.getValue()));
            }
            if (queues.backup() != null) {
                declareDurable(channel, queues.backup(), null);
                channel.queueBind(queues.backup(), queues.exchange(), "");
            }
            LOG.atInfo().addKeyValue("exchange", queues.exchange()).addKeyValue("queue", queues.work()).log("Connected to the broker");
        } catch (IOException e) {
            throw new AmqpIOException(e);
        } catch (TimeoutException e) {
            throw new AmqpIOException(new IOException("The channel that declares " + queues.exchange() + " was not closed in time", e));
        }
    }

    private static void declareDurable(Channel channel, String queue, Map<String, Object> arguments) throws IOException {
        channel.queueDeclare(queue, true, false, false, arguments);
    }

    private Map<String, Object> expiry(Duration delay) {
        return Map.of(
                "x-message-ttl", delay.toMillis(),
                "x-dead-letter-exchange", DEFAULT_EXCHANGE,
                "x-dead-letter-routing-key", queues.work());
    }

    /** Broker-J knows none of RabbitMQ's arguments; these are its own, and it looks for what has expired every second (ADR 0012). */
    private Map<String, Object> expiryOfBrokerJ(Duration delay) {
        return Map.of(
                "maximumMessageTtl", delay.toMillis(),
                "expiryPolicy", "ROUTE_TO_ALTERNATE",
                "alternateBinding", Map.of("destination", queues.work()));
    }
}
