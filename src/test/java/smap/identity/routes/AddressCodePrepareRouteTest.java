package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.account.OneTimeCodes;
import smap.identity.mail.MailTemplates;

class AddressCodePrepareRouteTest extends RouteTestSupport {

    private final OneTimeCodes codes = new OneTimeCodes("0123456789abcdef0123456789abcdef", new SecureRandom());

    AddressCodePrepareRouteTest() {
        super("api/address-code-prepare");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("oneTimeCodes", codes);
        beans.bind("mailTemplates", new MailTemplates());
    }

    @Test
    void a_code_is_made_for_an_act_and_an_address_with_the_mail_that_brings_it_there() {
        Answer answer = request(Map.of("purpose", "address-confirm-new", "email", "new@example.com", "lang", "vi",
                "user", Map.of("email", "ann@example.com", "full_name", "Ann"))).succeeded(200);

        String otp = (String) answer.variable("otp");
        assertThat(otp).matches("[0-9]{6}");
        assertThat(answer.variable("code_hmac")).isEqualTo(codes.hmac("address-confirm-new", "new@example.com", otp));
        assertThat(answer.variable("job").toString()).contains("\"recipient\":\"new@example.com\"", otp);
        assertThat(answer.exchange().getVariables()).containsEntry("now", NOW).containsEntry("otp_ttl", "5m")
                .containsEntry("otp_cooldown", "60s").containsEntry("otp_mails_per_hour", "10").containsEntry("rate_limits", "on")
                .containsEntry("relay_delay", "5s");
    }

    @Test
    void a_code_for_the_old_address_tells_the_new_one() {
        Answer answer = request(Map.of("purpose", "address-confirm-old", "email", "ann@example.com", "new_address", "new@example.com",
                "user", Map.of("email", "ann@example.com"))).succeeded(200);

        assertThat(answer.variable("job").toString()).contains("\"recipient\":\"ann@example.com\"", "new@example.com");
    }
}
