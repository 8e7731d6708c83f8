package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import smap.identity.account.Caller;
import smap.identity.problem.ProblemCode;

class SessionCheckRouteTest extends RouteTestSupport {

    private static final UUID ID = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final UUID SESSION = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");

    SessionCheckRouteTest() {
        super("api/session-check");
    }

    @Test
    void a_live_session_passes() {
        sql("session/find-live").answers(SESSION);

        check(SESSION).succeeded(200);

        assertThat(sql("session/find-live").parameters()).isEqualTo(Map.of("variable.session_id", SESSION, "now", NOW));
    }

    @Test
    void a_session_that_is_not_found_live_has_ended() {
        check(SESSION).failedWith(ProblemCode.SESSION_ENDED);
    }

    @Test
    void a_token_of_no_session_is_refused() {
        check(null).failedWith(ProblemCode.SESSION_ENDED);

        Map<String, Object> parameters = new HashMap<>();
        parameters.put("variable.session_id", null);
        parameters.put("now", NOW);
        assertThat(sql("session/find-live").parameters()).isEqualTo(parameters);
    }

    private Answer check(UUID session) {
        return request(Map.of("caller", new Caller(ID, "USER", ID.toString(), session)));
    }
}
