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

class AuthenticationRefreshRouteTest extends RouteTestSupport {

    private static final Map<String, Object> SESSION = Map.of("session_id", UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001"),
            "remember", true, "seconds_left", 60L, "id", "u", "email", "ann@example.com", "role", "USER", "json", "{}");

    private final RefreshTokens refreshTokens = new RefreshTokens("0123456789abcdef0123456789abcdef", new SecureRandom());
    private final String token = refreshTokens.generate();

    AuthenticationRefreshRouteTest() {
        super("api/authentication-refresh");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("session.refresh.grace", "3s");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("refreshTokens", refreshTokens);
    }

    @Test
    void a_token_that_goes_on_is_answered_with_its_successor() {
        sql("refresh-token/rotate").answers(SESSION);

        refresh().succeeded(200);

        assertThat(direct("session-answer").variables())
                .containsEntry("user", SESSION)
                .containsEntry("session", SESSION)
                .containsEntry("refresh_token", refreshTokens.successor(token));
        Map<String, Object> parameters = new HashMap<>(sql("refresh-token/rotate").parameters());
        assertThat((byte[]) parameters.remove("presented_hash")).isEqualTo(refreshTokens.hash(token));
        assertThat((byte[]) parameters.remove("refresh_hash")).isEqualTo(refreshTokens.hash(refreshTokens.successor(token)));
        assertThat(parameters).containsExactlyInAnyOrderEntriesOf(Map.of("now", NOW, "session_refresh_grace", "3s",
                "variable.remote_address", "203.0.113.7", "variable.user_agent", "Firefox"));
    }

    @Test
    void a_token_that_does_not_go_on_is_refused_and_nothing_is_handed_out() {
        refresh().refused(ProblemCode.SESSION_ENDED);

        assertThat(direct("session-answer").received()).isEmpty();
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        sql("refresh-token/rotate").fails(databaseAway());

        refresh().refused(ProblemCode.SERVICE_UNAVAILABLE);
    }

    private Answer refresh() {
        return request(Map.of("refresh_token", token, "remote_address", "203.0.113.7", "user_agent", "Firefox"));
    }
}
