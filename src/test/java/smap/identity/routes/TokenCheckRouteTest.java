package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.account.AccessTokens;
import smap.identity.account.Caller;
import smap.identity.problem.ProblemCode;

class TokenCheckRouteTest extends RouteTestSupport {

    private static final String SECRET = "0123456789abcdef0123456789abcdef";
    private static final Duration LIFETIME = Duration.ofMinutes(15);
    private static final UUID ID = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");

    private static final UUID SESSION = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");
    private static final Caller CALLER = new Caller(ID, "ADMIN", ID.toString(), SESSION);

    TokenCheckRouteTest() {
        super("api/token-check");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("accessTokens", new AccessTokens(SECRET, LIFETIME, CLOCK));
    }

    @Test
    void a_token_of_ours_says_who_is_calling() {
        assertThat(check(token(SECRET, CLOCK)).succeeded(200).variable("caller")).isEqualTo(CALLER);
        assertThat(visited()).as("not asked for each request").isEmpty();
    }

    @Test
    void a_request_without_a_token_is_refused() {
        check(null).failedWith(ProblemCode.UNAUTHORIZED);
    }

    @Test
    void somebody_elses_token_is_refused() {
        check(token("another secret of thirty-two bytes", CLOCK)).failedWith(ProblemCode.UNAUTHORIZED);
    }

    @Test
    void a_token_is_refused_once_its_time_is_over() {
        Answer answer = check(token(SECRET, Clock.offset(CLOCK, LIFETIME.negated()))).failedWith(ProblemCode.UNAUTHORIZED);

        assertThat(answer.variable("caller")).isNull();
    }

    private Answer check(String token) {
        return send(exchange -> exchange.setVariable("token", token));
    }

    private static String token(String secret, Clock clock) {
        Map<String, Object> user = Map.of("id", ID, "email", "ann@example.com", "role", "ADMIN");
        return new AccessTokens(secret, LIFETIME, clock).issue(user, Map.of("session_id", SESSION, "seconds_left", 3_600L)).token();
    }
}
