package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.account.OneTimeCodes;
import smap.identity.account.PasswordHasher;
import smap.identity.account.PasswordPolicy;
import smap.identity.mail.MailTemplates;
import smap.identity.problem.ProblemCode;

/** What routes do differently with {@code AUTH_ENUMERATION_SAFE}. */
class EnumerationSafeRouteTest {

    @Nested
    class Register extends Safe {

        private static final String ANSWER = "{\"error_code\":0,\"message\":\"Success\",\"data\":{\"email\":\"ann@example.com\"}}";

        Register() {
            super("api/authentication-register");
        }

        @Override
        void bind(Registry beans) {
            beans.bind("passwordHasher", new PasswordHasher(1));
            beans.bind("passwordPolicy", new PasswordPolicy());
            beans.bind("mailTemplates", new MailTemplates());
        }

        @ParameterizedTest
        @ValueSource(booleans = {true, false})
        void a_new_address_and_a_taken_one_go_the_same_way(boolean isNew) {
            sql("user/insert").answers(Map.of("is_new", isNew, "answer", ANSWER));

            assertThat(request(credentials()).succeeded(201).body()).isEqualTo(ANSWER);

            assertThat(sql("user/insert").parameters()).containsEntry("enumeration_safe", "true");
            await().until(() -> visited().size() == 4);
            assertThat(visited()).containsExactly(
                    "direct:rate-check", "direct:idempotency-begin", "sql:user/insert", "direct:account-exists-tell");
            assertThat(direct("account-exists-tell").variables()).containsEntry("registered", Map.of("is_new", isNew, "answer", ANSWER));
        }
    }

    @Nested
    class SendOtp extends Safe {

        SendOtp() {
            super("api/authentication-send-otp");
        }

        @Test
        void nobody_is_told_anything_that_the_password_would_tell() {
            direct("code-request-quiet").does(exchange -> exchange.getMessage().setBody("{\"the\":\"answer\"}"));

            assertThat(request(credentials()).succeeded(200).body()).isEqualTo("{\"the\":\"answer\"}");

            assertThat(visited()).containsExactly("direct:rate-check", "direct:code-request-quiet");
        }
    }

    @Nested
    class VerifyOtp extends Safe {

        VerifyOtp() {
            super("api/authentication-verify-otp");
        }

        @Override
        void bind(Registry beans) {
            beans.bind("oneTimeCodes", new OneTimeCodes("0123456789abcdef0123456789abcdef", new SecureRandom()));
            beans.bind("mailTemplates", new MailTemplates());
        }

        @Test
        void a_guess_that_is_not_looked_at_is_a_wrong_one() {
            request(Map.of("email", "ann@example.com", "otp", "123456")).refused(ProblemCode.WRONG_OTP);

            assertThat(visited()).contains("sql:one-time-code/try").doesNotContain("direct:guess-refuse");
        }
    }

    @Nested
    class CredentialsCheck extends Safe {

        private final PasswordHasher hasher = new PasswordHasher(1);

        CredentialsCheck() {
            super("api/credentials-check");
        }

        @Override
        void bind(Registry beans) {
            beans.bind("passwordHasher", hasher);
        }

        @Test
        void an_address_that_is_not_proved_is_as_unknown_and_slowed_down_likewise() {
            sql("user/find-by-email").answers(user(false));

            request(credentials()).failedWith(ProblemCode.WRONG_PASSWORD);

            assertThat(sql("login-failure/record").parameters()).containsEntry("is_right", false);
        }

        @Test
        void one_that_is_proved_is_let_through() {
            sql("user/find-by-email").answers(user(true));

            request(credentials()).succeeded(200);

            assertThat(sql("login-failure/record").parameters()).containsEntry("is_right", true);
        }

        @Test
        void who_was_deactivated_is_told_so() {
            Map<String, Object> deactivated = new HashMap<>(user(false));
            deactivated.put("deactivated_at", NOW);
            sql("user/find-by-email").answers(deactivated);

            request(credentials()).failedWith(ProblemCode.USER_DEACTIVATED);
        }

        @Test
        void an_unknown_one_is_refused() {
            request(credentials()).failedWith(ProblemCode.WRONG_PASSWORD);
        }

        private Map<String, Object> user(boolean active) {
            return Map.of("id", "1", "email", "ann@example.com", "password_hash", hasher.hash("correct horse"), "is_active", active);
        }
    }

    abstract static class Safe extends RouteTestSupport {

        Safe(String file) {
            super(file);
        }

        @Override
        Map<String, String> settings() {
            return Map.of("auth.enumeration.safe", "true");
        }

        static Map<String, Object> credentials() {
            return new HashMap<>(Map.of("email", "ann@example.com", "password", "correct horse"));
        }
    }
}
