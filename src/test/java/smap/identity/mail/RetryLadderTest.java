package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import smap.identity.broker.MailQueues;

class RetryLadderTest {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");

    private final RetryLadder ladder = new RetryLadder(queues(), Clock.fixed(Instant.parse("2026-11-23T09:00:00Z"), ZoneOffset.UTC));
    private final DefaultCamelContext camel = new DefaultCamelContext();

    private static MailQueues queues() {
        Map<String, Duration> retries = new LinkedHashMap<>();
        retries.put("retry.5s", Duration.ofSeconds(5));
        retries.put("retry.30s", Duration.ofSeconds(30));
        retries.put("retry.2m", Duration.ofMinutes(2));
        return new MailQueues("exc", "work", "bulk", "dead", null, retries);
    }

    @AfterEach
    void stop() throws IOException {
        camel.close();
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {"1, retry.5s", "2, retry.30s", "3, retry.2m", "4, -", "9, -"})
    void each_attempt_is_followed_by_a_longer_wait_and_the_last_by_none(int attempt, String queue) {
        Exchange exchange = climb(attempt, "451 later");

        assertThat(exchange.getVariable("next_queue")).isEqualTo(queue);
        assertThat(exchange.getVariable("not_before")).isNull();
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
        "1, 3, retry.5s", "1, 6, retry.30s", "2, 3, retry.30s", "1, 120, retry.2m", "1, 600, retry.2m", "4, 3, -"
    })
    void a_server_that_names_a_time_is_obeyed_as_far_as_there_are_queues(int attempt, int seconds, String queue) {
        Exchange exchange = climb(attempt, "450 4.7.1 Greylisted, try again in " + seconds + " seconds");

        assertThat(exchange.getVariable("next_queue")).isEqualTo(queue);
        assertThat(exchange.getVariable("not_before")).isEqualTo(NOW.plusSeconds(seconds));
    }

    @ParameterizedTest
    @CsvSource({"1, retry.5s", "7, retry.30s", "300, retry.2m"})
    void a_job_that_comes_too_early_waits_for_the_rest(int seconds, String queue) {
        assertThat(ladder.isEarly(NOW.plusSeconds(seconds))).isTrue();
        assertThat(ladder.queueUntil(NOW.plusSeconds(seconds))).isEqualTo(queue);
    }

    @Test
    void a_job_is_not_early_at_its_time_nor_without_one() {
        assertThat(ladder.isEarly(NOW)).isFalse();
        assertThat(ladder.isEarly(NOW.minusSeconds(1))).isFalse();
        assertThat(ladder.isEarly(null)).isFalse();
    }

    @Test
    void the_next_attempt_knows_when_the_first_one_was() {
        Exchange exchange = climb(1, "451 later");

        ladder.next(exchange);
        assertThat(exchange.getVariables()).containsEntry("attempt", 2).containsEntry("first_attempt_at", NOW);

        exchange.setVariable("first_attempt_at", NOW.minusDays(1));
        ladder.next(exchange);
        assertThat(exchange.getVariables()).containsEntry("attempt", 3).containsEntry("first_attempt_at", NOW.minusDays(1));
    }

    @Test
    void the_shortest_wait_is_the_first() {
        assertThat(ladder.shortest()).isEqualTo("retry.5s");
    }

    private Exchange climb(int attempt, String reply) {
        Exchange exchange = new DefaultExchange(camel);
        exchange.setVariable("attempt", attempt);
        exchange.setVariable("reply", reply);
        ladder.climb(exchange);
        return exchange;
    }
}
