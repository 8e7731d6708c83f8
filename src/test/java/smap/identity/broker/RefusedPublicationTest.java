package smap.identity.broker;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConfirmCallback;
import com.rabbitmq.client.ConfirmListener;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.AmqpIOException;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;

/** The moment in which the client's wait ends as if all were well although the broker refused: rare on a real channel, staged here. */
class RefusedPublicationTest {

    private final AtomicReference<ConfirmCallback> onNack = new AtomicReference<>();
    private final ConnectionFactory connections = stub(ConnectionFactory.class, (method, arguments) -> null);
    private final Channel channel = stub(Channel.class, this::answer);

    private Object answer(String method, Object[] arguments) throws IOException {
        switch (method) {
            case "addConfirmListener" -> {
                onNack.set((ConfirmCallback) arguments[1]);
                return stub(ConfirmListener.class, (listener, nothing) -> null);
            }
            case "waitForConfirmsOrDie" -> onNack.get().handle(1, false);
            default -> {
                return null;
            }
        }
        return null;
    }

    @Test
    void a_refusal_the_clients_wait_takes_for_a_confirm_is_a_failure() {
        MandatoryRabbitTemplate template = new MandatoryRabbitTemplate(connections, 1_000);

        assertThatThrownBy(() -> template.doSend(channel, "jobs", "mail", new Message(new byte[] {1}), true, null))
                .isInstanceOf(AmqpIOException.class)
                .hasRootCauseMessage("The broker refused the message published to exchange 'jobs' with routing key 'mail'");
    }

    private static <T> T stub(Class<T> type, Answer answer) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
            Object result = answer.to(method.getName(), arguments);
            return result == null && method.getReturnType() == boolean.class ? Boolean.FALSE : result;
        }));
    }

    private interface Answer {
        Object to(String method, Object[] arguments) throws IOException;
    }
}
