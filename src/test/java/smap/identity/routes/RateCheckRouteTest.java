package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import smap.identity.Role;
import smap.identity.limit.RateLimits;
import smap.identity.problem.ProblemCode;
import smap.identity.settings.Settings;

class RateCheckRouteTest {

    private static final String TAKE = "rate-limit/take";

    @Nested
    class On extends Limited {

        @Test
        void a_permit_is_taken_of_the_address_and_the_client_within_the_limits_of_the_operation() {
            ask("ann@example.com").succeeded(200);

            assertThat(sql(TAKE).parameters()).isEqualTo(Map.of(
                    "limited", "send-otp", "now", NOW,
                    "variable.email", "ann@example.com", "variable.remote_address", "192.0.2.7",
                    "variable.limit.addressPermits", 2, "variable.limit.addressWindow", "3m",
                    "variable.limit.clientPermits", 4, "variable.limit.clientWindow", "5h"));
        }

        @Test
        void who_has_none_left_is_told_how_long_to_wait() {
            sql(TAKE).answers(17L);

            assertThat(ask("ann@example.com").failedWith(ProblemCode.TOO_MANY_REQUESTS).variable("retry_after")).isEqualTo(17L);
        }

        @Test
        void an_operation_need_not_be_about_an_address() {
            ask(null).succeeded(200);

            assertThat(sql(TAKE).parameters()).containsEntry("variable.email", null);
        }

        @Test
        void a_database_that_is_away_is_left_to_the_caller() {
            sql(TAKE).fails(databaseAway());

            assertThat(ask("ann@example.com").failure()).isInstanceOf(CannotGetJdbcConnectionException.class);
        }
    }

    @Nested
    class Off extends Limited {

        @Override
        Map<String, String> settings() {
            return Map.of("rate.limits", "off");
        }

        @Test
        void nobody_is_asked_and_nobody_refused() {
            ask("ann@example.com").succeeded(200);

            assertThat(visited()).isEmpty();
        }
    }

    abstract static class Limited extends RouteTestSupport {

        Limited() {
            super("api/rate-check");
        }

        @Override
        void bind(Registry beans) {
            beans.bind("rateLimits", new RateLimits(
                    Settings.read(Role.API, Map.of("RATE_LIMIT_SEND_OTP", "2/3m,4/5h"), new Properties())));
        }

        final Answer ask(String email) {
            Map<String, Object> variables = new HashMap<>(Map.of("limited", "send-otp", "remote_address", "192.0.2.7"));
            variables.put("email", email);
            return request(variables);
        }
    }
}
