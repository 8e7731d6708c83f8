package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.camel.Exchange;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;

class MailOutageRouteTest extends RouteTestSupport {

    private final Steps steps = new Steps();

    MailOutageRouteTest() {
        super("consumer/mail-outage");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("deliveryOutage", steps);
    }

    @Test
    void both_lanes_are_suspended_and_only_then_the_outage_waits_for_its_probe() {
        steps.due = "suspend";

        assertThat(run().failure()).isNull();

        assertThat(visited()).containsExactly("controlbus:route", "controlbus:route");
        assertThat(edge("controlbus:route").received()).extracting(sent -> sent.getProperty(Exchange.TO_ENDPOINT, String.class))
                .containsExactly("controlbus://route?action=suspend&routeId=mail-deliver",
                        "controlbus://route?action=suspend&routeId=mail-deliver-bulk");
        assertThat(steps.suspended).isTrue();
        assertThat(steps.visitedBefore).isEqualTo(2);
    }

    @Test
    void when_a_probe_is_due_it_is_made() {
        steps.due = "probe";

        run();

        assertThat(visited()).containsExactly("direct:mail-outage-probe");
        assertThat(steps.suspended).isFalse();
    }

    @Test
    void otherwise_nothing_happens() {
        run();

        assertThat(visited()).isEmpty();
    }

    private Answer run() {
        return send(exchange -> {});
    }

    /** Says what is due, and remembers what it was told. */
    public final class Steps {

        private String due = "nothing";
        private boolean suspended;
        private int visitedBefore;

        public String due() {
            return due;
        }

        public void suspended() {
            suspended = true;
            visitedBefore = visited().size();
        }
    }
}
