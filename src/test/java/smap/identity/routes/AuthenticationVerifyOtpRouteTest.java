package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.account.OneTimeCodes;
import smap.identity.mail.MailTemplates;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class AuthenticationVerifyOtpRouteTest extends RouteTestSupport {

    private static final String VERIFIED = "{\"error_code\":0,\"message\":\"Success\",\"data\":{\"is_active\":true}}";
    private static final String TRY = "one-time-code/try";

    private final OneTimeCodes codes = new OneTimeCodes("0123456789abcdef0123456789abcdef", new SecureRandom());

    AuthenticationVerifyOtpRouteTest() {
        super("api/authentication-verify-otp");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("otp.max.tries", "3", "otp.tries.per.hour", "9", "rate.limits", "off", "mail.relay.delay", "8s");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("oneTimeCodes", codes);
        beans.bind("mailTemplates", new MailTemplates());
    }

    @Test
    void the_right_code_is_answered_with_the_account() {
        sql(TRY).answers(Map.of("is_right", true, "answer", VERIFIED));

        assertThat(verify().succeeded(200).body()).isEqualTo(VERIFIED);

        Map<String, Object> parameters = new HashMap<>(Map.of(
                "email", "ann@example.com",
                "purpose", "verification",
                "variable.remote_address", "192.0.2.7",
                "code_hmac", codes.hmac("verification", "ann@example.com", "123456"),
                "now", NOW,
                "otp_max_tries", "3",
                "otp_tries_per_hour", "9",
                "rate_limits", "off",
                "relay_delay", "8s",
                "variable.traceparent", TRACEPARENT));
        parameters.put("variable.job", null);
        parameters.put("variable.language", null);
        assertThat(sql(TRY).parameters()).isEqualTo(parameters);
        assertThat(visited()).containsExactly("direct:rate-check", "direct:welcome-prepare", "sql:" + TRY);
    }

    @Test
    void the_language_that_is_asked_for_is_kept_with_the_account() {
        sql(TRY).answers(Map.of("is_right", true, "answer", VERIFIED));

        request(Map.of("email", "ann@example.com", "otp", "123456", "lang", "vi-VN", "Accept-Language", "en")).succeeded(200);

        assertThat(sql(TRY).parameters()).containsEntry("variable.language", "vi");
    }

    @Test
    void the_mail_that_greets_is_stored_with_the_account_and_handed_over() {
        UUID id = UUID.randomUUID();
        direct("welcome-prepare").does(exchange -> exchange.setVariable("job", "{}"));
        sql(TRY).answers(Map.of("is_right", true, "answer", VERIFIED, "mail_id", id));

        assertThat(verify().succeeded(200).body()).isEqualTo(VERIFIED);

        await().until(() -> visited().contains("direct:mail-hand-over"));
        assertThat(sql(TRY).parameters()).containsEntry("variable.job", "{}");
        assertThat(direct("mail-hand-over").variables()).containsEntry("mail_id", id);
    }

    @Test
    void who_asks_too_often_is_refused_before_the_guess_is_looked_at() {
        direct("rate-check").fails(new ProblemException(ProblemCode.TOO_MANY_REQUESTS));

        verify().refused(ProblemCode.TOO_MANY_REQUESTS);

        assertThat(direct("rate-check").variables()).containsEntry("limited", "verify-otp").containsEntry("email", "ann@example.com");
        assertThat(visited()).containsExactly("direct:rate-check");
    }

    @Test
    void a_wrong_code_is_refused() {
        Map<String, Object> guess = new HashMap<>(Map.of("is_right", false));
        guess.put("answer", null);
        sql(TRY).answers(guess);

        verify().refused(ProblemCode.WRONG_OTP);
    }

    @Test
    void a_guess_that_is_not_looked_at_is_refused_with_its_reason() {
        direct("guess-refuse").fails(new ProblemException(ProblemCode.OTP_EXPIRED));

        verify().refused(ProblemCode.OTP_EXPIRED);

        assertThat(visited()).containsExactly("direct:rate-check", "direct:welcome-prepare", "sql:" + TRY, "direct:guess-refuse");
        assertThat(direct("guess-refuse").variables())
                .containsKeys("email", "purpose", "now", "otp_max_tries", "otp_tries_per_hour", "otp_cooldown");
    }

    @Test
    void who_guesses_too_often_is_told_how_long_to_wait() {
        refusedAfter(17, ProblemCode.TOO_MANY_ATTEMPTS);

        verify().refused(ProblemCode.TOO_MANY_ATTEMPTS, 17L);
    }

    @Test
    void a_wait_that_is_over_is_the_shortest_there_is() {
        refusedAfter(-30, ProblemCode.TOO_MANY_ATTEMPTS);

        verify().refused(ProblemCode.TOO_MANY_ATTEMPTS, 1L);
    }

    @Test
    void waiting_is_not_advised_where_it_does_not_help() {
        refusedAfter(-240, ProblemCode.OTP_EXPIRED);

        verify().refused(ProblemCode.OTP_EXPIRED, null);
    }

    @Test
    void a_database_that_is_away_is_a_503_that_says_when_to_come_back() {
        sql(TRY).fails(databaseAway());

        verify().refused(ProblemCode.SERVICE_UNAVAILABLE);
    }

    private void refusedAfter(long seconds, ProblemCode reason) {
        direct("guess-refuse").does(exchange -> {
            exchange.setVariable("retry_after", seconds);
            throw new ProblemException(reason);
        });
    }

    private Answer verify() {
        return request(Map.of("email", "ann@example.com", "otp", "123456", "remote_address", "192.0.2.7"));
    }
}
