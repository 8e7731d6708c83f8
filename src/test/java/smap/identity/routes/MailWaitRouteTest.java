package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.broker.MailQueues;
import smap.identity.mail.RetryLadder;

class MailWaitRouteTest extends RouteTestSupport {

    MailWaitRouteTest() {
        super("consumer/mail-wait");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("retryLadder", new RetryLadder(
                new MailQueues("exc", "work", "bulk", "dead", null, Map.of("retry.5s", Duration.ofSeconds(5))), CLOCK));
    }

    @Test
    void a_job_that_came_too_early_waits_for_the_rest_without_an_attempt() {
        request(Map.of("not_before", NOW.plusSeconds(3), "attempt", 2));

        assertThat(visited()).containsExactly("direct:mail-move");
        assertThat(direct("mail-move").variables())
                .containsEntry("next_queue", "retry.5s").containsEntry("attempt", 2).containsEntry("not_before", NOW.plusSeconds(3));
    }
}
