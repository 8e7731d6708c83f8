package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class SessionEndRouteTest extends RouteTestSupport {

    private static final UUID ID = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final String OTHER = "7a4c1d2e-0000-4000-8000-000000000003";

    SessionEndRouteTest() {
        super("api/session-end");
    }

    @Test
    void the_session_of_the_path_ends() {
        passes();
        sql("session/end").answers(Map.of("ended", 1L, "answer", "{\"error_code\":0}"));

        assertThat(end().succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        assertThat(sql("session/end").parameters()).isEqualTo(Map.of("now", NOW, "variable.ended_id", OTHER, "caller_id", ID,
                "actor", ID.toString(), "action", "session-end", "variable.remote_address", "203.0.113.7"));
    }

    @Test
    void what_is_no_live_session_of_the_caller_is_not_found() {
        passes();
        sql("session/end").answers(Map.of("ended", 0L, "answer", "{\"error_code\":0}"));

        end().refused(ProblemCode.NOT_FOUND);
    }

    @Test
    void who_is_nobody_is_refused_before_anything_ends() {
        direct("access-check").fails(new ProblemException(ProblemCode.UNAUTHORIZED));

        end().refused(ProblemCode.UNAUTHORIZED);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        passes();
        sql("session/end").fails(databaseAway());

        end().refused(ProblemCode.SERVICE_UNAVAILABLE);
    }

    private Answer end() {
        return request(Map.of("id", OTHER, "remote_address", "203.0.113.7"));
    }

    private void passes() {
        direct("access-check").does(exchange -> {
            exchange.setVariable("caller_id", ID);
            exchange.setVariable("actor", ID.toString());
            exchange.setVariable("session_id", UUID.randomUUID());
        });
    }
}
