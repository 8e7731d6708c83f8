package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.account.OneTimeCodes;
import smap.identity.mail.MailTemplates;

class AddressGuessPrepareRouteTest extends RouteTestSupport {

    private final OneTimeCodes codes = new OneTimeCodes("0123456789abcdef0123456789abcdef", new SecureRandom());

    AddressGuessPrepareRouteTest() {
        super("api/address-guess-prepare");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("oneTimeCodes", codes);
        beans.bind("mailTemplates", new MailTemplates());
    }

    @Test
    void each_code_is_bound_to_its_address_and_the_notice_goes_to_the_old_one() {
        Answer answer = request(Map.of("otp", "123456", "new_otp", "654321",
                "user", Map.of("email", "ann@example.com", "new_address", "new@example.com"))).succeeded(200);

        assertThat(answer.variable("old_code_hmac")).isEqualTo(codes.hmac("address-confirm-old", "ann@example.com", "123456"));
        assertThat(answer.variable("new_code_hmac")).isEqualTo(codes.hmac("address-confirm-new", "new@example.com", "654321"));
        assertThat(answer.variable("new_address")).isEqualTo("new@example.com");
        assertThat(answer.variable("job").toString())
                .contains("\"recipient\":\"ann@example.com\"", "new@example.com").doesNotContain("123456", "654321");
        assertThat(answer.exchange().getVariables()).containsEntry("now", NOW).containsEntry("otp_max_tries", "5")
                .containsEntry("otp_tries_per_hour", "20").containsEntry("otp_cooldown", "60s").containsEntry("rate_limits", "on")
                .containsEntry("relay_delay", "5s");
    }
}
