package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.AmqpConnectException;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class AuthenticationSendOtpRouteTest extends RouteTestSupport {

    private static final UUID USER = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final UUID MAIL = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");
    private static final String ISSUED =
            "{\"error_code\":0,\"message\":\"Success\",\"data\":{\"expires_at\":\"2030-01-02T03:09:05.000Z\"}}";
    private static final String ISSUE = "one-time-code/issue-and-queue-mail";
    private static final Map<String, Object> PREPARED = Map.of(
            "purpose", "verification", "code_hmac", "c0de", "otp_ttl", "5m", "otp_cooldown", "60s", "otp_mails_per_hour", "10",
            "rate_limits", "on", "relay_delay", "5s", "job", "{\"subject\":\"…\"}", "now", NOW);

    AuthenticationSendOtpRouteTest() {
        super("api/authentication-send-otp");
    }

    @BeforeEach
    void the_password_is_right_and_the_mail_written() {
        direct("credentials-check").sets("user", user(false));
        direct("verification-prepare").does(exchange -> PREPARED.forEach(exchange::setVariable));
        sql(ISSUE).answers(Map.of("id", MAIL, "answer", ISSUED));
    }

    @Test
    void the_code_and_its_mail_are_stored_and_the_mail_handed_over_afterwards() {
        Answer answer = sendOtp();

        assertThat(answer.succeeded(200).body()).isEqualTo(ISSUED);
        assertThat(direct("credentials-check").variables())
                .containsEntry("email", "ann@example.com")
                .containsEntry("password", "correct horse");
        Map<String, Object> parameters = new HashMap<>(PREPARED);
        parameters.put("traceparent", TRACEPARENT);
        parameters.put("variable.remote_address", null);
        parameters.put("variable.user[id]", USER);
        parameters.put("variable.user[email]", "ann@example.com");
        assertThat(sql(ISSUE).parameters()).isEqualTo(parameters);
        await().until(() -> visited().size() == 5);
        assertThat(visited()).containsExactly(
                "direct:rate-check", "direct:credentials-check", "direct:verification-prepare", "sql:" + ISSUE, "direct:mail-hand-over");
        assertThat(direct("mail-hand-over").variables()).containsEntry("mail_id", MAIL);
    }

    @Test
    void a_hand_over_that_fails_is_none_of_the_callers_business() {
        direct("mail-hand-over").fails(new AmqpConnectException(new IllegalStateException("broker.internal refused")));

        assertThat(sendOtp().succeeded(200).body()).isEqualTo(ISSUED);
        await().until(() -> visited().contains("direct:mail-hand-over"));
    }

    @Test
    void who_asks_too_often_for_anything_is_refused_first() {
        direct("rate-check").fails(new ProblemException(ProblemCode.TOO_MANY_REQUESTS));

        sendOtp().refused(ProblemCode.TOO_MANY_REQUESTS);

        assertThat(direct("rate-check").variables()).containsEntry("limited", "send-otp").containsEntry("email", "ann@example.com");
        assertThat(visited()).containsExactly("direct:rate-check");
    }

    @Test
    void a_verified_person_gets_no_code() {
        direct("credentials-check").sets("user", user(true));

        sendOtp().refused(ProblemCode.USER_VERIFIED);

        assertThat(visited()).containsExactly("direct:rate-check", "direct:credentials-check");
    }

    @Test
    void wrong_credentials_get_a_401_and_no_mail() {
        direct("credentials-check").fails(new ProblemException(ProblemCode.WRONG_PASSWORD));

        sendOtp().refused(ProblemCode.WRONG_PASSWORD);

        assertThat(visited()).containsExactly("direct:rate-check", "direct:credentials-check");
    }

    @Test
    void who_asks_too_often_is_told_how_long_to_wait_and_gets_no_mail() {
        sql(ISSUE).answers(null);
        sql("one-time-code/find-wait").answers(42L);

        sendOtp().refused(ProblemCode.TOO_MANY_REQUESTS, 42L);

        assertThat(sql("one-time-code/find-wait").parameters()).isEqualTo(Map.of(
                "otp_cooldown", "60s", "otp_mails_per_hour", "10", "now", NOW, "variable.user[id]", USER, "purpose", "verification"));
        assertThat(visited()).doesNotContain("direct:mail-hand-over");
    }

    @Test
    void a_database_that_is_away_is_a_503_and_no_mail() {
        sql(ISSUE).fails(databaseAway());

        sendOtp().refused(ProblemCode.SERVICE_UNAVAILABLE);

        assertThat(visited()).doesNotContain("direct:mail-hand-over");
    }

    private Answer sendOtp() {
        return request(Map.of("email", "ann@example.com", "password", "correct horse", "lang", "vi"));
    }

    private static Map<String, Object> user(boolean active) {
        return Map.of("id", USER, "email", "ann@example.com", "is_active", active);
    }
}
