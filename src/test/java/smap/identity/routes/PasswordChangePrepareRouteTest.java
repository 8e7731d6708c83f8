package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.account.PasswordHasher;
import smap.identity.mail.MailTemplates;

class PasswordChangePrepareRouteTest extends RouteTestSupport {

    private final PasswordHasher hasher = new PasswordHasher(1);

    PasswordChangePrepareRouteTest() {
        super("api/password-change-prepare");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("mail.relay.delay", "7s");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("passwordHasher", hasher);
        beans.bind("mailTemplates", new MailTemplates());
    }

    @Test
    void the_new_password_is_hashed_and_the_notice_written() {
        Answer answer = request(Map.of(
                "password", "correct horse", "lang", "vi", "remote_address", "192.0.2.7",
                "user", Map.of("email", "Ann@example.com", "full_name", "Ann")));

        assertThat(answer.failure()).isNull();
        assertThat(hasher.matches("correct horse", Map.of("password_hash", answer.variable("password_hash")))).isTrue();
        assertThat(answer.variable("job").toString())
                .contains("\"recipient\":\"Ann@example.com\"", "Ann", "192.0.2.7", "Mật khẩu").doesNotContain("correct horse");
        assertThat(answer.variable("relay_delay")).isEqualTo("7s");
        assertThat(answer.variable("now")).isEqualTo(NOW);
    }

    @Test
    void for_an_address_that_nobody_has_the_same_is_done() {
        Map<String, Object> nobody = new HashMap<>(Map.of("email", "nobody@example.com"));
        nobody.put("id", null);
        nobody.put("full_name", null);

        Answer answer = request(Map.of("password", "correct horse", "user", nobody));

        assertThat(answer.failure()).isNull();
        assertThat(answer.variable("password_hash").toString()).startsWith("$argon2id$");
        assertThat(answer.variable("job").toString()).contains("nobody@example.com");
    }
}
