package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeadLetterSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final String JOB = "{\"Subject\":\"Mã\",\"Recipient\":\"ann@example.com\",\"Body\":\"B\"}";
    private static final String ADDRESS = "192.0.2.7";
    private static final ObjectMapper JSON = new ObjectMapper();

    @Nested
    class Listing {

        @Test
        void dead_ones_are_listed_newest_first_without_their_jobs() {
            UUID old = dead(NOW.minusHours(2));
            UUID recent = dead(NOW.minusHours(1));

            JsonNode data = list(Map.of());

            assertThat(data.path("dead_letters").findValuesAsText("id")).containsExactly(recent.toString(), old.toString());
            assertThat(data.path("paginator").toString()).isEqualTo("{\"total\":2,\"count\":2,\"per_page\":15,\"current_page\":1}");
            assertThat(data.at("/dead_letters/0").toString()).isEqualTo(("{\"id\":\"%s\",\"purpose\":\"notice\","
                    + "\"recipient\":\"ann@example.com\",\"reason\":\"permanent\",\"phase\":\"RCPT\",\"reply\":\"550 no\",\"attempts\":3,"
                    + "\"first_attempt_at\":\"2026-11-23T07:00:00.000Z\",\"last_attempt_at\":\"2026-11-23T08:00:00.000Z\","
                    + "\"job_bytes\":%d,\"expires_at\":null,\"status\":\"dead\",\"replay_id\":null,\"replays\":0,\"discard_reason\":null,"
                    + "\"created_at\":\"2026-11-23T08:00:00.000Z\",\"updated_at\":\"2026-11-23T08:00:00.000Z\"}")
                    .formatted(recent, JOB.getBytes(StandardCharsets.UTF_8).length));
        }

        @Test
        void pages_do_not_overlap_and_one_beyond_the_last_is_empty() {
            for (int i = 0; i < 5; i++) {
                dead(NOW);
            }
            List<String> seen = new ArrayList<>();
            for (int page = 1; page <= 3; page++) {
                seen.addAll(list(Map.of("limit", 2, "page", page)).path("dead_letters").findValuesAsText("id"));
            }

            assertThat(seen).hasSize(5).doesNotHaveDuplicates();
            assertThat(list(Map.of("limit", 2, "page", 4)).toString()).isEqualTo(
                    "{\"dead_letters\":[],\"paginator\":{\"total\":5,\"count\":0,\"per_page\":2,\"current_page\":4}}");
        }

        @Test
        void each_filter_lets_through_what_it_names() {
            UUID wanted = dead(NOW.minusHours(1));
            set(wanted, "reason = 'exhausted', purpose = 'verification', recipient = 'Bob@Example.com'");
            dead(NOW.minusHours(1));

            for (Map<String, Object> filter : List.<Map<String, Object>>of(
                    Map.of("reasons", new String[] {"exhausted", "unknown"}),
                    Map.of("purposes", new String[] {"verification"}),
                    Map.of("recipient", "bob@example.COM"))) {
                assertThat(list(filter).path("dead_letters").findValuesAsText("id")).as(filter.toString())
                        .containsExactly(wanted.toString());
            }
        }

        @Test
        void a_time_is_from_inclusive_to_exclusive() {
            dead(NOW);

            assertThat(list(Map.of("created_from", NOW)).at("/paginator/total").asInt()).isOne();
            assertThat(list(Map.of("created_from", NOW.plusNanos(1_000))).at("/paginator/total").asInt()).isZero();
            assertThat(list(Map.of("created_to", NOW)).at("/paginator/total").asInt()).isZero();
            assertThat(list(Map.of("created_to", NOW.plusNanos(1_000))).at("/paginator/total").asInt()).isOne();
        }

        @Test
        void other_statuses_are_listed_for_who_asks() {
            UUID discarded = dead(NOW);
            set(discarded, "status = 'discarded'");

            assertThat(list(Map.of()).at("/paginator/total").asInt()).isZero();
            assertThat(list(Map.of("statuses", new String[] {"dead", "discarded"})).at("/paginator/total").asInt()).isOne();
        }

        private JsonNode list(Map<String, ?> filter) {
            Map<String, Object> variables = new HashMap<>(Map.of("statuses", new String[] {"dead"}, "page", 1, "limit", 15));
            variables.putAll(filter);
            return data(sql.one("dead-letter/list.sql", variables));
        }
    }

    @Nested
    class Showing {

        @Test
        void one_is_shown_without_its_job_and_nothing_is_noted() {
            UUID id = dead(NOW);

            JsonNode shown = show(id, Map.of());

            assertThat(shown.path("id").asText()).isEqualTo(id.toString());
            assertThat(shown.has("body")).isFalse();
            assertThat(audits()).isEmpty();
        }

        @Test
        void its_job_is_shown_to_who_asks_for_it_which_is_noted() {
            UUID id = dead(NOW);

            assertThat(show(id, Map.of("include", "body", "remote_address", ADDRESS)).path("body").toString()).isEqualTo(JOB);

            assertThat(audits()).containsExactly("dead-letter-show " + id + " 192.0.2.7 {\"include\": \"body\"}");
        }

        @ParameterizedTest
        @ValueSource(strings = {"not JSON", "[1]", "\"text\"", "7", "{\"a\":", "\ufeff{\"a\":1}"})
        void a_job_that_is_no_json_object_is_shown_in_base64(String job) {
            byte[] bytes = job.repeat(job.startsWith("not") ? 30 : 1).getBytes(StandardCharsets.UTF_8);
            UUID id = dead(NOW);
            sql.execute("UPDATE dead_letters SET job = ?", (Object) bytes);

            assertThat(show(id, Map.of("include", "body")).path("body").asText()).isEqualTo(Base64.getEncoder().encodeToString(bytes));
        }

        @ParameterizedTest
        @ValueSource(strings = {"ff00", "7b2261223a2200227d"})
        void bytes_that_are_no_text_are_shown_in_base64(String hex) {
            UUID id = dead(NOW);
            sql.execute("UPDATE dead_letters SET job = decode(?, 'hex')", hex);

            assertThat(show(id, Map.of("include", "body")).path("body").isTextual()).isTrue();
        }

        @Test
        void a_job_that_is_nested_without_end_is_no_failure() {
            UUID id = dead(NOW);
            sql.execute("UPDATE dead_letters SET job = convert_to(repeat('{\"a\":', 100000), 'UTF8')");

            assertThat(show(id, Map.of("include", "body")).path("body").isTextual()).isTrue();
        }

        @Test
        void a_job_that_is_forgotten_is_null() {
            UUID id = dead(NOW);
            set(id, "job = NULL");

            assertThat(show(id, Map.of("include", "body")).path("body").isNull()).isTrue();
        }

        @Test
        void one_that_is_not_there_is_no_row_and_not_noted() {
            assertThat(sql.one("dead-letter/show.sql", by(Map.of("id", UUID.randomUUID().toString(), "include", "body")))).isNull();
            assertThat(audits()).isEmpty();
        }

        private JsonNode show(UUID id, Map<String, ?> more) {
            Map<String, Object> variables = by(more);
            variables.put("id", id.toString());
            return data(sql.one("dead-letter/show.sql", variables));
        }
    }

    @Nested
    class Changing {

        @Test
        void the_recipient_changes_in_row_job_and_mail_and_that_is_noted() {
            UUID id = dead(NOW);

            JsonNode shown = data(update(id));

            assertThat(shown.path("recipient").asText()).isEqualTo("bob@example.com");
            assertThat(shown.path("job_bytes").asInt()).isEqualTo(2);
            assertThat(sql.text("SELECT recipient || ' ' || convert_from(job, 'UTF8') FROM dead_letters")).isEqualTo("bob@example.com {}");
            assertThat(sql.text("SELECT recipient FROM mails")).isEqualTo("bob@example.com");
            assertThat(audits()).containsExactly(
                    "dead-letter-update " + id + " - {\"was\": \"ann@example.com\", \"recipient\": \"bob@example.com\"}");
        }

        @ParameterizedTest
        @ValueSource(strings = {"replaying", "replayed", "discarded"})
        void only_what_is_dead_is_changed(String status) {
            UUID id = dead(NOW);
            set(id, "status = '" + status + "'");

            assertThat(update(id)).isNull();
            assertThat(discard(id)).containsEntry("problem", "DEAD_LETTER_CLOSED").containsEntry("answer", null);

            assertThat(sql.text("SELECT recipient FROM dead_letters")).isEqualTo("ann@example.com");
            assertThat(audits()).isEmpty();
            assertThat(editable(id)).containsEntry("problem", "DEAD_LETTER_CLOSED").containsEntry("job", null);
        }

        @Test
        void the_job_of_what_may_be_changed_is_found() {
            UUID id = dead(NOW);

            assertThat(editable(id)).containsEntry("problem", null).containsEntry("job", JOB.getBytes(StandardCharsets.UTF_8));
            assertThat(sql.one("dead-letter/find-job.sql", Map.of("id", id))).isEqualTo(JOB.getBytes(StandardCharsets.UTF_8));

            set(id, "job = NULL");
            assertThat(editable(id)).containsEntry("problem", "CODE_OF_NO_USE");
            assertThat(editable(UUID.randomUUID())).containsEntry("problem", "DEAD_LETTER_NOT_FOUND");
        }

        @Test
        void what_is_discarded_keeps_its_reason_and_forgets_its_job() {
            UUID id = dead(NOW);

            Map<String, Object> discarded = discard(id);

            assertThat(discarded).containsEntry("problem", null);
            JsonNode shown = data(discarded.get("answer"));
            assertThat(shown.path("status").asText()).isEqualTo("discarded");
            assertThat(shown.path("discard_reason").asText()).isEqualTo("it's gone");
            assertThat(sql.text("SELECT job FROM dead_letters")).isNull();
            assertThat(audits()).containsExactly("dead-letter-discard " + id + " - {\"reason\": \"it's gone\"}");
        }

        @Test
        void of_parallel_discards_one_does_it() {
            UUID id = dead(NOW);

            List<Object> problems = StatementRunner.inParallel(8, () -> Objects.toString(discard(id).get("problem")));

            assertThat(problems).filteredOn("null"::equals).hasSize(1);
            assertThat(problems).filteredOn("DEAD_LETTER_CLOSED"::equals).hasSize(7);
            assertThat(audits()).hasSize(1);
        }

        @Test
        void what_is_not_there_is_told() {
            assertThat(discard(UUID.randomUUID())).containsEntry("problem", "DEAD_LETTER_NOT_FOUND");
            assertThat(update(UUID.randomUUID())).isNull();
        }

        private Object update(UUID id) {
            return sql.one("dead-letter/update.sql", by(Map.of("id", id.toString(), "recipient", "bob@example.com", "job",
                    "{}".getBytes(StandardCharsets.UTF_8))));
        }

        private Map<String, Object> discard(UUID id) {
            return sql.row("dead-letter/discard.sql", by(Map.of("id", id.toString(), "reason", "it's gone")));
        }

        private Map<String, Object> editable(UUID id) {
            return sql.row("dead-letter/find-editable.sql", Map.of("id", id.toString()));
        }
    }

    @Nested
    class ReplayingOne {

        @Test
        void a_dead_letter_is_claimed_with_what_its_message_needs_and_its_mail_is_published_again() {
            UUID id = dead(NOW);
            set(id, "expires_at = '2026-11-23T09:05:00Z', traceparent = 'tp'");

            Map<String, Object> claimed = claim(id, NOW);

            assertThat(claimed).containsEntry("id", id).containsEntry("purpose", "notice").containsEntry("traceparent", "tp")
                    .containsEntry("expires_at", "2026-11-23T09:05:00.000Z").containsEntry("problem", null).doesNotContainKey("job");
            assertThat(state(id)).isEqualTo("replaying,job,0,published");
        }

        @Test
        void of_parallel_claims_one_gets_it() {
            UUID id = dead(NOW);

            List<String> problems = StatementRunner.inParallel(8, () -> Objects.toString(claim(id, NOW).get("problem")));

            assertThat(problems).filteredOn("null"::equals).hasSize(1);
            assertThat(problems).filteredOn("DEAD_LETTER_CLOSED"::equals).hasSize(7);
        }

        @ParameterizedTest
        @CsvSource({"replaying", "replayed", "discarded"})
        void what_is_not_dead_is_not_claimed(String status) {
            UUID id = dead(NOW);
            set(id, "status = '" + status + "'");

            assertThat(claim(id, NOW)).containsEntry("problem", "DEAD_LETTER_CLOSED").containsEntry("id", null);
            assertThat(claim(UUID.randomUUID(), NOW)).containsEntry("problem", "DEAD_LETTER_NOT_FOUND");
            assertThat(state(id)).isEqualTo(status + ",job,0,dead");
        }

        @ParameterizedTest
        @ValueSource(strings = {"expired", "mail expired", "forgotten", "replaced", "used"})
        void one_whose_code_is_of_no_more_use_stays_as_it_is(String why) {
            UUID id = dead(NOW);
            UUID user = UUID.randomUUID();
            sql.execute("INSERT INTO users (id, email, password_hash, created_at, updated_at) VALUES (?, 'ann@example.com', 'h', ?, ?)",
                    user, NOW, NOW);
            sql.execute("UPDATE mails SET user_id = ?", user);
            UUID current = why.equals("replaced") ? mail(NOW) : id;
            sql.execute("""
                    INSERT INTO one_time_codes (user_id, purpose, code_hmac, mail_id, issued_at, expires_at, hour_started_at)
                    VALUES (?, 'notice', 'h', ?, ?, ?, ?)""", user, current, NOW, NOW.plusMinutes(5), NOW);
            if (why.equals("used")) {
                sql.execute("UPDATE one_time_codes SET consumed_at = ?", NOW);
            } else if (why.equals("mail expired")) {
                sql.execute("UPDATE mails SET expires_at = ? WHERE id = ?", NOW, id);
            } else if (!why.equals("replaced")) {
                assertThat(claim(dead(NOW), NOW)).as("another mail is not affected").containsEntry("problem", null);
                set(id, why.equals("expired") ? "expires_at = '2026-11-23T09:00:00Z'" : "job = NULL");
            }

            assertThat(claim(id, NOW)).containsEntry("problem", "CODE_OF_NO_USE").containsEntry("id", null);

            assertThat(state(id)).startsWith("dead,").endsWith(",0,dead");
        }

        @Test
        void a_code_that_is_alive_is_replayed() {
            UUID id = dead(NOW);
            UUID user = UUID.randomUUID();
            sql.execute("INSERT INTO users (id, email, password_hash, created_at, updated_at) VALUES (?, 'ann@example.com', 'h', ?, ?)",
                    user, NOW, NOW);
            sql.execute("UPDATE mails SET user_id = ?", user);
            set(id, "expires_at = '2026-11-23T09:00:00.000001Z'");
            sql.execute("""
                    INSERT INTO one_time_codes (user_id, purpose, code_hmac, mail_id, issued_at, expires_at, hour_started_at)
                    VALUES (?, 'notice', 'h', ?, ?, ?, ?)""", user, id, NOW, NOW.plusMinutes(5), NOW);

            assertThat(claim(id, NOW)).containsEntry("problem", null);
        }

        @Test
        void what_the_broker_took_is_replayed_its_job_forgotten_and_who_did_it_noted() {
            UUID id = dead(NOW);

            JsonNode shown = data(mark(claim(id, NOW), "admin"));

            assertThat(shown.path("status").asText()).isEqualTo("replayed");
            assertThat(state(id)).isEqualTo("replayed,-,1,published");
            assertThat(audits()).containsExactly("dead-letter-replay-one " + id + " - -");
        }

        @Test
        void a_timer_notes_nothing() {
            mark(claim(dead(NOW), NOW), null);

            assertThat(audits()).isEmpty();
        }

        @Test
        void a_mail_that_has_died_anew_before_it_was_marked_stays_dead_with_its_job() {
            UUID id = dead(NOW);
            Map<String, Object> claimed = claim(id, NOW);
            set(id, "status = 'dead'");
            sql.execute("UPDATE mails SET status = 'dead'");

            assertThat(data(mark(claimed, "admin")).path("status").asText()).isEqualTo("dead");

            assertThat(state(id)).isEqualTo("dead,job,1,dead");
        }

        @Test
        void what_the_broker_did_not_take_is_as_it_was() {
            UUID id = dead(NOW);
            sql.execute("UPDATE mails SET status = 'unknown'");
            set(id, "reason = 'unknown'");

            release(claim(id, NOW));

            assertThat(state(id)).isEqualTo("dead,job,0,unknown");
            assertThat(claim(id, NOW)).containsEntry("problem", null);
        }

        @Test
        void who_comes_back_after_its_lease_changes_nothing() {
            UUID id = dead(NOW);
            Map<String, Object> first = claim(id, NOW);
            release(first);
            claim(id, NOW.plusSeconds(1));

            release(first);
            mark(first, null);

            assertThat(state(id)).as("counted, and no more").isEqualTo("replaying,job,1,published");
        }

        @Test
        void a_mail_that_was_sent_meanwhile_stays_sent() {
            UUID id = dead(NOW);
            Map<String, Object> claimed = claim(id, NOW);
            sql.execute("UPDATE mails SET status = 'sent'");

            release(claimed);

            assertThat(state(id)).isEqualTo("dead,job,0,sent");
        }
    }

    @Nested
    class ReplayingMany {

        @Test
        void a_dry_run_counts_and_changes_nothing() {
            dead(NOW);
            set(dead(NOW), "expires_at = '2026-11-23T09:00:00Z'");
            set(dead(NOW), "status = 'discarded'");

            assertThat(data(sql.one("dead-letter/count-replayable.sql", Map.of("now", NOW, "rate", 7))).toString())
                    .isEqualTo("{\"dry_run\":true,\"total\":2,\"refused\":1,\"rate\":7}");
            assertThat(sql.text("SELECT count(*) FROM dead_letters WHERE status = 'dead'")).isEqualTo("2");
        }

        @Test
        void a_run_takes_what_passes_its_filter_and_is_noted() {
            UUID taken = dead(NOW);
            set(taken, "reason = 'exhausted'");
            UUID refused = dead(NOW);
            set(refused, "reason = 'exhausted', expires_at = '2026-11-23T09:00:00Z'");
            UUID other = dead(NOW);

            JsonNode run = start(5, Map.of("reasons", new String[] {"exhausted"}, "created_to", NOW.plusDays(1)));

            assertThat(run.path("total").asInt()).isEqualTo(2);
            assertThat(run.path("refused").asInt()).isOne();
            assertThat(run.path("remaining").asInt()).isOne();
            assertThat(run.path("finished_at").isNull()).isTrue();
            assertThat(run.path("filter").toString()).isEqualTo(
                    "{\"reasons\":[\"exhausted\"],\"created_to\":\"2026-11-24T09:00:00.000Z\"}");
            assertThat(state(taken)).isEqualTo("replaying,job,0,dead");
            assertThat(state(refused)).isEqualTo("dead,job,0,dead");
            assertThat(state(other)).isEqualTo("dead,job,0,dead");
            assertThat(audits()).singleElement().asString().startsWith("dead-letter-replay-many " + run.path("id").asText() + " - {");
            assertThat(show(run).path("remaining").asInt()).isOne();
        }

        @Test
        void two_runs_share_nothing() {
            for (int i = 0; i < 20; i++) {
                dead(NOW);
            }

            List<Integer> totals = StatementRunner.inParallel(4, () -> start(5, Map.of()).path("remaining").asInt());

            assertThat(totals.stream().mapToInt(Integer::intValue).sum()).isEqualTo(20);
        }

        @Test
        void a_run_that_finds_nothing_is_at_its_end() {
            assertThat(start(5, Map.of()).path("finished_at").asText()).isEqualTo("2026-11-23T09:00:00.000Z");
        }

        @Test
        void a_turn_takes_the_rate_of_each_run_oldest_first_and_the_next_turn_is_a_second_later() {
            UUID third = dead(NOW.minusHours(1));
            UUID first = dead(NOW.minusHours(3));
            UUID second = dead(NOW.minusHours(2));
            start(2, Map.of());

            assertThat(ids(turn(NOW))).containsExactly(first, second);
            assertThat(turn(NOW.plusNanos(999_999_000))).isEmpty();
            assertThat(ids(turn(NOW.plusSeconds(1)))).containsExactly(third);
            assertThat(state(first)).isEqualTo("replaying,job,0,published");
        }

        @Test
        void a_run_that_was_late_is_not_owed_what_it_missed() {
            for (int i = 0; i < 5; i++) {
                dead(NOW);
            }
            start(1, Map.of());
            turn(NOW);

            assertThat(turn(NOW.plusSeconds(10))).hasSize(1);
            assertThat(turn(NOW.plusSeconds(10))).isEmpty();
            assertThat(turn(NOW.plusSeconds(11))).hasSize(1);
        }

        @Test
        void replicas_together_keep_to_the_rate_and_take_none_twice() {
            for (int i = 0; i < 50; i++) {
                dead(NOW);
            }
            start(10, Map.of());

            List<UUID> taken = StatementRunner.inParallel(8, () -> ids(turn(NOW))).stream().flatMap(List::stream).toList();

            assertThat(taken).hasSize(10).doesNotHaveDuplicates();
        }

        @Test
        void what_a_process_that_died_had_taken_is_taken_again_when_its_lease_is_over() {
            UUID ofRun = dead(NOW);
            start(5, Map.of());
            turn(NOW);
            UUID single = dead(NOW);
            claim(single, NOW);

            assertThat(turn(NOW.plusSeconds(59))).isEmpty();
            assertThat(ids(turn(NOW.plusSeconds(60)))).containsExactlyInAnyOrder(ofRun, single);
        }

        @Test
        void what_the_broker_did_not_take_is_taken_again_when_its_lease_is_over_and_holds_up_no_other() {
            UUID id = dead(NOW.minusHours(1));
            UUID next = dead(NOW);
            start(1, Map.of());

            release(turn(NOW).get(0));

            assertThat(state(id)).isEqualTo("replaying,job,0,published");
            assertThat(ids(turn(NOW.plusSeconds(1)))).containsExactly(next);
            assertThat(ids(turn(NOW.plusSeconds(60)))).containsExactly(id);
        }

        @Test
        void one_whose_code_died_while_it_waited_is_refused_and_dead_again() {
            UUID id = dead(NOW);
            set(id, "expires_at = '2026-11-23T09:00:01Z'");
            JsonNode run = start(5, Map.of());

            assertThat(turn(NOW.plusSeconds(1))).isEmpty();

            assertThat(state(id)).isEqualTo("dead,job,0,dead");
            assertThat(show(run).path("refused").asInt()).isOne();
            assertThat(show(run).path("remaining").asInt()).isZero();
        }

        @Test
        void a_run_counts_what_is_replayed_and_ends_with_its_last() {
            dead(NOW);
            dead(NOW);
            JsonNode run = start(1, Map.of());
            mark(turn(NOW).get(0), null);
            end(NOW);
            assertThat(show(run).path("finished_at").isNull()).isTrue();

            mark(turn(NOW.plusSeconds(1)).get(0), null);
            end(NOW.plusSeconds(2));

            JsonNode done = show(run);
            assertThat(done.path("replayed").asInt()).isEqualTo(2);
            assertThat(done.path("remaining").asInt()).isZero();
            assertThat(done.path("finished_at").asText()).isEqualTo("2026-11-23T09:00:02.000Z");
        }

        @Test
        void a_run_whose_mails_were_purged_ends_too() {
            dead(NOW);
            JsonNode run = start(1, Map.of());
            sql.execute("DELETE FROM mails");

            end(NOW);

            assertThat(show(run).path("finished_at").isNull()).isFalse();
        }

        @Test
        void a_run_nobody_started_is_no_row() {
            assertThat(sql.one("dead-letter-replay/show.sql", Map.of("id", UUID.randomUUID().toString()))).isNull();
        }

        private JsonNode start(int rate, Map<String, ?> filter) {
            Map<String, Object> variables = by(filter);
            variables.put("rate", rate);
            return data(sql.one("dead-letter-replay/start.sql", variables));
        }

        private List<Map<String, Object>> turn(OffsetDateTime now) {
            return sql.rows("dead-letter-replay/claim-due.sql", Map.of("now", now, "replay_lease", "1m"));
        }

        private JsonNode show(JsonNode run) {
            return data(sql.one("dead-letter-replay/show.sql", Map.of("id", run.path("id").asText())));
        }

        private void end(OffsetDateTime now) {
            sql.change("dead-letter-replay/end.sql", Map.of("now", now));
        }

        private List<UUID> ids(List<Map<String, Object>> rows) {
            return rows.stream().map(row -> (UUID) row.get("id")).toList();
        }
    }

    private static UUID mail(OffsetDateTime created) {
        UUID id = UUID.randomUUID();
        sql.execute("""
                INSERT INTO mails (id, purpose, recipient, status, created_at, published_at, updated_at)
                VALUES (?, 'notice', 'ann@example.com', 'dead', ?, ?, ?)""", id, created, created, created);
        return id;
    }

    private static UUID dead(OffsetDateTime created) {
        UUID id = mail(created);
        byte[] job = JOB.getBytes(StandardCharsets.UTF_8);
        sql.execute("""
                INSERT INTO dead_letters (id, purpose, recipient, reason, phase, reply, attempts, first_attempt_at, last_attempt_at, job,
                    job_bytes, status, created_at, updated_at)
                VALUES (?, 'notice', 'ann@example.com', 'permanent', 'RCPT', '550 no', 3, ?, ?, ?, ?, 'dead', ?, ?)""",
                id, created.minusHours(1), created, job, job.length, created, created);
        return id;
    }

    private static void set(UUID id, String assignments) {
        sql.execute("UPDATE dead_letters SET " + assignments + " WHERE id = ?", id);
    }

    private static Map<String, Object> by(Map<String, ?> more) {
        Map<String, Object> variables = new HashMap<>(Map.of("now", NOW, "actor", "admin"));
        variables.putAll(more);
        return variables;
    }

    private static Map<String, Object> claim(UUID id, OffsetDateTime now) {
        return sql.row("dead-letter/claim.sql", Map.of("id", id.toString(), "now", now, "replay_lease", "1m"));
    }

    private static Object mark(Map<String, Object> claimed, String actor) {
        Map<String, Object> variables = new HashMap<>(Map.of("now", NOW.plusSeconds(1)));
        List.of("id", "replay_id", "replay_at").forEach(name -> variables.put(name, claimed.get(name)));
        variables.put("actor", actor);
        return sql.one("dead-letter/mark-replayed.sql", variables);
    }

    private static void release(Map<String, Object> claimed) {
        sql.change("dead-letter/release.sql", Map.of("id", claimed.get("id"), "replay_at", claimed.get("replay_at"), "now", NOW));
    }

    /** Status, whether there is a job, replays, status of the mail. */
    private static String state(UUID id) {
        return sql.text("""
                SELECT concat_ws(',', d.status, CASE WHEN d.job IS NULL THEN '-' ELSE 'job' END, d.replays, m.status)
                FROM dead_letters d JOIN mails m ON m.id = d.id WHERE d.id = ?""", id);
    }

    /** Action, subject, address and details of all that admin has done. */
    private static List<String> audits() {
        String lines = sql.text("""
                SELECT string_agg(concat_ws(' ', action, subject, coalesce(address, '-'), coalesce(details::text, '-')), E'\\n' ORDER BY id)
                FROM audit_events WHERE actor = 'admin'""");
        return lines == null ? List.of() : lines.lines().toList();
    }

    private static JsonNode data(Object answer) {
        try {
            JsonNode read = JSON.readTree((String) answer);
            assertThat(read.path("error_code").asInt()).isZero();
            return read.path("data");
        } catch (JsonProcessingException e) {
            throw new AssertionError("Expected JSON, got " + answer, e);
        }
    }
}
