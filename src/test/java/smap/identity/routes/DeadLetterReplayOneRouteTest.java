package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.amqp.AmqpConnectException;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class DeadLetterReplayOneRouteTest extends RouteTestSupport {

    private static final String CLAIM = "dead-letter/claim";
    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";
    private static final Map<String, Object> REQUEST = Map.of("id", ID);

    DeadLetterReplayOneRouteTest() {
        super("api/dead-letter-replay-one");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("mail.replay.lease", "7m");
    }

    @BeforeEach
    void the_caller_is_an_administrator() {
        direct("access-check").sets("actor", "admin");
    }

    @Test
    void what_is_claimed_is_published() {
        Map<String, Object> claimed = row(UUID.fromString(ID), null);
        sql(CLAIM).answers(claimed);
        direct("dead-letter-publish").does(exchange -> exchange.getMessage().setBody("{\"error_code\":0}"));

        assertThat(request(REQUEST).succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        assertThat(visited()).containsExactly("direct:access-check", "sql:" + CLAIM, "direct:dead-letter-publish");
        assertThat(sql(CLAIM).parameters()).isEqualTo(Map.of("id", ID, "now", NOW, "replay_lease", "7m"));
        assertThat(direct("dead-letter-publish").variables()).containsEntry("actor", "admin");
        assertThat(direct("dead-letter-publish").sent().getProperty("CamelExceptionCaught")).isNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"DEAD_LETTER_NOT_FOUND", "DEAD_LETTER_CLOSED", "CODE_OF_NO_USE"})
    void what_may_not_be_replayed_is_refused_with_the_reason(ProblemCode problem) {
        sql(CLAIM).answers(row(null, problem.name()));

        request(REQUEST).refused(problem);

        assertThat(visited()).doesNotContain("direct:dead-letter-publish");
    }

    @Test
    void a_broker_that_is_away_is_a_503_that_says_when_to_come_back() {
        sql(CLAIM).answers(row(UUID.fromString(ID), null));
        direct("dead-letter-publish").fails(new AmqpConnectException(new IllegalStateException("refused")));

        request(REQUEST).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }

    @Test
    void nobody_else_replays_anything() {
        direct("access-check").fails(new ProblemException(ProblemCode.FORBIDDEN));

        request(REQUEST).refused(ProblemCode.FORBIDDEN);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    private static Map<String, Object> row(UUID id, String problem) {
        Map<String, Object> row = new HashMap<>();
        row.put("id", id);
        row.put("problem", problem);
        return row;
    }
}
