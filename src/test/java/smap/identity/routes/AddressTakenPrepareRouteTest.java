package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.mail.MailTemplates;

class AddressTakenPrepareRouteTest extends RouteTestSupport {

    private static final UUID BOB = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");

    AddressTakenPrepareRouteTest() {
        super("api/address-taken-prepare");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("mailTemplates", new MailTemplates());
    }

    @Test
    void the_owner_is_told_in_place_of_the_code_and_the_caller_stays_the_user_at_hand() {
        Map<String, Object> ann = Map.of("email", "ann@example.com", "full_name", "Ann");
        Map<String, Object> request = new HashMap<>(Map.of("user", ann, "new_job", "with a code", "new_address", "BOB@example.com"));
        request.put("owner", Map.of("id", BOB, "email", "bob@example.com", "full_name", "Bob"));

        Answer answer = request(request).succeeded(200);

        assertThat(answer.variable("new_job").toString()).contains("\"recipient\":\"bob@example.com\"", "Bob").doesNotContain("ann@");
        assertThat(answer.variable("new_purpose")).isEqualTo("account-exists");
        assertThat(answer.variable("new_recipient")).isEqualTo("bob@example.com");
        assertThat(answer.variable("new_owner_id")).isEqualTo(BOB);
        assertThat(answer.variable("user")).isEqualTo(ann);
    }
}
