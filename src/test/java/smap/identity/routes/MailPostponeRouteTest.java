package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.broker.MailQueues;
import smap.identity.mail.RetryLadder;

class MailPostponeRouteTest extends RouteTestSupport {

    MailPostponeRouteTest() {
        super("consumer/mail-postpone");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("retryLadder", new RetryLadder(
                new MailQueues("exc", "work", "bulk", "dead", null, Map.of("retry.5s", Duration.ofSeconds(5))), CLOCK));
    }

    @Test
    void a_job_waits_a_little_without_an_attempt() {
        request(Map.of("attempt", 2, "settled", "sent"));

        assertThat(visited()).containsExactly("direct:mail-move");
        assertThat(direct("mail-move").variables())
                .containsEntry("next_queue", "retry.5s").containsEntry("attempt", 2).containsEntry("settled", "sent");
    }
}
