package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class DeadLetterReplayShowRouteTest extends RouteTestSupport {

    private static final String SHOW = "dead-letter-replay/show";
    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";

    DeadLetterReplayShowRouteTest() {
        super("api/dead-letter-replay-show");
    }

    @BeforeEach
    void the_caller_is_an_administrator() {
        direct("access-check").sets("actor", "admin");
    }

    @Test
    void an_administrator_is_shown_what_was_asked_for() {
        sql(SHOW).answers("{\"error_code\":0}");

        assertThat(request(Map.of("id", ID)).succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        assertThat(visited()).containsExactly("direct:access-check", "sql:" + SHOW);
        Map<String, Object> parameters = new HashMap<>(sql(SHOW).parameters());
        parameters.values().removeIf(value -> value == null);
        assertThat(parameters).isEqualTo(Map.of("id", ID));
    }

    @Test
    void what_is_not_there_is_a_404() {
        request(Map.of("id", ID)).refused(ProblemCode.REPLAY_NOT_FOUND);
    }

    @Test
    void nobody_else_is_shown_anything() {
        direct("access-check").fails(new ProblemException(ProblemCode.FORBIDDEN));

        request(Map.of("id", ID)).refused(ProblemCode.FORBIDDEN);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503_that_says_when_to_come_back() {
        sql(SHOW).fails(databaseAway());

        request(Map.of("id", ID)).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }
}
