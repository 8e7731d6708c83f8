package smap.identity.broker;

import org.springframework.amqp.AmqpException;

/** The broker gave a mandatory message back because no queue took it (AMQP 0-9-1, basic.return). */
public final class UnroutableException extends AmqpException {

    public UnroutableException(String exchange, String routingKey, String reply) {
        super("No queue took the message published to exchange '" + exchange + "' with routing key '" + routingKey + "': " + reply);
    }
}
