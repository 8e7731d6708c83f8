package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.mail.UnknownOutcomes;

class MailUnknownRouteTest extends RouteTestSupport {

    MailUnknownRouteTest() {
        super("consumer/mail-unknown");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("unknownOutcomes", new UnknownOutcomes("hold,code=retry"));
    }

    @Test
    void a_code_is_tried_again() {
        request(Map.of("purpose", "verification"));

        assertThat(visited()).containsExactly("direct:mail-retry");
        assertThat(direct("mail-retry").variables()).containsEntry("outcome", "unknown").containsEntry("reason", "unknown");
    }

    @Test
    void a_mail_whose_code_has_an_end_is_tried_again_whatever_it_is_for() {
        request(Map.of("purpose", "login", "code_expires_at", "2030-01-02T03:09:05.000Z"));

        assertThat(visited()).containsExactly("direct:mail-retry");
    }

    @Test
    void any_other_mail_is_held_for_somebody_to_decide() {
        request(Map.of("purpose", "notice"));

        assertThat(visited()).containsExactly("direct:mail-dead");
        assertThat(direct("mail-dead").variables()).containsEntry("reason", "unknown");
    }
}
