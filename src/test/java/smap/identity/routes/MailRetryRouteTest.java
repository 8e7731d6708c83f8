package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.mail.MessagingException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.broker.MailQueues;
import smap.identity.mail.DeferredRecipients;
import smap.identity.mail.EmailData;
import smap.identity.mail.FailureSorter;
import smap.identity.mail.RetryLadder;

class MailRetryRouteTest extends RouteTestSupport {

    private static final EmailData MAIL =
            new EmailData("Hello", "ann@example.com", "b", null, null, List.of(), List.of(), List.of());

    private final DeferredRecipients deferred = new DeferredRecipients(CLOCK);

    MailRetryRouteTest() {
        super("consumer/mail-retry");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("retryLadder", new RetryLadder(
                new MailQueues("exc", "work", "bulk", "dead", null, Map.of("retry.5s", Duration.ofSeconds(5))), CLOCK));
        beans.bind("failureSorter", new FailureSorter());
        beans.bind("deferredRecipients", deferred);
    }

    @Test
    void a_failed_attempt_is_recorded_and_then_the_job_waits_for_the_next_one() {
        assertThat(fail(1).failure()).isNull();

        assertThat(visited()).containsExactly("direct:mail-outcome-record", "direct:mail-move");
        assertThat(direct("mail-outcome-record").variables())
                .containsEntry("outcome", "retry").containsEntry("attempt", 1).containsEntry("reply", "451 later");
        assertThat(direct("mail-move").variables())
                .containsEntry("next_queue", "retry.5s").containsEntry("attempt", 2).containsEntry("first_attempt_at", NOW);
    }

    @Test
    void a_recipient_whose_mails_are_put_off_is_remembered() {
        for (int i = 0; i < 5; i++) {
            assertThat(deferred.contains(MAIL)).isFalse();
            fail(1);
        }

        assertThat(deferred.contains(MAIL)).isTrue();
    }

    @Test
    void after_the_last_attempt_the_mail_is_dead() {
        assertThat(fail(2).failure()).isNull();

        assertThat(visited()).containsExactly("direct:mail-dead");
        assertThat(direct("mail-dead").variables()).containsEntry("attempt", 2).containsEntry("reason", "exhausted");
    }

    @Test
    void an_attempt_that_cannot_be_recorded_leaves_the_job_where_it_was() {
        direct("mail-outcome-record").fails(databaseAway());

        assertThat(fail(1).failure()).isNotNull();

        assertThat(visited()).containsExactly("direct:mail-outcome-record");
    }

    private Answer fail(int attempt) {
        return send(exchange -> {
            exchange.setProperty(Exchange.EXCEPTION_CAUGHT, new MessagingException("451 later"));
            exchange.setVariable("attempt", attempt);
            exchange.setVariable("mail", MAIL);
            exchange.setVariable("outcome", "retry");
            exchange.setVariable("reason", "exhausted");
        });
    }
}
