package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.account.AccessTokens;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

/** {@code AUTH_STRICT_SESSIONS}: the same route as in {@link TokenCheckRouteTest}. */
class TokenCheckStrictTest extends RouteTestSupport {

    private static final UUID ID = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");

    private final AccessTokens tokens = new AccessTokens("0123456789abcdef0123456789abcdef", Duration.ofMinutes(15), CLOCK);

    TokenCheckStrictTest() {
        super("api/token-check");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("auth.strict.sessions", "true");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("accessTokens", tokens);
    }

    @Test
    void the_session_of_each_caller_is_looked_at() {
        check().succeeded(200);

        assertThat(visited()).containsExactly("direct:session-check");
        assertThat(direct("session-check").variables()).containsKey("caller");
    }

    @Test
    void whose_session_has_ended_is_refused() {
        direct("session-check").fails(new ProblemException(ProblemCode.SESSION_ENDED));

        check().failedWith(ProblemCode.SESSION_ENDED);
    }

    private Answer check() {
        Map<String, Object> user = Map.of("id", ID, "email", "ann@example.com", "role", "USER");
        String token = tokens.issue(user, Map.of("session_id", ID, "seconds_left", 3_600L)).token();
        return send(exchange -> exchange.setVariable("token", token));
    }
}
