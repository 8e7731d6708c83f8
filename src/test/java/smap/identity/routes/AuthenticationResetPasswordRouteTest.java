package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.account.OneTimeCodes;
import smap.identity.account.PasswordPolicy;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class AuthenticationResetPasswordRouteTest extends RouteTestSupport {

    private static final UUID USER = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final UUID MAIL = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");
    private static final String DONE = "{\"error_code\":0,\"message\":\"Success\",\"data\":null}";
    private static final String REPLACE = "user/replace-password-by-code";

    private final OneTimeCodes codes = new OneTimeCodes("0123456789abcdef0123456789abcdef", new SecureRandom());

    AuthenticationResetPasswordRouteTest() {
        super("api/authentication-reset-password");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("otp.max.tries", "3", "otp.tries.per.hour", "9", "rate.limits", "off");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("oneTimeCodes", codes);
        beans.bind("passwordPolicy", new PasswordPolicy());
    }

    @BeforeEach
    void somebody_has_the_address() {
        sql("user/find-addressee").answers(Map.of("id", USER, "email", "Ann@example.com"));
        direct("password-change-prepare").does(exchange -> Map.of(
                "password_hash", "hash", "job", "{}", "relay_delay", "5s", "now", NOW).forEach(exchange::setVariable));
    }

    @Test
    void the_right_code_sets_the_password_and_the_notice_is_handed_over() {
        sql(REPLACE).answers(Map.of("mail_id", MAIL, "answer", DONE));

        assertThat(reset("correct horse").succeeded(200).body()).isEqualTo(DONE);

        assertThat(sql(REPLACE).parameters()).isEqualTo(parameters());
        await().until(() -> visited().size() == 5);
        assertThat(visited()).containsExactly("direct:rate-check", "sql:user/find-addressee", "direct:password-change-prepare",
                "sql:" + REPLACE, "direct:mail-hand-over");
        assertThat(direct("rate-check").variables())
                .containsEntry("limited", "reset-password").containsEntry("email", "ann@example.com");
        assertThat(direct("mail-hand-over").variables()).containsEntry("mail_id", MAIL);
    }

    @Test
    void whatever_is_wrong_with_a_code_it_is_a_wrong_code() {
        Map<String, Object> nothing = new HashMap<>();
        nothing.put("mail_id", null);
        nothing.put("answer", null);
        sql(REPLACE).answers(nothing);

        reset("correct horse").refused(ProblemCode.WRONG_OTP);

        assertThat(visited()).containsExactly(
                "direct:rate-check", "sql:user/find-addressee", "direct:password-change-prepare", "sql:" + REPLACE);
    }

    @Test
    void a_password_that_may_not_be_chosen_costs_no_try() {
        Answer answer = reset("password123");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().path("error_code").asInt()).isEqualTo(110002);
        assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo("password");
        assertThat(visited()).containsExactly("direct:rate-check");
    }

    @Test
    void who_asks_too_often_is_refused_before_anything_is_looked_at() {
        direct("rate-check").fails(new ProblemException(ProblemCode.TOO_MANY_REQUESTS));

        reset("password123").refused(ProblemCode.TOO_MANY_REQUESTS);

        assertThat(visited()).containsExactly("direct:rate-check");
    }

    @Test
    void a_machine_too_busy_to_hash_is_a_503_and_costs_no_try() {
        direct("password-change-prepare").fails(new ProblemException(ProblemCode.SERVICE_UNAVAILABLE));

        reset("correct horse").refused(ProblemCode.SERVICE_UNAVAILABLE);

        assertThat(visited()).doesNotContain("sql:" + REPLACE);
    }

    @Test
    void a_database_that_is_away_is_a_503_and_no_mail() {
        sql(REPLACE).fails(databaseAway());

        reset("correct horse").refused(ProblemCode.SERVICE_UNAVAILABLE);

        assertThat(visited()).doesNotContain("direct:mail-hand-over");
    }

    private Map<String, Object> parameters() {
        Map<String, Object> parameters = new HashMap<>(Map.of(
                "email", "ann@example.com", "purpose", "password-reset", "password_hash", "hash", "job", "{}", "relay_delay", "5s",
                "code_hmac", codes.hmac("password-reset", "ann@example.com", "123456"), "now", NOW));
        parameters.putAll(Map.of("otp_max_tries", "3", "otp_tries_per_hour", "9", "rate_limits", "off", "traceparent", TRACEPARENT,
                "variable.user[id]", USER));
        parameters.put("variable.remote_address", "192.0.2.7");
        return parameters;
    }

    private Answer reset(String password) {
        return request(Map.of("email", "ann@example.com", "otp", "123456", "password", password, "remote_address", "192.0.2.7"));
    }
}
