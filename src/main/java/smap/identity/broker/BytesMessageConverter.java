package smap.identity.broker;

import java.nio.charset.StandardCharsets;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.amqp.support.converter.MessageConversionException;
import org.springframework.amqp.support.converter.MessageConverter;

/**
 * Takes a message's body as the bytes it is, whatever its content type says: the old services send JSON as {@code text/plain}, and
 * nothing a message claims may make us deserialize it. Thread-safe.
 */
final class BytesMessageConverter implements MessageConverter {

    @Override
    public Object fromMessage(Message message) {
        return message.getBody();
    }

    /** @throws MessageConversionException if the body is neither bytes nor text */
    @Override
    public Message toMessage(Object body, MessageProperties properties) {
        if (body instanceof byte[] bytes) {
            return new Message(bytes, properties);
        }
        if (body instanceof String text) {
            return new Message(text.getBytes(StandardCharsets.UTF_8), properties);
        }
        String type = body == null ? "nothing" : body.getClass().getName();
        throw new MessageConversionException("Expected bytes or text to publish, got " + type);
    }
}
