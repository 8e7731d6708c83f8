package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.camel.component.springrabbit.SpringRabbitMQEndpoint;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.AmqpConnectException;
import smap.identity.mail.JobHeaders;

class MailMoveRouteTest extends RouteTestSupport {

    private static final String BROKER = "spring-rabbitmq:default";
    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";

    MailMoveRouteTest() {
        super("consumer/mail-move");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("mail.publish.timeout", "7s");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("jobHeaders", new JobHeaders());
    }

    @Test
    void a_copy_goes_to_the_queue_that_was_asked_for_and_carries_what_the_job_said() {
        assertThat(move().failure()).isNull();

        assertThat(edge(BROKER).sent().getMessage().getBody()).isEqualTo(new byte[] {1});
        assertThat(edge(BROKER).sent().getMessage().getHeaders()).isEqualTo(Map.of(
                "CamelSpringRabbitmqRoutingOverrideKey", "smtp_send_email.retry.5s",
                "CamelSpringRabbitmqMessageId", ID,
                "CamelSpringRabbitmqContentType", "application/json",
                "purpose", "verification",
                "attempt", 2));
    }

    @Test
    void it_goes_by_the_default_exchange_and_not_by_the_one_that_copies_to_every_queue() {
        SpringRabbitMQEndpoint broker = edge(BROKER).endpoint(SpringRabbitMQEndpoint.class);

        assertThat(broker.getExchangeName()).isEqualTo("default");
        assertThat(broker.getConfirmTimeout()).isEqualTo(7_000);
        assertThat(broker.isUsePublisherConnection()).isTrue();
    }

    @Test
    void a_copy_the_broker_did_not_take_is_a_failure_so_that_the_original_stays() {
        edge(BROKER).fails(new AmqpConnectException(new IllegalStateException("refused")));

        assertThat(move().failure()).isInstanceOf(AmqpConnectException.class);
    }

    private Answer move() {
        return send(exchange -> {
            exchange.setVariable("next_queue", "smtp_send_email.retry.5s");
            exchange.setVariable("job", new byte[] {1});
            exchange.setVariable("mail_id", ID);
            exchange.setVariable("purpose", "verification");
            exchange.setVariable("attempt", 2);
            exchange.getMessage().setHeader("Authorization", "Bearer");
            exchange.getMessage().setBody("what was under way");
        });
    }
}
