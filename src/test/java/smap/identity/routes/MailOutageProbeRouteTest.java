package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;

class MailOutageProbeRouteTest extends RouteTestSupport {

    private final List<String> told = new ArrayList<>();
    private final Probed database = new Probed("database");
    private final Probed smtp = new Probed("smtp");
    private final Outage outage = new Outage();

    MailOutageProbeRouteTest() {
        super("consumer/mail-outage-probe");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("deliveryOutage", outage);
        beans.bind("databaseDependency", database);
        beans.bind("smtpDependency", smtp);
    }

    @Test
    void when_database_and_mail_server_answer_both_lanes_are_resumed() {
        assertThat(probe().failure()).isNull();

        assertThat(told).containsExactly("database", "smtp", "ends");
        assertThat(edge("controlbus:route").received()).extracting(sent -> sent.getProperty(Exchange.TO_ENDPOINT, String.class))
                .containsExactly("controlbus://route?action=resume&routeId=mail-deliver",
                        "controlbus://route?action=resume&routeId=mail-deliver-bulk");
        assertThat(outage.visitedBefore).as("resumed before jobs are let through").isZero();
    }

    @Test
    void while_one_does_not_answer_nothing_is_resumed() {
        smtp.failure = new IllegalStateException("535 no");

        assertThat(probe().failure()).isNull();

        assertThat(told).containsExactly("database", "smtp", "goesOn 535 no");
        assertThat(visited()).isEmpty();
    }

    @Test
    void without_a_database_the_mail_server_is_not_even_asked() {
        database.failure = new IllegalStateException("refused");

        probe();

        assertThat(told).containsExactly("database", "goesOn refused");
    }

    private Answer probe() {
        return send(exchange -> {});
    }

    /** A dependency that answers or does not. */
    public final class Probed {

        private final String name;
        private Exception failure;

        Probed(String name) {
            this.name = name;
        }

        public void probe() throws Exception {
            told.add(name);
            if (failure != null) {
                throw failure;
            }
        }
    }

    /** Remembers what it was told. */
    public final class Outage {

        private int visitedBefore;

        public void ends() {
            told.add("ends");
            visitedBefore = visited().size();
        }

        public void goesOn(Exchange exchange) {
            told.add("goesOn " + exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class).getMessage());
        }
    }
}
