package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.mail.MessagingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.springrabbit.SpringRabbitMQEndpoint;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.AmqpConnectException;
import smap.identity.mail.DeliveryLog;
import smap.identity.mail.FailureSorter;
import smap.identity.mail.JobHeaders;

class MailDeadRouteTest extends RouteTestSupport {

    private static final String BROKER = "spring-rabbitmq:default";
    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";
    private static final byte[] JOB = "{\"Subject\":\"Grüße\"".getBytes(StandardCharsets.UTF_8);

    MailDeadRouteTest() {
        super("consumer/mail-dead");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("mail.publish.timeout", "7s");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("deliveryLog", new DeliveryLog("masked"));
        beans.bind("failureSorter", new FailureSorter());
        beans.bind("jobHeaders", new JobHeaders());
    }

    @Test
    void the_job_is_kept_as_it_came_with_why_and_when_and_no_other_headers() {
        dead(new MessagingException("send failed", new MessagingException("550 5.1.1 no\r\n such user")));

        Message copy = edge(BROKER).sent().getMessage();
        assertThat(copy.getBody()).isEqualTo(JOB);
        assertThat(copy.getHeaders()).isEqualTo(Map.of(
                "CamelSpringRabbitmqMessageId", ID,
                "CamelSpringRabbitmqContentType", "application/json",
                "purpose", "verification",
                "attempt", 3,
                "reason", "permanent",
                "reply", "550 5.1.1 no such user",
                "tries", 1,
                "last_attempt_at", "2030-01-02T03:04:05Z"));
    }

    @Test
    void it_goes_straight_to_the_queue_of_the_dead_letters() {
        SpringRabbitMQEndpoint broker = edge(BROKER).endpoint(SpringRabbitMQEndpoint.class);

        assertThat(broker.getExchangeName()).isEqualTo("default");
        assertThat(broker.getRoutingKey()).isEqualTo("smtp_send_email.dead");
        assertThat(broker.getConfirmTimeout()).isEqualTo(7_000);
        assertThat(broker.isUsePublisherConnection()).isTrue();
    }

    @Test
    void it_is_told_once_the_broker_has_the_copy_and_the_database_is_not_needed_for_it() {
        assertThat(dead(new MessagingException("550 no such user")).failure()).isNull();

        assertThat(visited()).containsExactly(BROKER);
        assertThat(log.lines()).singleElement().asString().startsWith("WARN Email could not be delivered message_id=" + ID)
                .contains("reason=permanent", "reply=550 no such user");
    }

    @Test
    void without_a_confirmed_copy_the_job_goes_back_to_its_queue() {
        edge(BROKER).fails(new AmqpConnectException(new IllegalStateException("refused")));

        assertThat(dead(new MessagingException("550 no such user")).failure()).isInstanceOf(AmqpConnectException.class);

        assertThat(log.lines()).isEmpty();
    }

    private Answer dead(Exception cause) {
        return send(exchange -> {
            exchange.setProperty(Exchange.EXCEPTION_CAUGHT, cause);
            exchange.setVariable("job", JOB);
            exchange.setVariable("mail_id", ID);
            exchange.setVariable("purpose", "verification");
            exchange.setVariable("reason", "permanent");
            exchange.setVariable("attempt", 3);
            exchange.setVariable("tries", 1);
            exchange.getMessage().setHeader("x-death", "…");
            exchange.getMessage().setBody("what was under way");
        });
    }
}
