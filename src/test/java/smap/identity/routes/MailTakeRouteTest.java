package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.mail.MessagingException;
import java.nio.charset.StandardCharsets;
import org.apache.camel.Exchange;
import org.apache.camel.spi.Registry;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import smap.identity.broker.DeliveryStoppedException;
import smap.identity.mail.DeliveryOutage;
import smap.identity.mail.JobHeaders;

class MailTakeRouteTest extends RouteTestSupport {

    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";

    private final DeliveryOutage outage = new DeliveryOutage(CLOCK, "consumer");

    MailTakeRouteTest() {
        super("consumer/mail-take");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("deliveryOutage", outage);
        beans.bind("jobHeaders", new JobHeaders());
    }

    @Test
    void a_message_becomes_variables_and_leaves_no_header() {
        Answer answer = take();

        assertThat(answer.failure()).isNull();
        assertThat(answer.variable("job")).isEqualTo("{}".getBytes(StandardCharsets.UTF_8));
        assertThat(answer.variable("mail_id")).isEqualTo(ID);
        assertThat(answer.variable("purpose")).isEqualTo("verification");
        assertThat(answer.variable("attempt")).isEqualTo(2);
        assertThat(answer.exchange().getMessage().getBody()).isNull();
        assertThat(answer.exchange().getMessage().getHeaders()).doesNotContainKeys("purpose", "x-death", "To");
    }

    @Test
    void while_nothing_can_be_delivered_a_job_is_not_taken() {
        Exchange failed = new DefaultExchange(context);
        failed.setProperty(Exchange.EXCEPTION_CAUGHT, new MessagingException("connection refused"));
        try {
            outage.begin(failed);
        } catch (DeliveryStoppedException e) {
            assertThat(take().failure()).isInstanceOf(DeliveryStoppedException.class);
        }
    }

    private Answer take() {
        return send(exchange -> {
            exchange.getMessage().setBody("{}".getBytes(StandardCharsets.UTF_8));
            exchange.getMessage().setHeader("CamelSpringRabbitmqMessageId", ID);
            exchange.getMessage().setHeader("purpose", "verification");
            exchange.getMessage().setHeader("attempt", 2);
            exchange.getMessage().setHeader("x-death", "…");
            exchange.getMessage().setHeader("To", "eve@example.com");
        });
    }
}
