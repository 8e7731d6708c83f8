package smap.identity.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import smap.identity.Role;
import smap.identity.settings.Settings;

class AuthCookieTest {

    private static final AccessToken TOKEN = new AccessToken("a.b.c", Instant.EPOCH);

    @ParameterizedTest
    @CsvSource({
        "auto,  false, http://id.example.com,  false",
        "auto,  false, https://id.example.com, true",
        "auto,  false, ,                       false",
        "auto,  true,  http://id.example.com,  true",
        "auto,  true,  ,                       true",
        "true,  false, http://id.example.com,  true",
        "false, true,  https://id.example.com, false"
    })
    void it_is_for_tls_alone_where_there_is_tls_or_the_setting_says_so(
            String setting, boolean production, String origin, boolean secure) {
        AuthCookie cookie = new AuthCookie(setting, production);

        assertThat(cookie.expire(origin)).isEqualTo(
                "smap_auth_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax" + (secure ? "; Secure" : ""));
        assertThat(cookie.hold(TOKEN, session(true), origin).endsWith("; Secure")).isEqualTo(secure);
    }

    @Test
    void it_lives_as_long_as_a_session_that_is_remembered_and_else_as_long_as_the_browser() {
        AuthCookie cookie = AuthCookie.of(Settings.read(Role.ALL, Map.of(), new Properties()));

        assertThat(cookie.hold(TOKEN, session(true), null))
                .isEqualTo("smap_auth_token=a.b.c; Max-Age=2591999; Path=/; HttpOnly; SameSite=Lax");
        assertThat(cookie.hold(TOKEN, session(false), null)).isEqualTo("smap_auth_token=a.b.c; Path=/; HttpOnly; SameSite=Lax");
    }

    private static Map<String, Object> session(boolean remember) {
        return Map.of("remember", remember, "seconds_left", 2_591_999L);
    }
}
