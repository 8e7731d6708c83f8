package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.account.RefreshTokens;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class AuthenticationLoginRouteTest extends RouteTestSupport {

    private static final UUID ID = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final Map<String, Object> SESSION = Map.of("session_id", ID, "remember", true, "seconds_left", 60L);

    private final RefreshTokens refreshTokens = new RefreshTokens("0123456789abcdef0123456789abcdef", new SecureRandom());

    AuthenticationLoginRouteTest() {
        super("api/authentication-login");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("session.ttl", "7h", "session.remember.ttl", "9d");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("refreshTokens", refreshTokens);
    }

    @Test
    void a_proved_person_gets_a_session_and_its_tokens() {
        direct("credentials-check").sets("user", user(true));
        sql("session/start").answers(SESSION);

        login().succeeded(200);

        assertThat(visited()).containsExactly(
                "direct:rate-check", "direct:credentials-check", "sql:session/start", "direct:session-answer");
        assertThat(direct("credentials-check").variables())
                .containsEntry("email", "ann@example.com")
                .containsEntry("password", "correct horse");
        Map<String, Object> answered = direct("session-answer").variables();
        assertThat(answered).containsEntry("user", user(true)).containsEntry("session", SESSION);
        String token = (String) answered.get("refresh_token");
        Map<String, Object> parameters = new HashMap<>(sql("session/start").parameters());
        assertThat((byte[]) parameters.remove("refresh_hash")).isEqualTo(refreshTokens.hash(token));
        assertThat(parameters).containsExactlyInAnyOrderEntriesOf(Map.of(
                "variable.user[id]", ID, "variable.user[role]", "USER", "variable.user[password_changed_at]", NOW, "remember", true,
                "variable.remote_address", "203.0.113.7", "variable.user_agent", "Firefox",
                "now", NOW, "session_ttl", "7h", "session_remember_ttl", "9d"));
    }

    @Test
    void who_asks_too_often_is_refused_before_a_password_is_looked_at() {
        direct("rate-check").fails(new ProblemException(ProblemCode.TOO_MANY_REQUESTS));

        login().refused(ProblemCode.TOO_MANY_REQUESTS);

        assertThat(direct("rate-check").variables()).containsEntry("limited", "login").containsEntry("email", "ann@example.com");
        assertThat(visited()).containsExactly("direct:rate-check");
    }

    @Test
    void each_session_has_a_refresh_token_of_its_own() {
        direct("credentials-check").sets("user", user(true));
        sql("session/start").answers(SESSION);

        login();
        login();

        assertThat(direct("session-answer").received()).extracting(exchange -> exchange.getVariable("refresh_token"))
                .hasSize(2).doesNotHaveDuplicates();
    }

    @Test
    void an_address_that_is_not_proved_is_refused_and_gets_no_session() {
        direct("credentials-check").sets("user", user(false));

        login().refused(ProblemCode.USER_NOT_VERIFIED);

        assertThat(visited()).containsExactly("direct:rate-check", "direct:credentials-check");
    }

    @Test
    void wrong_credentials_are_refused_in_the_words_of_who_checked_them() {
        direct("credentials-check").fails(new ProblemException(ProblemCode.WRONG_PASSWORD));

        login().refused(ProblemCode.WRONG_PASSWORD);
    }

    @Test
    void an_account_that_goes_away_in_between_is_as_good_as_unknown() {
        direct("credentials-check").sets("user", user(true));

        login().refused(ProblemCode.WRONG_PASSWORD);

        assertThat(direct("session-answer").received()).isEmpty();
    }

    @Test
    void a_database_that_is_away_is_a_503_that_says_when_to_come_back() {
        direct("credentials-check").sets("user", user(true));
        sql("session/start").fails(databaseAway());

        login().refused(ProblemCode.SERVICE_UNAVAILABLE);
    }

    private Answer login() {
        return request(Map.of("email", "ann@example.com", "password", "correct horse", "remember", true,
                "remote_address", "203.0.113.7", "user_agent", "Firefox"));
    }

    private static Map<String, Object> user(boolean active) {
        return Map.of("id", ID, "email", "ann@example.com", "role", "USER", "is_active", active, "password_changed_at", NOW,
                "json", "{\"email\":\"ann@example.com\"}");
    }
}
