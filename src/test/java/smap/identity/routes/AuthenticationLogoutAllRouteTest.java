package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.UUID;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.account.AuthCookie;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class AuthenticationLogoutAllRouteTest extends RouteTestSupport {

    private static final UUID ID = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");

    AuthenticationLogoutAllRouteTest() {
        super("api/authentication-logout-all");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("authCookie", new AuthCookie("false", false));
    }

    @Test
    void every_session_of_the_caller_ends_and_the_cookie_is_taken_back() {
        passes();
        sql("session/end-all").answers("{\"error_code\":0}");

        Answer answer = request(Map.of("remote_address", "203.0.113.7")).succeeded(200);

        assertThat(answer.body()).isEqualTo("{\"error_code\":0}");
        assertThat(answer.headers()).containsEntry("Set-Cookie", "smap_auth_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax");
        assertThat(sql("session/end-all").parameters()).isEqualTo(
                Map.of("now", NOW, "caller_id", ID, "actor", ID.toString(), "variable.remote_address", "203.0.113.7"));
    }

    @Test
    void who_is_nobody_is_refused_before_anything_ends() {
        direct("access-check").fails(new ProblemException(ProblemCode.UNAUTHORIZED));

        request(Map.of()).refused(ProblemCode.UNAUTHORIZED);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        passes();
        sql("session/end-all").fails(databaseAway());

        request(Map.of()).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }

    private void passes() {
        direct("access-check").does(exchange -> {
            exchange.setVariable("caller_id", ID);
            exchange.setVariable("actor", ID.toString());
        });
    }
}
