package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Properties;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.Role;
import smap.identity.account.TokenKeys;
import smap.identity.settings.Settings;
import smap.identity.support.PemKeys;

class KeyListRouteTest extends RouteTestSupport {

    KeyListRouteTest() {
        super("api/key-list");
    }

    @Override
    void bind(Registry beans) {
        Map<String, String> environment = Map.of("JWT_PRIVATE_KEY", PemKeys.privatePem(PemKeys.ed25519()));
        beans.bind("tokenKeys", TokenKeys.of(Settings.read(Role.ALL, environment, new Properties())));
    }

    @Test
    void the_answer_is_the_set_of_keys_as_the_standard_has_it() {
        Answer answer = request(Map.of()).succeeded(200);

        assertThat(answer.headers()).containsEntry("Content-Type", "application/json");
        assertThat(answer.json().fieldNames()).toIterable().containsExactly("keys");
        assertThat(answer.json().at("/keys/0/alg").asText()).isEqualTo("EdDSA");
    }
}
