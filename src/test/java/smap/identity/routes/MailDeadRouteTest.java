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
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import smap.identity.mail.DeliveryLog;

class MailDeadRouteTest extends RouteTestSupport {

    private static final String BROKER = "spring-rabbitmq:default";
    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";
    private static final byte[] JOB = "{\"Subject\":\"Grüße\"".getBytes(StandardCharsets.UTF_8);

    MailDeadRouteTest() {
        super("consumer/mail-dead");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("deliveryLog", new DeliveryLog("masked"));
    }

    @Test
    void the_job_is_kept_as_it_came_with_the_reason_and_no_other_headers() {
        dead(new MessagingException("send failed", new MessagingException("550 5.1.1 no\r\n such user")));

        Message copy = edge(BROKER).sent().getMessage();
        assertThat(copy.getBody()).isEqualTo(JOB);
        assertThat(copy.getHeaders()).isEqualTo(Map.of(
                "CamelSpringRabbitmqMessageId", ID,
                "CamelSpringRabbitmqContentType", "application/json",
                "purpose", "verification",
                "reason", "550 5.1.1 no such user"));
    }

    @Test
    void it_goes_straight_to_the_queue_of_the_dead_letters() {
        SpringRabbitMQEndpoint broker = edge(BROKER).endpoint(SpringRabbitMQEndpoint.class);

        assertThat(broker.getExchangeName()).isEqualTo("default");
        assertThat(broker.getRoutingKey()).isEqualTo("smtp_send_email.dead");
        assertThat(broker.getConfirmTimeout()).isEqualTo(5_000);
        assertThat(broker.isUsePublisherConnection()).isTrue();
    }

    @Test
    void it_is_recorded_as_dead_once_the_broker_has_the_copy() {
        assertThat(dead(new MessagingException("550 no such user")).failure()).isNull();

        assertThat(visited()).containsExactly(BROKER, "direct:mail-outcome-record");
        assertThat(direct("mail-outcome-record").variables())
                .containsEntry("outcome", "dead")
                .containsEntry("reply", "550 no such user")
                .containsEntry("mail_id", ID)
                .containsEntry("attempts", 3);
    }

    @Test
    void without_a_confirmed_copy_the_job_goes_back_to_its_queue() {
        edge(BROKER).fails(new AmqpConnectException(new IllegalStateException("refused")));

        assertThat(dead(new MessagingException("550 no such user")).failure()).isInstanceOf(AmqpConnectException.class);

        assertThat(visited()).containsExactly(BROKER);
    }

    @Test
    void a_database_that_is_away_is_left_to_the_caller() {
        direct("mail-outcome-record").fails(databaseAway());

        assertThat(dead(new MessagingException("550 no such user")).failure()).isInstanceOf(CannotGetJdbcConnectionException.class);
    }

    private Answer dead(Exception cause) {
        return send(exchange -> {
            exchange.setProperty(Exchange.EXCEPTION_CAUGHT, cause);
            exchange.setVariable("job", JOB);
            exchange.setVariable("mail_id", ID);
            exchange.setVariable("purpose", "verification");
            exchange.setVariable("attempts", 3);
            exchange.getMessage().setHeader("CamelRedeliveryCounter", 2);
            exchange.getMessage().setHeader("x-death", "…");
            exchange.getMessage().setBody("what was under way");
        });
    }
}
