package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.account.AccessTokens;
import smap.identity.account.Caller;
import smap.identity.account.LoginAnswer;
import smap.identity.problem.Envelope;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class AuthenticationLoginRouteTest extends RouteTestSupport {

    private static final UUID ID = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");

    private final AccessTokens tokens = new AccessTokens("0123456789abcdef0123456789abcdef", Duration.ofMinutes(15), CLOCK);

    AuthenticationLoginRouteTest() {
        super("api/authentication-login");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("loginAnswer", new LoginAnswer(tokens, new Envelope()));
    }

    @Test
    void a_proved_person_gets_a_token_that_speaks_for_the_account() {
        direct("credentials-check").sets("user", user(true));

        Answer answer = login().succeeded(200);

        assertThat(direct("credentials-check").variables())
                .containsEntry("email", "ann@example.com")
                .containsEntry("password", "correct horse");
        assertThat(answer.json().path("error_code").asInt()).isZero();
        assertThat(answer.json().at("/data/user/email").asText()).isEqualTo("ann@example.com");
        assertThat(answer.json().at("/data/token_type").asText()).isEqualTo("Bearer");
        assertThat(answer.json().at("/data/expires_at").asText()).isEqualTo("2030-01-02T03:19:05Z");
        assertThat(tokens.verify(answer.json().at("/data/token").asText())).isEqualTo(new Caller(ID, "USER"));
    }

    @Test
    void who_asks_too_often_is_refused_before_a_password_is_looked_at() {
        direct("rate-check").fails(new ProblemException(ProblemCode.TOO_MANY_REQUESTS));

        login().refused(ProblemCode.TOO_MANY_REQUESTS);

        assertThat(direct("rate-check").variables()).containsEntry("limited", "login").containsEntry("email", "ann@example.com");
        assertThat(visited()).containsExactly("direct:rate-check");
    }

    @Test
    void an_address_that_is_not_proved_is_refused() {
        direct("credentials-check").sets("user", user(false));

        login().refused(ProblemCode.USER_NOT_VERIFIED);
    }

    @Test
    void wrong_credentials_are_refused_in_the_words_of_who_checked_them() {
        direct("credentials-check").fails(new ProblemException(ProblemCode.WRONG_PASSWORD));

        login().refused(ProblemCode.WRONG_PASSWORD);
    }

    @Test
    void a_database_that_is_away_is_a_503_that_says_when_to_come_back() {
        direct("credentials-check").fails(databaseAway());

        login().refused(ProblemCode.SERVICE_UNAVAILABLE);
    }

    private Answer login() {
        return request(Map.of("email", "ann@example.com", "password", "correct horse"));
    }

    private static Map<String, Object> user(boolean active) {
        return Map.of("id", ID, "email", "ann@example.com", "role", "USER", "is_active", active, "json", "{\"email\":\"ann@example.com\"}");
    }
}
