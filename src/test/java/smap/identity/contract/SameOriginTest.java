package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.http.AllowedOrigins;

class SameOriginTest {

    private static final String OWN = "https://id.example.com";
    private static final String APP = "https://app.example.com";

    private final SameOrigin sameOrigin = new SameOrigin(new AllowedOrigins(List.of(APP)));

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
        "https://id.example.com,      -,           true",
        "https://id.example.com,      same-origin, true",
        "-,                           same-origin, true",
        "-,                           none,        true",
        "http://behind.a.proxy:8080,  same-origin, true",
        "https://app.example.com,     same-site,   true",
        "https://app.example.com,     cross-site,  true",
        "https://app.example.com,     -,           true",
        "-,                           -,           false",
        "-,                           cross-site,  false",
        "-,                           same-site,   false",
        "https://id.example.com,      same-site,   false",
        "https://id.example.com,      cross-site,  false",
        "https://id.example.com,      SAME-ORIGIN, false",
        "https://id.example.com,      '',          false",
        "https://evil.example,        -,           false",
        "https://evil.example,        cross-site,  false",
        "http://id.example.com,       -,           false",
        "https://id.example.com:8443, -,           false",
        "https://id.example.com.evil, -,           false",
        "https://example.com,         -,           false",
        "https://app.example.com/,    cross-site,  false",
        "null,                        -,           false",
        "'',                          -,           false"
    })
    void what_a_page_of_ours_asks_for_is_allowed_and_nothing_else(String origin, String fetchSite, boolean allowed) {
        assertThat(sameOrigin.allows(OWN, origin, fetchSite)).isEqualTo(allowed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "http://127.0.0.1"})
    void who_does_not_know_the_own_address_believes_no_origin(String origin) {
        assertThat(new SameOrigin(new AllowedOrigins(List.of())).allows(null, origin, null)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
        "http,  id.example.com,      http://id.example.com",
        "http,  ID.Example.com:80,   http://id.example.com",
        "https, id.example.com:443,  https://id.example.com",
        "https, id.example.com:80,   https://id.example.com:80",
        "http,  127.0.0.1:8080,      http://127.0.0.1:8080",
        "http,  [::1]:8080,          http://[::1]:8080",
        "http,  -,                   -",
        "http,  null,                http://null",
        "http,  a b,                 -",
        "http,  '',                  -",
        "-,     id.example.com,      -"
    })
    void an_origin_is_written_as_browsers_write_it(String scheme, String authority, String origin) {
        assertThat(SameOrigin.of(scheme, authority)).isEqualTo(origin);
    }
}
