package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.AmqpConnectException;

class DeadLetterReplayTurnRouteTest extends RouteTestSupport {

    private static final String CLAIM = "dead-letter-replay/claim-due";
    private static final String END = "dead-letter-replay/end";
    private static final String PUBLISH = "direct:dead-letter-publish";
    private static final Map<String, Object> FIRST = Map.of("id", 1);
    private static final Map<String, Object> SECOND = Map.of("id", 2);

    DeadLetterReplayTurnRouteTest() {
        super("api/dead-letter-replay-turn");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("mail.replay.lease", "7m");
    }

    @Test
    void what_is_due_is_published_in_its_order_and_then_what_is_done_is_ended() {
        sql(CLAIM).answers(List.of(FIRST, SECOND));

        assertThat(send(exchange -> {}).failure()).isNull();

        assertThat(visited()).containsExactly("sql:" + CLAIM, PUBLISH, PUBLISH, "sql:" + END);
        assertThat(sql(CLAIM).parameters()).isEqualTo(Map.of("now", NOW, "replay_lease", "7m"));
        assertThat(sql(END).parameters()).isEqualTo(Map.of("now", NOW));
        assertThat(edge(PUBLISH).received()).extracting(Exchange::getMessage).extracting(message -> message.getBody())
                .containsExactly(FIRST, SECOND);
    }

    @Test
    void a_turn_that_finds_nothing_ends_what_is_done() {
        sql(CLAIM).answers(List.of());

        assertThat(send(exchange -> {}).failure()).isNull();

        assertThat(visited()).containsExactly("sql:" + CLAIM, "sql:" + END);
    }

    @Test
    void it_ends_at_the_first_failure() {
        sql(CLAIM).answers(List.of(FIRST, SECOND));
        edge(PUBLISH).fails(new AmqpConnectException(new IllegalStateException("refused")));

        assertThat(send(exchange -> {}).failure()).hasRootCauseMessage("refused");

        assertThat(visited()).containsExactly("sql:" + CLAIM, PUBLISH);
    }
}
