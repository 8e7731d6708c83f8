package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class SessionListRouteTest extends RouteTestSupport {

    private static final UUID ID = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final UUID SESSION = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");

    SessionListRouteTest() {
        super("api/session-list");
    }

    @Test
    void the_answer_is_the_statements() {
        passes();
        sql("session/list").answers("{\"error_code\":0}");

        assertThat(request(Map.of()).succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        assertThat(sql("session/list").parameters())
                .isEqualTo(Map.of("now", NOW, "caller_id", ID, "variable.session_id", SESSION));
    }

    @Test
    void who_is_nobody_is_refused() {
        direct("access-check").fails(new ProblemException(ProblemCode.UNAUTHORIZED));

        request(Map.of()).refused(ProblemCode.UNAUTHORIZED);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        passes();
        sql("session/list").fails(databaseAway());

        request(Map.of()).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }

    private void passes() {
        direct("access-check").does(exchange -> {
            exchange.setVariable("caller_id", ID);
            exchange.setVariable("session_id", SESSION);
        });
    }
}
