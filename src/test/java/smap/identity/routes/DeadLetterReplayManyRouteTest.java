package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class DeadLetterReplayManyRouteTest extends RouteTestSupport {

    private static final String START = "dead-letter-replay/start";
    private static final String COUNT = "dead-letter/count-replayable";
    private static final String[] REASONS = {"exhausted"};

    DeadLetterReplayManyRouteTest() {
        super("api/dead-letter-replay-many");
    }

    @BeforeEach
    void the_caller_is_an_administrator() {
        direct("access-check").sets("actor", "admin");
    }

    @Test
    void a_run_is_started_and_told_with_202() {
        sql(START).answers("{\"error_code\":0}");

        assertThat(replay(false).succeeded(202).body()).isEqualTo("{\"error_code\":0}");

        assertThat(visited()).containsExactly("direct:access-check", "direct:idempotency-begin", "sql:" + START);
        Map<String, Object> parameters = new HashMap<>(sql(START).parameters());
        parameters.values().removeIf(value -> value == null);
        assertThat(parameters).isEqualTo(Map.of("now", NOW, "actor", "admin", "rate", 20, "variable.reasons", REASONS));
    }

    @Test
    void a_dry_run_only_counts() {
        sql(COUNT).answers("{\"error_code\":0}");

        assertThat(replay(true).succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        assertThat(visited()).containsExactly("direct:access-check", "sql:" + COUNT);
    }

    @Test
    void nobody_else_starts_anything() {
        direct("access-check").fails(new ProblemException(ProblemCode.FORBIDDEN));

        replay(false).refused(ProblemCode.FORBIDDEN);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503_that_says_when_to_come_back() {
        sql(START).fails(databaseAway());

        replay(false).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }

    private Answer replay(boolean dryRun) {
        return request(Map.of("reasons", REASONS, "rate", 20, "dry_run", dryRun));
    }
}
