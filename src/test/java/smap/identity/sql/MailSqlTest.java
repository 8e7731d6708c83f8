package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.mail.EmailData;

class MailSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final String TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    private static final String JOB = "{\"subject\":\"S\",\"recipient\":\"ann@example.com\",\"body\":\"B\"}";

    @Test
    void unpublished_jobs_that_are_due_are_claimed_oldest_first_and_no_more_than_asked_for() {
        UUID third = queue(NOW.minusMinutes(1), NOW.minusSeconds(1));
        UUID first = queue(NOW.minusMinutes(3), NOW);
        UUID second = queue(NOW.minusMinutes(2), NOW.minusMinutes(1));

        assertThat(ids(claim(NOW, 2))).containsExactly(first, second);
        assertThat(ids(claim(NOW, 2))).containsExactly(third);
        assertThat(claim(NOW, 2)).isEmpty();
    }

    @Test
    void a_claimed_job_comes_as_it_was_written() {
        queue(NOW, NOW);

        assertThat(claim(NOW, 1)).singleElement().satisfies(row -> assertThat(row)
                .containsOnlyKeys("id", "purpose", "job", "traceparent", "expires_at")
                .containsEntry("purpose", "verification")
                .containsEntry("traceparent", TRACEPARENT)
                .containsEntry("job", JOB)
                .containsEntry("expires_at", "2026-11-23T09:05:00.000Z"));
    }

    @Test
    void a_job_is_not_claimed_before_it_is_due_nor_after_it_was_published() {
        queue(NOW, NOW.plusNanos(1_000));
        UUID published = queue(NOW, NOW);
        publish(published);

        assertThat(claim(NOW, 10)).isEmpty();
    }

    @Test
    void a_claim_is_a_lease_after_which_another_may_take_the_job() {
        UUID id = queue(NOW, NOW);
        claim(NOW, 10);

        assertThat(claim(NOW.plusNanos(4_999_999_000L), 10)).isEmpty();
        assertThat(ids(claim(NOW.plusSeconds(5), 10))).containsExactly(id);
        assertThat(ids(claim(NOW.plusSeconds(10), 10))).containsExactly(id);
    }

    @Test
    void concurrent_claimers_get_disjoint_sets() {
        List<UUID> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            all.add(queue(NOW.minusSeconds(i), NOW));
        }

        List<UUID> claimed = StatementRunner.inParallel(10, () -> ids(claim(NOW, 15))).stream().flatMap(List::stream).toList();

        assertThat(claimed).doesNotHaveDuplicates().hasSizeBetween(15, 150).isSubsetOf(all);
    }

    @Test
    void a_row_another_claimer_holds_is_passed_over_and_not_waited_for() {
        UUID held = queue(NOW.minusMinutes(2), NOW);
        UUID free = queue(NOW.minusMinutes(1), NOW);

        sql.whileHeld("SELECT id FROM mails WHERE id = ? FOR UPDATE", held, () ->
                assertThat(ids(claim(NOW, 10))).containsExactly(free));

        assertThat(ids(claim(NOW, 10))).containsExactly(held);
    }

    @Test
    void one_unpublished_job_is_found_by_its_id() {
        UUID id = queue(NOW, NOW);
        queue(NOW, NOW);

        assertThat(sql.row("mail/find-unpublished.sql", Map.of("mail_id", id)))
                .containsOnlyKeys("id", "purpose", "job", "traceparent", "expires_at")
                .containsEntry("id", id).containsEntry("job", JOB).containsEntry("traceparent", TRACEPARENT);

        publish(id);
        assertThat(sql.row("mail/find-unpublished.sql", Map.of("mail_id", id))).isNull();
        assertThat(sql.row("mail/find-unpublished.sql", Map.of("mail_id", UUID.randomUUID()))).isNull();
    }

    @Test
    void publishing_is_recorded_and_forgets_the_body() {
        UUID id = queue(NOW, NOW);

        assertThat(publish(id)).isOne();

        assertThat(state(id)).isEqualTo("published,0,NULL,2026-11-23T09:00:01.000Z,NULL,NULL");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sent", "unknown"})
    void publishing_does_not_overwrite_the_outcome_of_a_consumer_that_was_quicker(String outcome) {
        UUID id = queue(NOW, NOW);
        record(id, outcome, 1, null, NOW);

        publish(id);

        assertThat(state(id)).startsWith(outcome + ",1,NULL,2026-11-23T09:00:00.000Z,");
    }

    @Test
    void a_job_published_twice_keeps_the_time_of_the_first() {
        UUID id = queue(NOW, NOW);
        publish(id);

        sql.change("mail/mark-published.sql", Map.of("mail_id", id, "now", NOW.plusHours(1)));

        assertThat(state(id)).isEqualTo("published,0,NULL,2026-11-23T09:00:01.000Z,NULL,NULL");
    }

    @Test
    void publishing_touches_one_row_and_none_for_an_unknown_id() {
        UUID other = queue(NOW, NOW);

        assertThat(publish(queue(NOW, NOW))).isOne();
        assertThat(publish(UUID.randomUUID())).isZero();

        assertThat(state(other)).startsWith("queued,0,");
    }

    @Test
    void a_job_of_ours_is_delivered_until_it_was_sent() {
        UUID id = queue(NOW, NOW);
        assertThat(delivery(id, NOW)).isEqualTo("deliver");
        publish(id);
        assertThat(delivery(id, NOW)).isEqualTo("deliver");
        record(id, "unknown", 3, "550 no", NOW);
        assertThat(delivery(id, NOW)).isEqualTo("deliver");

        record(id, "sent", 1, null, NOW);

        assertThat(delivery(id, NOW)).isEqualTo("repeated");
        assertThat(delivery(id, NOW.plusYears(1))).isEqualTo("repeated");
    }

    @Test
    void a_job_whose_code_has_expired_is_not_delivered() {
        UUID id = queue(NOW, NOW);

        assertThat(delivery(id, NOW.plusMinutes(5).minusNanos(1_000))).isEqualTo("deliver");
        assertThat(delivery(id, NOW.plusMinutes(5))).isEqualTo("expired");
    }

    @Test
    void when_the_code_of_a_job_dies_is_told_with_its_outcome_and_nothing_of_a_job_without_one() {
        UUID id = queue(NOW, NOW);
        assertThat(sql.row("mail/find-delivery.sql", Map.of("mail_id", id, "now", NOW)))
                .isEqualTo(Map.of("outcome", "deliver", "expires_at", "2026-11-23T09:05:00.000Z"));

        sql.execute("UPDATE mails SET expires_at = NULL");
        for (UUID without : List.of(id, UUID.randomUUID())) {
            assertThat(sql.row("mail/find-delivery.sql", Map.of("mail_id", without, "now", NOW)))
                    .containsEntry("outcome", "deliver").containsEntry("expires_at", null);
        }
    }

    @Test
    void a_job_without_an_end_never_expires() {
        UUID id = queue(NOW, NOW);
        sql.execute("UPDATE mails SET expires_at = NULL");

        assertThat(delivery(id, NOW.plusYears(10))).isEqualTo("deliver");
    }

    @ParameterizedTest
    @ValueSource(strings = {"verification", "password-reset", "address-confirm-old", "address-confirm-new"})
    void a_job_whose_code_was_replaced_is_superseded_and_that_of_the_new_code_is_delivered(String purpose) {
        UUID user = user("ann@example.com");
        UUID old = queueFor(user, purpose);
        UUID current = queueFor(user, purpose);
        UUID otherPurpose = queueFor(user, "notice");
        UUID otherUser = queueFor(user("bob@example.com"), purpose);
        code(user, current);

        assertThat(delivery(old, NOW)).isEqualTo("superseded");
        assertThat(delivery(current, NOW)).isEqualTo("deliver");
        assertThat(delivery(otherPurpose, NOW)).isEqualTo("deliver");
        assertThat(delivery(otherUser, NOW)).isEqualTo("deliver");
    }

    @Test
    void a_job_whose_code_was_used_already_is_superseded_too_and_first_of_all_expired() {
        UUID user = user("ann@example.com");
        UUID id = queueFor(user, "verification");
        UUID otherPurpose = queueFor(user, "notice");
        code(user, id);
        publish(id);
        record(id, "unknown", 1, "reset", NOW);
        assertThat(delivery(id, NOW)).isEqualTo("deliver");

        sql.execute("UPDATE one_time_codes SET consumed_at = ?", NOW);

        assertThat(delivery(id, NOW)).isEqualTo("superseded");
        assertThat(delivery(id, NOW.plusMinutes(5))).isEqualTo("expired");
        assertThat(delivery(otherPurpose, NOW)).isEqualTo("deliver");
    }

    @ParameterizedTest
    @ValueSource(strings = {"queued", "published", "unknown", "dead"})
    void a_job_that_was_not_sent_for_certain_is_delivered(String status) {
        UUID user = user("ann@example.com");
        UUID code = queueFor(user, "verification");
        code(user, code);
        UUID endless = queue(NOW, NOW);
        sql.execute("UPDATE mails SET status = ?", status);
        sql.execute("UPDATE mails SET expires_at = NULL WHERE id = ?", endless);

        assertThat(delivery(code, NOW)).isEqualTo("deliver");
        assertThat(delivery(endless, NOW)).isEqualTo("deliver");
    }

    @Test
    void a_job_of_another_service_is_delivered_and_its_id_may_be_given_as_text() {
        assertThat(delivery(UUID.randomUUID(), NOW)).isEqualTo("deliver");
        assertThat(delivery(UUID.randomUUID().toString(), NOW)).isEqualTo("deliver");
    }

    @Test
    void the_outcome_of_our_own_job_is_written_into_its_row() {
        UUID id = queue(NOW, NOW);
        publish(id);

        record(id, "sent", 2, "250 ok", NOW.plusSeconds(3));

        assertThat(state(id)).isEqualTo("sent,1,250 ok,2026-11-23T09:00:01.000Z,2026-11-23T09:00:03.000Z,NULL");
        assertThat(sql.text("SELECT rfc3339(updated_at) FROM mails")).isEqualTo("2026-11-23T09:00:03.000Z");
        assertThat(sql.text("SELECT recipient FROM mails")).isEqualTo("ann@example.com");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sent", "expired", "superseded", "cancelled", "unknown", "dead"})
    void an_outcome_forgets_the_body_even_if_the_broker_s_confirm_was_not_recorded_yet(String outcome) {
        UUID unrecorded = queue(NOW, NOW);
        UUID published = queue(NOW, NOW);
        publish(published);
        UUID claimed = queue(NOW, NOW);
        claim(NOW, 10);

        for (UUID id : List.of(unrecorded, published, claimed)) {
            record(id, outcome, 1, null, NOW);
            assertThat(state(id)).startsWith(outcome + ',').endsWith(",NULL");
            publish(id);
            assertThat(state(id)).startsWith(outcome + ',').endsWith(",NULL");
        }
        assertThat(sql.text("SELECT count(job) FROM mails")).isEqualTo("0");
        assertThat(claim(NOW.plusDays(1), 10)).as("nothing is left for the relay").isEmpty();
    }

    @Test
    void a_body_is_there_while_it_has_to_be_published_and_no_longer() {
        UUID id = queue(NOW, NOW);
        claim(NOW, 10);
        assertThat(state(id)).startsWith("queued,").endsWith(',' + JOB);

        publish(id);

        assertThat(state(id)).startsWith("published,").endsWith(",NULL");
        record(id, "unknown", 1, "reset", NOW);
        publish(id);
        assertThat(state(id)).startsWith("unknown,").endsWith(",NULL");
    }

    @Test
    void the_outcome_of_a_job_of_another_service_makes_its_row() {
        UUID id = UUID.randomUUID();

        record(id.toString(), "sent", 1, null, NOW);

        assertThat(state(id)).isEqualTo("sent,1,NULL,2026-11-23T09:00:00.000Z,2026-11-23T09:00:00.000Z,NULL");
        assertThat(sql.text("SELECT recipient || ' ' || purpose FROM mails")).isEqualTo("user@example.com other");
    }

    @ParameterizedTest
    @ValueSource(strings = {"expired", "superseded"})
    void a_mail_that_was_not_sent_has_no_attempt(String outcome) {
        UUID id = queue(NOW, NOW);

        record(id, outcome, 0, null, NOW);

        assertThat(state(id)).startsWith(outcome + ",0,NULL,");
        assertThat(attempts(id)).isEmpty();
    }

    @Test
    void each_attempt_is_kept_with_its_tries_and_the_last_reply_with_the_mail() {
        UUID id = queue(NOW, NOW);

        record(id, "retry", 3, "451 later", NOW);
        assertThat(state(id)).startsWith("published,1,451 later,");
        record(id, "unknown", 1, "[EOF]", NOW.plusSeconds(5));
        assertThat(state(id)).startsWith("unknown,2,[EOF],");
        record(id, "sent", 1, null, NOW.plusSeconds(35));

        assertThat(state(id)).startsWith("sent,3,[EOF],");
        assertThat(attempts(id)).containsExactly(
                "2026-11-23T09:00:00.000Z temporary 3 RCPT 451 later", "2026-11-23T09:00:05.000Z unknown 1 RCPT [EOF]",
                "2026-11-23T09:00:35.000Z sent 1 - -");
    }

    @Test
    void an_attempt_told_twice_counts_once() {
        UUID id = queue(NOW, NOW);

        record(id, "retry", 3, "451 later", NOW);
        record(id, "retry", 3, "451 later", NOW);

        assertThat(state(id)).startsWith("published,1,451 later,");
        assertThat(attempts(id)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sent", "unknown", "retry"})
    void a_mail_once_sent_stays_sent(String outcome) {
        UUID id = queue(NOW, NOW);
        record(id, "sent", 1, null, NOW);
        String sent = state(id);

        assertThat(record(id, outcome, 5, "451 no", NOW.plusHours(1))).isZero();

        assertThat(state(id)).isEqualTo(sent);
    }

    @Test
    void of_parallel_outcomes_of_one_foreign_job_all_attempts_are_counted_until_it_is_sent() {
        UUID id = UUID.randomUUID();

        AtomicInteger seconds = new AtomicInteger();
        StatementRunner.inParallel(20, () -> record(id, "retry", 1, "451 later", NOW.plusSeconds(seconds.incrementAndGet())));

        assertThat(state(id)).startsWith("published,20,451 later,");
    }

    @Test
    void mails_are_listed_newest_first_in_pages_and_without_their_jobs() {
        UUID first = queue(NOW, NOW);
        UUID second = queue(NOW.plusSeconds(1), NOW);
        record(second, "unknown", 2, "550 no", NOW.plusSeconds(2));

        assertThat(list(Map.of("limit", 1))).isEqualTo("""
                {"mails":[{"id":"%s","purpose":"verification","recipient":"ann@example.com","status":"unknown","attempts":1,\
                "last_reply":"550 no","created_at":"2026-11-23T09:00:01.000Z","expires_at":"2026-11-23T09:05:00.000Z",\
                "published_at":"2026-11-23T09:00:02.000Z","sent_at":null,"updated_at":"2026-11-23T09:00:02.000Z"}],\
                "paginator":{"total":2,"count":1,"per_page":1,"current_page":1}}""".formatted(second));
        assertThat(list(Map.of("limit", 1, "page", 2))).contains(first.toString()).doesNotContain(second.toString());
        assertThat(list(Map.of("page", 3))).isEqualTo(
                "{\"mails\":[],\"paginator\":{\"total\":2,\"count\":0,\"per_page\":15,\"current_page\":3}}");
    }

    @Test
    void each_filter_of_the_list_lets_through_what_it_names() {
        UUID wanted = queue(NOW, NOW);
        sql.execute("UPDATE mails SET status = 'unknown', purpose = 'bulk', recipient = 'Bob@Example.com', published_at = created_at");
        queue(NOW.plusHours(1), NOW);

        for (Map<String, Object> filter : List.<Map<String, Object>>of(
                Map.of("statuses", new String[] {"unknown", "dead"}),
                Map.of("purposes", new String[] {"bulk"}),
                Map.of("recipient", "bob@example.COM"),
                Map.of("created_to", NOW.plusHours(1)),
                Map.of("created_from", NOW, "created_to", NOW.plusNanos(1_000)))) {
            assertThat(list(filter)).as(filter.toString()).contains(wanted.toString(), "\"total\":1,");
        }
        assertThat(list(Map.of("created_from", NOW.plusNanos(1_000)))).doesNotContain(wanted.toString());
        assertThat(list(Map.of("created_to", NOW))).contains("\"total\":0,");
    }

    @Test
    void a_mail_is_shown_with_what_came_of_each_attempt_and_without_its_job() {
        UUID id = queue(NOW, NOW);
        UUID other = queue(NOW, NOW);
        attempt(id, NOW.plusSeconds(1), "temporary", "RCPT", "451 later");
        attempt(other, NOW.plusSeconds(1), "permanent", "RCPT", "550 no");
        attempt(id, NOW.plusSeconds(6), "sent", null, null);

        String shown = data(sql.one("mail/show.sql", Map.of("id", id.toString())));

        assertThat(shown).startsWith("{\"id\":\"" + id + "\",\"purpose\":\"verification\",")
                .endsWith(",\"history\":[{\"at\":\"2026-11-23T09:00:01.000Z\",\"outcome\":\"temporary\",\"tries\":2,"
                        + "\"phase\":\"RCPT\",\"reply\":\"451 later\"},{\"at\":\"2026-11-23T09:00:06.000Z\",\"outcome\":\"sent\","
                        + "\"tries\":2,\"phase\":null,\"reply\":null}]}")
                .doesNotContain("subject", "550");
        assertThat(data(sql.one("mail/show.sql", Map.of("id", queue(NOW, NOW).toString())))).endsWith(",\"history\":[]}");
        assertThat(sql.one("mail/show.sql", Map.of("id", UUID.randomUUID().toString()))).isNull();
    }

    private static String list(Map<String, ?> filter) {
        Map<String, Object> variables = new HashMap<>(Map.of("page", 1, "limit", 15));
        variables.putAll(filter);
        return data(sql.one("mail/list.sql", variables));
    }

    private static void attempt(UUID mail, OffsetDateTime at, String outcome, String phase, String reply) {
        sql.execute("INSERT INTO mail_attempts (mail_id, at, outcome, tries, phase, reply) VALUES (?, ?, ?, 2, ?, ?)",
                mail, at, outcome, phase, reply);
    }

    /** What an answer has in its envelope, without the blanks of PostgreSQL. */
    private static String data(Object answer) {
        try {
            JsonNode read = new ObjectMapper().readTree((String) answer);
            assertThat(read.path("error_code").asInt()).isZero();
            return read.path("data").toString();
        } catch (JsonProcessingException e) {
            throw new AssertionError("Expected JSON, got " + answer, e);
        }
    }

    private static UUID queue(OffsetDateTime created, OffsetDateTime relayAt) {
        return queue(null, "verification", created, relayAt);
    }

    private static UUID queueFor(UUID user, String purpose) {
        return queue(user, purpose, NOW, NOW);
    }

    private static UUID queue(UUID user, String purpose, OffsetDateTime created, OffsetDateTime relayAt) {
        UUID id = UUID.randomUUID();
        sql.execute("""
                INSERT INTO mails (id, user_id, purpose, recipient, job, status, traceparent, created_at, expires_at, relay_at,
                    updated_at)
                VALUES (?, CAST(? AS uuid), ?, 'ann@example.com', CAST(? AS json), 'queued', ?, ?, ?, ?, ?)""",
                id, user == null ? null : user.toString(), purpose, JOB, TRACEPARENT, created, NOW.plusMinutes(5), relayAt, created);
        return id;
    }

    private static UUID user(String email) {
        UUID id = UUID.randomUUID();
        sql.execute("INSERT INTO users (id, email, password_hash, created_at, updated_at) VALUES (?, ?, 'h', ?, ?)", id, email, NOW, NOW);
        return id;
    }

    private static void code(UUID user, UUID mail) {
        sql.execute("""
                INSERT INTO one_time_codes (user_id, purpose, code_hmac, mail_id, issued_at, expires_at, hour_started_at)
                SELECT ?, purpose, 'h', id, ?, ?, ?
                FROM mails
                WHERE id = ?""", user, NOW, NOW.plusMinutes(5), NOW, mail);
    }

    private static List<Map<String, Object>> claim(OffsetDateTime now, int batch) {
        return sql.rows("mail/claim-unpublished.sql", Map.of("now", now, "relay_delay", "5s", "batch", String.valueOf(batch)));
    }

    private static List<UUID> ids(List<Map<String, Object>> rows) {
        return rows.stream().map(row -> (UUID) row.get("id")).toList();
    }

    private static int publish(UUID id) {
        return sql.change("mail/mark-published.sql", Map.of("mail_id", id, "now", NOW.plusSeconds(1)));
    }

    private static Object delivery(Object id, OffsetDateTime now) {
        return sql.row("mail/find-delivery.sql", Map.of("mail_id", id, "now", now)).get("outcome");
    }

    private static int record(Object id, String outcome, int tries, String reply, OffsetDateTime now) {
        return sql.change("mail/record-outcome.sql", outcome(id, outcome, tries, reply, now));
    }

    private static Map<String, Object> outcome(Object id, String outcome, int tries, String reply, OffsetDateTime now) {
        Map<String, Object> variables = new HashMap<>();
        variables.put("mail_id", id);
        variables.put("purpose", "other");
        variables.put("mail", new EmailData("S", "user@example.com", "B", null, null, null, null, null));
        variables.put("outcome", outcome);
        variables.put("tries", tries == 0 ? null : tries);
        variables.put("phase", "RCPT");
        variables.put("reply", reply);
        variables.put("now", now);
        return variables;
    }

    private static List<String> attempts(UUID id) {
        String all = sql.text("""
                SELECT string_agg(concat_ws(' ', rfc3339(at), outcome, tries, coalesce(phase, '-'), coalesce(reply, '-')), E'\n'
                                  ORDER BY id)
                FROM mail_attempts WHERE mail_id = ?""", id);
        return all == null ? List.of() : all.lines().toList();
    }

    /** Status, attempts, last reply, published, sent, job. */
    private static String state(UUID id) {
        return sql.text("""
                SELECT concat_ws(',', status, attempts, coalesce(last_reply, 'NULL'), coalesce(rfc3339(published_at), 'NULL'),
                                 coalesce(rfc3339(sent_at), 'NULL'), coalesce(job::text, 'NULL'))
                FROM mails WHERE id = ?""", id);
    }
}
