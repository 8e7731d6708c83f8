package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.camel.component.springrabbit.SpringRabbitMQEndpoint;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.retry.interceptor.RetryOperationsInterceptor;
import smap.identity.broker.DeliveryStoppedException;
import smap.identity.broker.GiveBack;
import smap.identity.mail.DeliveryOutage;
import smap.identity.mail.MailFailures;
import smap.identity.mail.SmtpPhase;

class MailDeliverBulkRouteTest extends RouteTestSupport {

    private final RetryOperationsInterceptor giveBack = GiveBack.interceptor(1);

    MailDeliverBulkRouteTest() {
        super("consumer/mail-deliver-bulk");
    }

    @Override
    void bind(Registry beans) {
        MailDeliverRouteTest.bindFailureHandling(beans, new DeliveryOutage(CLOCK, "consumer"));
        beans.bind("giveBack", giveBack);
    }

    @Override
    Map<String, String> settings() {
        return Map.of("mail.workers", "3");
    }

    @Test
    void it_takes_jobs_from_the_lane_of_those_that_may_wait() {
        SpringRabbitMQEndpoint queue = input(SpringRabbitMQEndpoint.class);

        assertThat(queue.getQueues()).isEqualTo("smtp_send_email.bulk");
        assertThat(queue.getAcknowledgeMode()).isEqualTo(AcknowledgeMode.AUTO);
        assertThat(queue.getRetry()).isSameAs(giveBack);
        assertThat(queue.isAutoDeclare()).isFalse();
        assertThat(queue.isDisableReplyTo()).isTrue();
        assertThat(queue.getPrefetchCount()).isEqualTo(2);
        assertThat(queue.getConcurrentConsumers()).isEqualTo(3);
    }

    @Test
    void a_job_is_taken_and_attempted_and_knows_its_lane() {
        assertThat(send(exchange -> {}).failure()).isNull();

        assertThat(visited()).containsExactly("direct:mail-take", "direct:mail-attempt");
        assertThat(direct("mail-attempt").variables()).containsEntry("lane", "bulk");
    }

    @Test
    void a_failure_is_handled_as_that_of_any_other_mail() {
        direct("mail-attempt").fails(MailFailures.in(SmtpPhase.END_OF_DATA, "[EOF]"));

        assertThat(send(exchange -> {}).failure()).isNull();

        assertThat(visited()).containsExactly("direct:mail-take", "direct:mail-attempt", "direct:mail-unknown");
    }

    @Test
    void a_job_that_is_not_taken_goes_back() {
        direct("mail-take").fails(new DeliveryStoppedException("smtp"));

        assertThat(send(exchange -> {}).failure()).isInstanceOf(DeliveryStoppedException.class);

        assertThat(visited()).containsExactly("direct:mail-take");
    }
}
