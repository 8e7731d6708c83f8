package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.account.AccessTokens;
import smap.identity.account.AuthCookie;
import smap.identity.account.Caller;
import smap.identity.account.LoginAnswer;
import smap.identity.problem.Envelope;

class SessionAnswerRouteTest extends RouteTestSupport {

    private static final UUID ID = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final UUID SESSION = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");

    private final AccessTokens tokens = new AccessTokens("0123456789abcdef0123456789abcdef", Duration.ofMinutes(15), CLOCK);

    SessionAnswerRouteTest() {
        super("api/session-answer");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("accessTokens", tokens);
        beans.bind("authCookie", new AuthCookie("auto", false));
        beans.bind("loginAnswer", new LoginAnswer(new Envelope()));
    }

    @Test
    void the_answer_holds_the_tokens_of_the_session_and_the_cookie_the_access_token() {
        Answer answer = ask("http://id.example.com", true).succeeded(200);

        assertThat(answer.json().path("error_code").asInt()).isZero();
        assertThat(answer.json().at("/data/user/email").asText()).isEqualTo("ann@example.com");
        assertThat(answer.json().at("/data/token_type").asText()).isEqualTo("Bearer");
        assertThat(answer.json().at("/data/expires_at").asText()).isEqualTo("2030-01-02T03:19:05Z");
        assertThat(answer.json().at("/data/refresh_token").asText()).isEqualTo("the next one");
        assertThat(answer.json().at("/data/session_id").asText()).isEqualTo(SESSION.toString());
        String token = answer.json().at("/data/token").asText();
        assertThat(tokens.verify(token)).isEqualTo(new Caller(ID, "USER", ID.toString(), SESSION));
        assertThat(answer.headers()).containsEntry(
                "Set-Cookie", "smap_auth_token=" + token + "; Max-Age=43200; Path=/; HttpOnly; SameSite=Lax");
    }

    @Test
    void over_tls_the_cookie_is_for_tls_alone_and_without_remember_gone_with_the_browser() {
        assertThat(ask("https://id.example.com", false).headers().get("Set-Cookie")).asString()
                .matches("smap_auth_token=[^;]+; Path=/; HttpOnly; SameSite=Lax; Secure");
    }

    private Answer ask(String origin, boolean remember) {
        return request(Map.of(
                "user", Map.of("id", ID, "email", "ann@example.com", "role", "USER", "json", "{\"email\":\"ann@example.com\"}"),
                "session", Map.of("session_id", SESSION, "remember", remember, "seconds_left", 43_200L),
                "refresh_token", "the next one", "own_origin", origin));
    }
}
