package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class JobHeadersTest {

    private static final String ID = "6f1d6c2e-abcd-4000-8000-00000000000f";

    private final JobHeaders headers = new JobHeaders();
    private DefaultCamelContext camel;

    @BeforeEach
    void start() {
        camel = new DefaultCamelContext();
    }

    @AfterEach
    void stop() throws IOException {
        camel.close();
    }

    @Test
    void a_uuid_is_the_job_s_id_in_lower_case() {
        assertThat(id("6F1D6C2E-ABCD-4000-8000-00000000000F")).isEqualTo(ID);
    }

    @ParameterizedTest
    @ValueSource(strings = {"job-42", "1-1-1-1-1", "{6f1d6c2e-abcd-4000-8000-00000000000f}", "6f1d6c2eabcd40008000000000000001", "ả"})
    void any_other_id_is_turned_into_a_uuid_always_the_same(String messageId) {
        String id = id(messageId);

        assertThat(UUID.fromString(id)).hasToString(id);
        assertThat(id(messageId)).isEqualTo(id);
        assertThat(id(messageId + "x")).isNotEqualTo(id);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "  "})
    void a_message_without_an_id_gets_a_new_one_each_time(String messageId) {
        assertThat(UUID.fromString(id(messageId)).version()).isEqualTo(4);
        assertThat(id(messageId)).isNotEqualTo(id(messageId));
    }

    @Test
    void what_a_job_says_becomes_variables_and_no_header_is_left() {
        Exchange exchange = read(Map.of("purpose", new StringBuilder("password-reset"), "attempt", 3,
                "expires_at", "2026-11-23T09:05:00.000Z", "first_attempt_at", "2026-11-23T09:00:01Z",
                "not_before", "2026-11-23T09:10:00+01:00", "outcome", "sent",
                "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", "x-death", "…", "To", "eve@example.com"));

        assertThat(exchange.getVariables())
                .containsEntry("purpose", "password-reset")
                .containsEntry("attempt", 3)
                .containsEntry("expires_at", OffsetDateTime.parse("2026-11-23T09:05:00Z"))
                .containsEntry("first_attempt_at", OffsetDateTime.parse("2026-11-23T09:00:01Z"))
                .containsEntry("not_before", OffsetDateTime.parse("2026-11-23T09:10:00+01:00"))
                .containsEntry("settled", "sent")
                .containsEntry("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
        assertThat(exchange.getMessage().getHeaders()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
        "purpose, Verification, other", "purpose, a b, other", "purpose, -a, other", "purpose, '', other", "purpose, ${body}, other",
        "attempt, -1, 1", "attempt, 0, 1", "attempt, many, 1", "attempt, 9999999, 1",
        "expires_at, soon, -", "first_attempt_at, 2026-11-23, -", "not_before, '', -", "outcome, dead, -", "traceparent, 'a b', -"
    })
    void what_is_not_in_its_form_is_taken_as_missing(String name, String value, String taken) {
        Object variable = read(Map.of(name, value)).getVariable("outcome".equals(name) ? "settled" : name);

        assertThat(variable == null ? null : variable.toString()).isEqualTo(taken);
    }

    @Test
    void a_purpose_is_not_longer_than_a_label_may_be() {
        assertThat(read(Map.of("purpose", "a".repeat(64))).getVariable("purpose", String.class)).hasSize(64);
        assertThat(read(Map.of("purpose", "a".repeat(65))).getVariable("purpose")).isEqualTo("other");
    }

    @Test
    void what_is_written_is_read_again() {
        Exchange first = read(Map.of("CamelSpringRabbitmqMessageId", ID, "purpose", "verification", "attempt", 2, "expires_at",
                "2026-11-23T09:05Z", "not_before", "2026-11-23T09:03:00Z", "outcome", "sent"));
        first.setVariable("job", new byte[] {1});
        first.setVariable("reply", "451 later");
        first.getMessage().setHeader("Authorization", "Bearer");

        headers.write(first);

        assertThat(first.getMessage().getBody()).isEqualTo(new byte[] {1});
        assertThat(first.getMessage().getHeaders()).isEqualTo(Map.of("CamelSpringRabbitmqMessageId", ID,
                "CamelSpringRabbitmqContentType", "application/json", "purpose", "verification", "attempt", 2,
                "expires_at", "2026-11-23T09:05:00Z", "not_before", "2026-11-23T09:03:00Z", "outcome", "sent"));
    }

    @Test
    void a_dead_letter_says_also_why_and_when_it_died() {
        Exchange dead = read(Map.of("CamelSpringRabbitmqMessageId", ID));
        dead.setVariable("job", new byte[] {1});
        dead.setVariable("reason", "permanent");
        dead.setVariable("phase", "RCPT");
        dead.setVariable("reply", "550 no");
        dead.setVariable("tries", 2);
        dead.setVariable("last_attempt_at", OffsetDateTime.parse("2026-11-23T09:05:00Z"));

        headers.writeDeadLetter(dead);
        Map<String, Object> wire = new HashMap<>(dead.getMessage().getHeaders());
        assertThat(wire).containsEntry("reason", "permanent").containsEntry("last_attempt_at", "2026-11-23T09:05:00Z");
        Exchange drained = exchange(wire);
        headers.readDeadLetter(drained);

        assertThat(drained.getVariables()).containsEntry("mail_id", ID).containsEntry("reason", "permanent").containsEntry("phase", "RCPT")
                .containsEntry("reply", "550 no").containsEntry("tries", 2)
                .containsEntry("last_attempt_at", OffsetDateTime.parse("2026-11-23T09:05:00Z"));
    }

    @Test
    void a_dead_letter_of_others_is_taken_as_exhausted_and_its_words_as_one_short_line_without_control_characters() {
        Exchange dead = exchange(Map.of("reason", "whatever", "reply", "550 a\r\n\0b" + "c".repeat(1_000), "phase", "rcpt"));

        headers.readDeadLetter(dead);

        assertThat(dead.getVariables()).containsEntry("reason", "exhausted").doesNotContainKey("phase").containsEntry("tries", 0);
        assertThat(dead.getVariable("reply", String.class)).startsWith("550 a bccc").hasSize(500);
    }

    private String id(String messageId) {
        Map<String, Object> message = new HashMap<>();
        message.put("CamelSpringRabbitmqMessageId", messageId);
        return read(message).getVariable("mail_id", String.class);
    }

    private Exchange read(Map<String, Object> message) {
        Exchange exchange = exchange(message);
        headers.read(exchange);
        return exchange;
    }

    private Exchange exchange(Map<String, Object> message) {
        Exchange exchange = new DefaultExchange(camel);
        exchange.getMessage().setHeaders(new HashMap<>(message));
        return exchange;
    }
}
