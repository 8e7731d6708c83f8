package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class DeadLetterDiscardRouteTest extends RouteTestSupport {

    private static final String DISCARD = "dead-letter/discard";
    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";
    private static final Map<String, Object> REQUEST = Map.of("id", ID, "reason", "it's gone", "remote_address", "192.0.2.7");

    DeadLetterDiscardRouteTest() {
        super("api/dead-letter-discard");
    }

    @BeforeEach
    void the_caller_is_an_administrator() {
        direct("access-check").sets("actor", "admin");
    }

    @Test
    void what_was_discarded_is_shown() {
        sql(DISCARD).answers(row("{\"error_code\":0}", null));

        assertThat(request(REQUEST).succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        assertThat(visited()).containsExactly("direct:access-check", "sql:" + DISCARD);
        assertThat(sql(DISCARD).parameters()).isEqualTo(
                Map.of("id", ID, "reason", "it's gone", "now", NOW, "actor", "admin", "variable.remote_address", "192.0.2.7"));
    }

    @ParameterizedTest
    @EnumSource(names = {"DEAD_LETTER_NOT_FOUND", "DEAD_LETTER_CLOSED"})
    void what_was_not_is_refused_with_the_reason(ProblemCode problem) {
        sql(DISCARD).answers(row(null, problem.name()));

        request(REQUEST).refused(problem);
    }

    @Test
    void nobody_else_discards_anything() {
        direct("access-check").fails(new ProblemException(ProblemCode.FORBIDDEN));

        request(REQUEST).refused(ProblemCode.FORBIDDEN);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503_that_says_when_to_come_back() {
        sql(DISCARD).fails(databaseAway());

        request(REQUEST).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }

    private static Map<String, Object> row(String answer, String problem) {
        Map<String, Object> row = new HashMap<>();
        row.put("answer", answer);
        row.put("problem", problem);
        return row;
    }
}
