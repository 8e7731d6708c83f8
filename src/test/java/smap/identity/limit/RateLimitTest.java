package smap.identity.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.Role;
import smap.identity.settings.Settings;

class RateLimitTest {

    @Test
    void a_limit_is_one_for_an_address_and_one_for_a_client() {
        assertThat(RateLimit.parse("20/15m,300/1h")).isEqualTo(new RateLimit(20, "15m", 300, "1h"));
        assertThat(RateLimit.parse("1/30s, 9999999/7d")).isEqualTo(new RateLimit(1, "30s", 9_999_999, "7d"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "20/15m", "20/15m,", "20/15m,300/15m,1/1d", "0/15m,300/15m", "20/0m,300/15m", "-1/15m,300/15m",
        "20/15,300/15", "20/500ms,300/500ms", "20 / 15m,300/15m", "10000000/1m,1/1m", "x/15m,300/15m"})
    void anything_else_is_none(String value) {
        assertThat(RateLimit.isOne(value)).isFalse();
        assertThatThrownBy(() -> RateLimit.parse(value)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void an_operation_has_the_limit_of_its_setting() {
        RateLimits limits = new RateLimits(Settings.read(Role.API, Map.of("RATE_LIMIT_SEND_OTP", "1/2s,3/4m"), new Properties()));

        assertThat(limits.find("send-otp")).isEqualTo(new RateLimit(1, "2s", 3, "4m"));
        assertThat(limits.find("login")).isEqualTo(new RateLimit(30, "15m", 300, "15m"));
        for (String operation : new String[] {"register", "verify-otp", "forgot-password", "reset-password", "change-password",
            "change-address"}) {
            assertThat(limits.find(operation).addressWindow()).matches(Pattern.compile("1h"));
        }
        assertThatThrownBy(() -> limits.find("logout")).hasMessageContaining("rate.limit.logout");
    }
}
