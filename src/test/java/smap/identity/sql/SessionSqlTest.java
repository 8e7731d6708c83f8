package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.OffsetDateTime;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final String GRACE = "10s";

    private UUID ann;

    @BeforeEach
    void there_is_a_user() {
        ann = user("ann@example.com");
    }

    @Nested
    class Starting {

        @Test
        void a_session_lives_half_a_day_and_remembered_a_month() {
            Map<String, Object> day = start("first", false, NOW);
            Map<String, Object> month = start("second", true, NOW);

            assertThat(day).containsOnlyKeys("session_id", "remember", "seconds_left")
                    .containsEntry("remember", false).containsEntry("seconds_left", 12 * 3_600L);
            assertThat(month).containsEntry("remember", true).containsEntry("seconds_left", 30 * 86_400L);
            assertThat(sql.text("SELECT concat_ws('|', user_id, address, user_agent, rfc3339(created_at), rfc3339(last_used_at),"
                    + " rfc3339(expires_at), ended_at IS NULL) FROM sessions WHERE id = ?", day.get("session_id")))
                    .isEqualTo(ann + "|203.0.113.7|Firefox|2026-11-23T09:00:00.000Z|2026-11-23T09:00:00.000Z|2026-11-23T21:00:00.000Z|t");
        }

        @Test
        void of_the_refresh_token_only_the_hash_is_kept() {
            Object session = start("first", false, NOW).get("session_id");

            assertThat(sql.text("SELECT concat_ws('|', session_id, encode(hash, 'hex'), rotated_at IS NULL) FROM refresh_tokens"))
                    .isEqualTo(session + "|a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e|t");
        }

        @Test
        void a_login_is_noted() {
            Object session = start("first", true, NOW).get("session_id");

            assertThat(audit()).containsExactly(
                    ann + " authentication-login " + ann + " 203.0.113.7 {\"session\": \"" + session + "\", \"remember\": true}");
        }

        @Test
        void where_nobody_told_an_address_or_a_browser_there_is_none() {
            Map<String, Object> variables = starting("first", false, NOW);
            variables.remove("remote_address");
            variables.remove("user_agent");

            sql.row("session/start.sql", variables);

            assertThat(sql.text("SELECT address IS NULL AND user_agent IS NULL FROM sessions")).isEqualTo("t");
        }

        @Test
        void a_login_takes_its_turn_after_a_deletion_that_is_under_way() {
            assertThat(sql.<Object>whileWaitingFor("UPDATE users SET deleted_at = created_at WHERE id = ?", ann,
                    () -> start("first", false, NOW))).isNull();
        }

        @Test
        void the_password_that_was_proved_is_still_the_accounts() {
            Map<String, Object> before = sql.row("user/find-by-email.sql", Map.of("email", "ann@example.com"));
            sql.execute("UPDATE users SET password_changed_at = ?", NOW.plusNanos(123_456_000));
            Map<String, Object> after = sql.row("user/find-by-email.sql", Map.of("email", "ann@example.com"));
            Map<String, Object> variables = starting("first", false, NOW);

            variables.put("user", before);
            assertThat(sql.row("session/start.sql", variables)).isNull();
            variables.put("user", after);
            assertThat(sql.row("session/start.sql", variables)).isNotNull();
        }

        @Test
        void a_login_takes_its_turn_after_a_change_of_password_that_is_under_way() {
            assertThat(sql.<Object>whileWaitingFor("UPDATE users SET password_changed_at = created_at WHERE id = ?", ann,
                    () -> start("first", false, NOW))).isNull();
        }

        @Test
        void a_login_takes_its_turn_after_a_change_of_role_that_is_under_way() {
            sql.execute("UPDATE users SET role = 'ADMIN'");
            Map<String, Object> variables = starting("first", false, NOW);
            variables.put("user", sql.row("user/find-by-email.sql", Map.of("email", "ann@example.com")));

            assertThat(sql.<Object>whileWaitingFor("UPDATE users SET role = 'USER' WHERE id = ?", ann,
                    () -> sql.row("session/start.sql", variables))).as("its token would tell the role of before").isNull();
        }

        @ParameterizedTest
        @ValueSource(strings = {"is_active = false", "deleted_at = created_at"})
        void an_account_that_has_just_gone_gets_no_session(String change) {
            sql.execute("UPDATE users SET " + change);

            assertThat(start("first", false, NOW)).isNull();

            assertThat(count("sessions") + count("refresh_tokens") + count("audit_events")).isZero();
        }
    }

    @Nested
    class Refreshing {

        private Object session;

        @BeforeEach
        void ann_is_logged_in() {
            session = start("first", true, NOW).get("session_id");
        }

        @Test
        void a_token_goes_on_with_the_session_and_its_user_as_it_is_now() {
            sql.execute("UPDATE users SET role = 'ADMIN'");

            Map<String, Object> row = refresh("first", "second", NOW.plusDays(1));

            assertThat(row).containsOnlyKeys("session_id", "remember", "seconds_left", "id", "email", "role", "json")
                    .containsEntry("session_id", session).containsEntry("remember", true).containsEntry("seconds_left", 29 * 86_400L)
                    .containsEntry("id", ann).containsEntry("email", "ann@example.com").containsEntry("role", "ADMIN");
            assertThat(row.get("json").toString()).startsWith("{\"id\" : \"" + ann).doesNotContain("hash");
            assertThat(sql.text("SELECT concat_ws('|', address, user_agent, rfc3339(last_used_at), rfc3339(expires_at)) FROM sessions"))
                    .isEqualTo("198.51.100.9|Chrome|2026-11-24T09:00:00.000Z|2026-12-23T09:00:00.000Z");
        }

        @Test
        void each_next_token_goes_on_in_turn() {
            assertThat(refresh("first", "second", NOW.plusMinutes(10))).isNotNull();
            assertThat(refresh("second", "third", NOW.plusMinutes(20))).isNotNull();
            assertThat(refresh("third", "fourth", NOW.plusMinutes(30))).isNotNull();
            assertThat(count("refresh_tokens")).isEqualTo(4);
            assertThat(sql.text("SELECT count(*) FROM refresh_tokens WHERE rotated_at IS NULL")).isEqualTo("1");
        }

        @Test
        void a_double_click_gets_the_same_successor_and_no_other() {
            OffsetDateTime click = NOW.plusMinutes(10);

            Map<String, Object> first = refresh("first", "second", click);
            Map<String, Object> again = refresh("first", "second", click.plusSeconds(10).minusNanos(1_000));

            assertThat(first).containsEntry("session_id", session);
            assertThat(again).containsEntry("session_id", session);
            assertThat(count("refresh_tokens")).isEqualTo(2);
            assertThat(refresh("second", "third", NOW.plusMinutes(20))).isNotNull();
        }

        @Test
        void the_grace_is_counted_from_the_first_click() {
            refresh("first", "second", NOW);
            refresh("first", "second", NOW.plusSeconds(9));

            assertThat(refresh("first", "second", NOW.plusSeconds(18))).isNull();
        }

        @Test
        void a_token_that_was_used_and_comes_again_ends_the_session_for_whoever_has_it() {
            refresh("first", "second", NOW.plusMinutes(10));

            assertThat(refresh("first", "second", NOW.plusMinutes(10).plusSeconds(10))).isNull();

            assertThat(refresh("second", "third", NOW.plusMinutes(11))).isNull();
            assertThat(ended(session)).isEqualTo("refresh-replay 2026-11-23T09:10:10.000Z");
            assertThat(audit().get(1)).isEqualTo(
                    "anonymous session-refresh-replay " + ann + " 198.51.100.9 {\"session\": \"" + session + "\"}");
        }

        @Test
        void a_replay_is_noted_once_and_leaves_other_sessions_alone() {
            start("of another", true, NOW);
            refresh("first", "second", NOW.plusMinutes(10));

            refresh("first", "second", NOW.plusMinutes(20));
            refresh("first", "second", NOW.plusMinutes(30));

            assertThat(audit()).filteredOn(line -> line.contains("replay")).hasSize(1);
            assertThat(refresh("of another", "next", NOW.plusMinutes(31))).isNotNull();
            assertThat(ended(session)).startsWith("refresh-replay 2026-11-23T09:20:00");
        }

        @Test
        void fifty_refreshes_at_once_get_the_one_successor() {
            List<Object> sessions = StatementRunner.inParallel(50, () -> refresh("first", "second", NOW.plusMinutes(10)).get("session_id"));

            assertThat(sessions).hasSize(50).containsOnly(session);
            assertThat(count("refresh_tokens")).isEqualTo(2);
            assertThat(ended(session)).isNull();
            assertThat(refresh("second", "third", NOW.plusMinutes(20))).isNotNull();
        }

        @Test
        void of_replays_at_once_one_ends_the_session() {
            refresh("first", "second", NOW);

            List<Boolean> refused = StatementRunner.inParallel(50, () -> refresh("first", "second", NOW.plusMinutes(10)) == null);

            assertThat(refused).containsOnly(true);
            assertThat(audit()).filteredOn(line -> line.contains("replay")).hasSize(1);
        }

        @Test
        void a_token_of_a_session_that_was_ended_is_refused_and_no_replay() {
            sql.execute("UPDATE sessions SET ended_at = ?, end_reason = 'logout'", NOW);

            assertThat(refresh("first", "second", NOW)).isNull();
            assertThat(count("refresh_tokens")).isEqualTo(1);
            assertThat(audit()).as("no replay").hasSize(1);
        }

        @Test
        void a_refresh_takes_its_turn_after_a_logout_that_is_under_way() {
            assertThat(sql.<Object>whileWaitingFor("UPDATE sessions SET ended_at = created_at, end_reason = 'logout' WHERE id = ?", session,
                    () -> refresh("first", "second", NOW))).isNull();
            assertThat(count("refresh_tokens")).isEqualTo(1);
        }

        @Test
        void of_two_refreshes_the_second_sees_what_the_first_has_left() {
            String used = "UPDATE refresh_tokens SET rotated_at = created_at WHERE session_id = ?";

            assertThat(sql.<Object>whileWaitingFor(used, session, () -> refresh("first", "second", NOW.plusMinutes(1)))).isNull();

            assertThat(ended(session)).startsWith("refresh-replay");
        }

        @Test
        void a_session_ends_when_its_time_is_over_however_often_it_was_refreshed() {
            assertThat(refresh("first", "second", NOW.plusDays(29))).isNotNull();

            assertThat(refresh("second", "third", NOW.plusDays(30).minusNanos(1_000))).containsEntry("seconds_left", 0L);
            assertThat(refresh("third", "fourth", NOW.plusDays(30))).isNull();
        }

        @ParameterizedTest
        @ValueSource(strings = {"is_active = false", "deleted_at = created_at"})
        void whose_account_is_gone_is_refused(String change) {
            sql.execute("UPDATE users SET " + change);

            assertThat(refresh("first", "second", NOW)).isNull();
            assertThat(count("refresh_tokens")).isEqualTo(1);
        }

        @Test
        void a_token_nobody_has_made_is_refused() {
            assertThat(refresh("guess", "second", NOW)).isNull();
            assertThat(count("refresh_tokens")).isEqualTo(1);
        }
    }

    @Nested
    class Ending {

        @Test
        void a_live_session_of_the_caller_ends_and_that_is_noted() {
            Object session = start("first", false, NOW).get("session_id");

            assertThat(end(ann, session)).containsEntry("ended", 1L).containsEntry("answer",
                    "{\"error_code\" : 0, \"message\" : \"Success\", \"data\" : {\"ended\" : 1}}");

            assertThat(ended(session)).isEqualTo("logout 2026-11-23T10:00:00.000Z");
            assertThat(refresh("first", "second", NOW.plusHours(1))).isNull();
            assertThat(audit().get(1)).isEqualTo(ann + " session-end " + ann + " 203.0.113.7 {\"session\": \"" + session + "\"}");
        }

        @Test
        void what_is_over_is_left_as_it_is() {
            Object session = start("first", false, NOW).get("session_id");
            end(ann, session);
            Object expired = start("second", false, NOW.minusHours(11)).get("session_id");

            assertThat(end(ann, session)).containsEntry("ended", 0L);
            assertThat(end(ann, expired)).containsEntry("ended", 0L);
            assertThat(end(ann, null)).containsEntry("ended", 0L);
            assertThat(audit()).filteredOn(line -> line.contains("session-end")).hasSize(1);
        }

        @Test
        void nobody_ends_somebody_elses_session() {
            Object session = start("first", false, NOW).get("session_id");

            assertThat(end(user("eve@example.com"), session)).containsEntry("ended", 0L);

            assertThat(ended(session)).isNull();
        }

        @Test
        void all_sessions_of_the_caller_end_and_nobody_elses() {
            start("first", false, NOW);
            start("second", true, NOW);
            start("over", false, NOW.minusHours(12));
            Map<String, Object> bobs = starting("bob's", false, NOW);
            bobs.put("user", Map.of("id", user("bob@example.com"), "role", "USER"));
            sql.row("session/start.sql", bobs);

            assertThat(endAll()).contains("{\"ended\" : 2}");
            assertThat(endAll()).contains("{\"ended\" : 0}");

            assertThat(refresh("first", "next", NOW.plusMinutes(1))).isNull();
            assertThat(refresh("bob's", "next", NOW.plusMinutes(1))).isNotNull();
            assertThat(audit()).filteredOn(line -> line.contains("logout-all"))
                    .containsExactly(ann + " authentication-logout-all " + ann + " 203.0.113.7 {\"ended\": 2}");
        }

        private String endAll() {
            return (String) sql.one("session/end-all.sql", Map.of(
                    "caller_id", ann, "actor", ann.toString(), "remote_address", "203.0.113.7", "now", NOW.plusSeconds(1)));
        }
    }

    @Nested
    class Listing {

        @Test
        void the_live_sessions_of_the_caller_are_listed_last_used_first() throws JsonProcessingException {
            Object old = start("first", true, NOW.minusDays(1)).get("session_id");
            Object current = start("second", false, NOW).get("session_id");
            end(ann, start("third", false, NOW).get("session_id"));
            start("over", false, NOW.minusHours(12));
            refresh("first", "next", NOW.plusMinutes(5));

            JsonNode sessions = list(ann, current);

            assertThat(sessions.findValuesAsText("id")).containsExactly(old.toString(), current.toString());
            assertThat(sessions.get(0).toString()).isEqualTo("{\"id\":\"" + old + "\",\"created_at\":\"2026-11-22T09:00:00.000Z\","
                    + "\"last_used_at\":\"2026-11-23T09:05:00.000Z\",\"expires_at\":\"2026-12-22T09:00:00.000Z\","
                    + "\"address\":\"198.51.100.9\",\"user_agent\":\"Chrome\",\"current\":false}");
            assertThat(sessions.get(1).get("current").asBoolean()).isTrue();
        }

        @Test
        void who_has_none_gets_an_empty_list_and_who_has_many_a_hundred() throws JsonProcessingException {
            assertThat(list(ann, null)).isEmpty();

            sql.execute("INSERT INTO sessions (user_id, remember, created_at, last_used_at, expires_at)"
                    + " SELECT ?, false, ?, CAST(? AS timestamptz) + n * interval '1 second', ? FROM generate_series(1, 101) AS n",
                    ann, NOW, NOW, NOW.plusHours(1));
            JsonNode sessions = list(ann, null);
            assertThat(sessions).hasSize(100);
            assertThat(sessions.get(0).get("last_used_at").asText()).isEqualTo("2026-11-23T09:01:41.000Z");
            assertThat(sessions.findValues("current")).allMatch(current -> !current.asBoolean());
        }

        private static JsonNode list(UUID user, Object current) throws JsonProcessingException {
            Map<String, Object> variables = new HashMap<>(Map.of("caller_id", user, "now", NOW.plusMinutes(5)));
            variables.put("session_id", current);
            return new ObjectMapper().readTree((String) sql.one("session/list.sql", variables)).at("/data/sessions");
        }
    }

    @Nested
    class Finding {

        @Test
        void a_session_is_live_until_it_ends_or_expires() {
            Object session = start("first", false, NOW).get("session_id");

            assertThat(live(session, NOW.plusHours(12).minusNanos(1_000))).isEqualTo(session);
            assertThat(live(session, NOW.plusHours(12))).isNull();
            end(ann, session);
            assertThat(live(session, NOW)).isNull();
            assertThat(live(UUID.randomUUID(), NOW)).isNull();
            assertThat(live(null, NOW)).isNull();
        }

        private static Object live(Object session, OffsetDateTime now) {
            Map<String, Object> variables = new HashMap<>(Collections.singletonMap("session_id", session));
            variables.put("now", now);
            return sql.one("session/find-live.sql", variables);
        }
    }

    @Nested
    class Purging {

        @Test
        void the_tokens_of_a_session_go_when_it_is_over_and_those_of_a_live_one_stay() {
            Object session = start("first", true, NOW).get("session_id");
            refresh("first", "second", NOW.plusMinutes(1));
            start("of another", true, NOW);
            start("over", false, NOW.minusHours(12));

            assertThat(purgeTokens(NOW.plusMinutes(1), 10)).as("of the one that is over").isEqualTo(1);
            end(ann, session);
            assertThat(purgeTokens(NOW.plusHours(1), 1)).isEqualTo(1);
            assertThat(purgeTokens(NOW.plusHours(1), 1)).isEqualTo(1);
            assertThat(purgeTokens(NOW.plusHours(1), 1)).isZero();

            assertThat(count("refresh_tokens")).isEqualTo(1);
            assertThat(refresh("of another", "next", NOW.plusHours(1))).isNotNull();
        }

        @Test
        void a_session_goes_with_its_tokens_when_it_was_over_long_enough() {
            Object ended = start("ended", true, NOW).get("session_id");
            end(ann, ended);
            Object expired = start("expired", false, NOW).get("session_id");
            start("live", true, NOW);

            assertThat(purgeSessions(NOW.plusHours(1).plusDays(7).minusNanos(1_000), 10)).isZero();
            assertThat(purgeSessions(NOW.plusDays(8), 1)).isEqualTo(1);
            assertThat(sql.text("SELECT count(*) FROM sessions WHERE id = ?", ended)).isEqualTo("0");
            assertThat(purgeSessions(NOW.plusDays(8), 1)).isEqualTo(1);
            assertThat(sql.text("SELECT count(*) FROM sessions WHERE id = ?", expired)).isEqualTo("0");
            assertThat(purgeSessions(NOW.plusDays(8), 1)).isZero();
            assertThat(count("refresh_tokens")).isEqualTo(1);
        }

        @Test
        void what_somebody_is_at_is_passed_over_and_not_waited_for() {
            UUID session = (UUID) start("first", false, NOW).get("session_id");
            OffsetDateTime later = NOW.plusDays(7).plusHours(12);

            sql.whileHeld("SELECT id FROM sessions WHERE id = ? FOR UPDATE", session,
                    () -> assertThat(purgeSessions(later, 10)).isZero());
            sql.whileHeld("SELECT hash FROM refresh_tokens WHERE session_id = ? FOR UPDATE", session,
                    () -> assertThat(purgeTokens(NOW.plusHours(12), 10)).isZero());

            assertThat(purgeSessions(later, 10)).isEqualTo(1);
        }

        private static long purgeTokens(OffsetDateTime now, int batch) {
            return (Long) sql.one("refresh-token/purge.sql", Map.of("now", now, "batch", String.valueOf(batch)));
        }

        private static long purgeSessions(OffsetDateTime now, int batch) {
            return (Long) sql.one("session/purge.sql", Map.of("now", now, "session_retention", "7d", "batch", String.valueOf(batch)));
        }
    }

    @Test
    void the_tables_keep_what_makes_no_sense_out() {
        start("first", false, NOW);

        assertRefused("sessions_check", "UPDATE sessions SET expires_at = created_at");
        assertRefused("sessions_check1", "UPDATE sessions SET ended_at = created_at");
        assertRefused("sessions_end_reason_check", "UPDATE sessions SET ended_at = created_at, end_reason = 'bored'");
        assertRefused("refresh_tokens_hash_check", "UPDATE refresh_tokens SET hash = 'short'");
    }

    private static void assertRefused(String constraint, String change) {
        assertThatThrownBy(() -> sql.execute(change)).hasMessageContaining("\"" + constraint + "\"");
    }

    private static UUID user(String email) {
        UUID id = UUID.randomUUID();
        sql.execute("INSERT INTO users (id, email, password_hash, is_active, created_at, updated_at) VALUES (?, ?, 'h', true, ?, ?)",
                id, email, NOW, NOW);
        return id;
    }

    private Map<String, Object> start(String token, boolean remember, OffsetDateTime now) {
        return sql.row("session/start.sql", starting(token, remember, now));
    }

    private Map<String, Object> starting(String token, boolean remember, OffsetDateTime now) {
        return new HashMap<>(Map.of("user", Map.of("id", ann, "role", "USER"), "refresh_hash", hash(token), "remember", remember,
                "now", now, "session_ttl", "12h", "session_remember_ttl", "30d", "remote_address", "203.0.113.7", "user_agent", "Firefox"));
    }

    private static Map<String, Object> refresh(String presented, String successor, OffsetDateTime now) {
        return sql.row("refresh-token/rotate.sql", Map.of("presented_hash", hash(presented), "refresh_hash", hash(successor), "now", now,
                "session_refresh_grace", GRACE, "remote_address", "198.51.100.9", "user_agent", "Chrome"));
    }

    private static Map<String, Object> end(UUID caller, Object session) {
        Map<String, Object> variables = new HashMap<>(Map.of("caller_id", caller, "actor", caller.toString(), "action", "session-end",
                "remote_address", "203.0.113.7", "now", NOW.plusHours(1)));
        variables.put("ended_id", session);
        return sql.row("session/end.sql", variables);
    }

    private static byte[] hash(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String ended(Object session) {
        return sql.text("SELECT end_reason || ' ' || rfc3339(ended_at) FROM sessions WHERE id = ?", session);
    }

    private static List<String> audit() {
        String lines = sql.text("SELECT string_agg(concat_ws(' ', actor, action, subject, address, details), E'\\n' ORDER BY id)"
                + " FROM audit_events");
        return lines == null ? List.of() : lines.lines().toList();
    }

    private static int count(String table) {
        return Integer.parseInt(sql.text("SELECT count(*) FROM " + table));
    }
}
