package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What administrators do to users, and how there comes to be an administrator. */
class UserAdministrationSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final OffsetDateTime LATER = NOW.plusHours(1);

    private UUID admin;
    private UUID ann;

    @BeforeEach
    void people() {
        admin = user("admin@example.com", "ADMIN", NOW);
        ann = user("Ann@example.com", "USER", NOW.plusSeconds(1));
    }

    @Nested
    class States {

        @Test
        void who_is_deactivated_is_so_at_once_and_in_every_session() {
            session(ann, null);
            session(ann, NOW);
            session(admin, null);

            Map<String, Object> done = act("deactivate", ann, admin);

            assertThat(done.get("problem")).isNull();
            assertThat(data(done).path("is_active").asBoolean()).isFalse();
            assertThat(data(done).path("id").asText()).isEqualTo(ann.toString());
            assertThat(text(ann, "concat_ws(' ', is_active, rfc3339(deactivated_at), rfc3339(verified_at), rfc3339(updated_at))"))
                    .isEqualTo("f 2026-11-23T10:00:00.000Z 2026-11-23T09:00:00.000Z 2026-11-23T10:00:00.000Z");
            assertThat(sql.text("SELECT string_agg(concat_ws(' ', s.user_id = ?, end_reason, rfc3339(ended_at)), ',' ORDER BY ended_at)"
                    + " FROM sessions s", ann)).isEqualTo("t logout 2026-11-23T09:00:00.000Z,t deactivated 2026-11-23T10:00:00.000Z,f");
            assertThat(audit()).isEqualTo("user-deactivate " + admin + ' ' + ann
                    + " 192.0.2.1 {\"was\": true, \"is_active\": false, \"sessions_ended\": 1}");
        }

        @Test
        void once_is_enough() {
            act("deactivate", ann, admin);

            assertThat(data(act("deactivate", ann, admin, LATER.plusHours(1))).path("is_active").asBoolean()).isFalse();

            assertThat(text(ann, "rfc3339(deactivated_at)")).isEqualTo("2026-11-23T10:00:00.000Z");
            assertThat(sql.text("SELECT count(*) FROM audit_events")).isEqualTo("1");
        }

        @Test
        void who_is_reactivated_is_as_before() {
            act("deactivate", ann, admin);

            Map<String, Object> done = act("reactivate", ann, admin);

            assertThat(data(done).path("is_active").asBoolean()).isTrue();
            assertThat(text(ann, "deactivated_at")).isNull();
            assertThat(sql.text("SELECT details FROM audit_events WHERE action = 'user-reactivate'"))
                    .isEqualTo("{\"was\": false, \"is_active\": true}");
            assertThat(data(act("reactivate", ann, admin)).path("is_active").asBoolean()).isTrue();
            assertThat(sql.text("SELECT count(*) FROM audit_events")).isEqualTo("2");
        }

        @Test
        void who_had_not_proved_the_address_has_still_to_do_so() {
            sql.execute("UPDATE users SET is_active = false, verified_at = NULL WHERE id = ?", ann);

            act("deactivate", ann, admin);
            assertThat(data(act("reactivate", ann, admin)).path("is_active").asBoolean()).isFalse();

            assertThat(text(ann, "concat_ws(' ', is_active, verified_at, deactivated_at)")).isEqualTo("f");
        }

        @Test
        void whom_an_older_replica_has_activated_counts_as_proved() {
            sql.execute("UPDATE users SET verified_at = NULL WHERE id = ?", ann);

            act("deactivate", ann, admin);

            assertThat(data(act("reactivate", ann, admin)).path("is_active").asBoolean()).isTrue();
        }

        @Test
        void a_role_changes_with_the_sessions_that_tell_the_old_one() {
            session(ann, null);

            Map<String, Object> done = role("ADMIN", ann, admin);

            assertThat(data(done).path("role").asText()).isEqualTo("ADMIN");
            assertThat(sql.text("SELECT end_reason FROM sessions")).isEqualTo("role-change");
            assertThat(audit()).isEqualTo("user-change-role " + admin + ' ' + ann
                    + " 192.0.2.1 {\"was\": \"USER\", \"role\": \"ADMIN\", \"sessions_ended\": 1}");
        }

        @Test
        void a_role_that_is_the_same_changes_nothing() {
            session(ann, null);

            assertThat(data(role("USER", ann, admin)).path("role").asText()).isEqualTo("USER");

            assertThat(sql.text("SELECT count(*) FROM sessions WHERE ended_at IS NULL")).isEqualTo("1");
            assertThat(audit()).isNull();
            assertThat(text(ann, "rfc3339(updated_at)")).isEqualTo("2026-11-23T09:00:01.000Z");
        }

        @ParameterizedTest
        @ValueSource(strings = {"deactivate", "reactivate", "change-role"})
        void what_cannot_be_done_is_told_and_not_noted(String verb) {
            UUID gone = user("gone@example.com", "USER", NOW);
            sql.execute("UPDATE users SET deleted_at = ? WHERE id = ?", NOW, gone);
            String before = sql.text("SELECT string_agg(users::text, ' ' ORDER BY id) FROM users");

            assertThat(act(verb, admin, admin)).containsEntry("problem", "OWN_ACCOUNT").containsEntry("answer", null);
            assertThat(act(verb, UUID.randomUUID(), admin)).containsEntry("problem", "ACCOUNT_NOT_FOUND").containsEntry("answer", null);
            assertThat(act(verb, gone, admin)).containsEntry("problem", "ACCOUNT_NOT_FOUND");
            assertThat(act(verb, admin, ann)).containsEntry("problem", "FORBIDDEN").containsEntry("answer", null);

            assertThat(sql.text("SELECT string_agg(users::text, ' ' ORDER BY id) FROM users")).isEqualTo(before);
            assertThat(audit()).isNull();
        }

        @ParameterizedTest
        @ValueSource(strings = {"is_active = false", "role = 'USER'", "is_active = false, deactivated_at = '2026-11-23T09:00:00Z'"})
        void who_is_no_administrator_any_more_can_do_nothing_whatever_the_token_says(String change) {
            user("other@example.com", "ADMIN", NOW);
            sql.execute("UPDATE users SET " + change + " WHERE id = ?", admin);

            for (String verb : List.of("deactivate", "reactivate", "change-role")) {
                assertThat(act(verb, ann, admin)).as(verb).containsEntry("problem", "FORBIDDEN");
            }
            assertThat(text(ann, "is_active")).isEqualTo("t");
        }

        @ParameterizedTest
        @ValueSource(strings = {"deactivate", "reactivate", "change-role"})
        void who_stops_being_an_administrator_in_this_moment_does_nothing(String verb) {
            UUID other = user("other@example.com", "ADMIN", NOW);

            Map<String, Object> late = sql.whileWaitingFor(
                    "UPDATE users SET is_active = false, deactivated_at = updated_at WHERE id = ?", admin, () -> act(verb, other, admin));

            assertThat(late).containsEntry("problem", "FORBIDDEN").containsEntry("answer", null);
            assertThat(text(other, "role || is_active")).isEqualTo("ADMINtrue");
        }

        @ParameterizedTest
        @ValueSource(strings = {"deactivate", "change-role"})
        void a_session_that_begins_in_this_moment_ends_too(String verb) {
            UUID other = user("other@example.com", "ADMIN", NOW);

            sql.whileWaitingFor("WITH owner AS (SELECT id, created_at FROM users WHERE id = ? FOR SHARE)"
                    + " INSERT INTO sessions (user_id, remember, created_at, last_used_at, expires_at)"
                    + " SELECT id, false, created_at, created_at, created_at + interval '1 day' FROM owner", other,
                    () -> act(verb, other, admin));

            assertThat(sql.text("SELECT count(ended_at) || ' of ' || count(*) FROM sessions")).isEqualTo("1 of 1");
        }

        @Test
        void of_administrators_who_deactivate_or_demote_each_other_at_once_one_is_left() {
            for (String verb : List.of("deactivate", "change-role")) {
                sql.execute("UPDATE users SET role = 'USER' WHERE id <> ?", admin);
                UUID other = user(verb + "@example.com", "ADMIN", NOW);
                AtomicInteger turn = new AtomicInteger();

                StatementRunner.inParallel(20, () -> turn.getAndIncrement() % 2 == 0 ? act(verb, other, admin) : act(verb, admin, other));

                assertThat(sql.text("SELECT count(*) FROM users WHERE role = 'ADMIN' AND is_active")).as(verb).isEqualTo("1");
                sql.execute("UPDATE users SET is_active = true, deactivated_at = NULL, role = 'ADMIN' WHERE id = ?", admin);
            }
        }
    }

    @Nested
    class Lists {

        @Test
        void living_users_are_listed_newest_first_and_without_secrets() {
            UUID gone = user("gone@example.com", "USER", NOW);
            sql.execute("UPDATE users SET deleted_at = ? WHERE id = ?", NOW, gone);

            assertThat(ids(list(Map.of()))).containsExactly(ann.toString(), admin.toString());
            assertThat(list(Map.of()).toString()).doesNotContain("hash", "deactivated");
            assertThat(list(Map.of()).properties()).hasSize(1);
        }

        @Test
        void a_list_has_an_end() {
            assertThat(ids(list(Map.of("most", "1")))).containsExactly(ann.toString());
        }

        @Test
        void a_filter_lets_pass_who_fits_all_of_it() {
            sql.execute("UPDATE users SET is_active = false WHERE id = ?", admin);

            assertThat(ids(list(Map.of("ids", new String[] {ann.toString(), UUID.randomUUID().toString()}))))
                    .containsExactly(ann.toString());
            assertThat(ids(list(Map.of("emails", new String[] {"aNN@example.com", "x{\"',y@example.com"}))))
                    .containsExactly(ann.toString());
            assertThat(ids(list(Map.of("roles", new String[] {"ADMIN"})))).containsExactly(admin.toString());
            assertThat(ids(list(Map.of("roles", new String[] {"ADMIN", "USER"})))).hasSize(2);
            assertThat(ids(list(Map.of("is_active", true)))).containsExactly(ann.toString());
            assertThat(ids(list(Map.of("is_active", false)))).containsExactly(admin.toString());
            assertThat(list(Map.of("roles", new String[] {"USER"}, "is_active", false)).toString()).isEqualTo("{\"users\":[]}");
        }

        @Test
        void pages_are_counted() {
            UUID newest = user("bob@example.com", "USER", NOW.plusSeconds(2));

            JsonNode first = page(Map.of("page", 1, "limit", 2));
            JsonNode second = page(Map.of("page", 2, "limit", 2));
            JsonNode beyond = page(Map.of("page", 9, "limit", 2));
            JsonNode filtered = page(Map.of("page", 1, "limit", 2, "roles", new String[] {"ADMIN"}));

            assertThat(ids(first)).containsExactly(newest.toString(), ann.toString());
            assertThat(ids(second)).containsExactly(admin.toString());
            assertThat(first.path("paginator").toString()).isEqualTo("{\"total\":3,\"count\":2,\"per_page\":2,\"current_page\":1}");
            assertThat(beyond.toString())
                    .isEqualTo("{\"users\":[],\"paginator\":{\"total\":3,\"count\":0,\"per_page\":2,\"current_page\":9}}");
            assertThat(filtered.path("paginator").path("total").asInt()).isOne();
        }

        @Test
        void one_is_shown_in_whatever_state_but_deleted() {
            sql.execute("UPDATE users SET is_active = false WHERE id = ?", ann);

            assertThat(json((String) sql.one("user/show-by-id.sql", Map.of("id", ann.toString()))).path("email").asText())
                    .isEqualTo("Ann@example.com");
            sql.execute("UPDATE users SET deleted_at = ? WHERE id = ?", NOW, ann);
            assertThat(sql.one("user/show-by-id.sql", Map.of("id", ann.toString()))).isNull();
        }

        private JsonNode list(Map<String, Object> filter) {
            return json((String) sql.one("user/list.sql", filtered(filter)));
        }

        private JsonNode page(Map<String, Object> filter) {
            return json((String) sql.one("user/list-page.sql", filtered(filter)));
        }

        private Map<String, Object> filtered(Map<String, Object> filter) {
            Map<String, Object> variables = new HashMap<>(Map.of("most", "1000"));
            List.of("ids", "emails", "roles", "is_active").forEach(name -> variables.put(name, null));
            variables.putAll(filter);
            return variables;
        }

        private List<String> ids(JsonNode data) {
            return data.path("users").findValuesAsText("id");
        }
    }

    @Nested
    class FirstAdmin {

        @BeforeEach
        void nobody() {
            sql.clear();
        }

        @Test
        void is_created_active_and_proved() {
            assertThat(make("Boss@example.com")).isEqualTo("created");

            assertThat(sql.text("SELECT concat_ws(' ', email, password_hash, role, is_active, rfc3339(verified_at), rfc3339(created_at))"
                    + " FROM users")).isEqualTo("Boss@example.com hash ADMIN t 2026-11-23T09:00:00.000Z 2026-11-23T09:00:00.000Z");
            assertThat(sql.text("SELECT concat_ws(' ', e.actor, e.action, e.address, e.details) FROM audit_events e JOIN users u"
                    + " ON u.id::text = e.subject"))
                    .isEqualTo("settings admin-create {\"email\": \"Boss@example.com\", \"outcome\": \"created\"}");
            assertThat(admins()).isEqualTo(1L);
        }

        @Test
        void is_created_once_however_often_and_by_however_many_it_is_asked_for() {
            List<String> outcomes = StatementRunner.inParallel(20, () -> String.valueOf(make("boss@example.com", UUID.randomUUID() + "")));

            assertThat(outcomes).filteredOn("created"::equals).hasSize(1);
            assertThat(outcomes).filteredOn("null"::equals).hasSize(19);
            String before = sql.text("SELECT users::text FROM users");
            assertThat(make("BOSS@example.com", "another hash")).isNull();
            assertThat(sql.text("SELECT users::text FROM users")).isEqualTo(before);
            assertThat(sql.text("SELECT count(*) FROM audit_events")).isEqualTo("1");
        }

        @Test
        void is_the_account_with_that_address_while_nobody_administers_and_its_password_stays() {
            user("boss@example.com", "USER", NOW);

            assertThat(make("Boss@example.com")).isEqualTo("promoted");

            assertThat(sql.text("SELECT concat_ws(' ', email, password_hash, role) FROM users")).isEqualTo("boss@example.com h ADMIN");
            assertThat(sql.text("SELECT details ->> 'outcome' FROM audit_events")).isEqualTo("promoted");
        }

        @ParameterizedTest
        @ValueSource(strings = {"is_active = false, verified_at = NULL", "is_active = false, deactivated_at = created_at"})
        void is_nobody_who_has_not_proved_the_address_or_was_deactivated(String state) {
            user("boss@example.com", "USER", NOW);
            sql.execute("UPDATE users SET " + state);

            assertThat(make("boss@example.com")).isNull();

            assertThat(sql.text("SELECT role || is_active FROM users")).isEqualTo("USERfalse");
            assertThat(admins()).isEqualTo(0L);
        }

        @Test
        void is_no_account_whose_role_another_administrator_has_decided_on() {
            user("other@example.com", "ADMIN", NOW);
            UUID boss = user("boss@example.com", "USER", NOW);

            assertThat(make("boss@example.com")).isNull();
            assertThat(text(boss, "role")).isEqualTo("USER");
        }

        @Test
        void may_be_one_more() {
            user("other@example.com", "ADMIN", NOW);

            assertThat(make("boss@example.com")).isEqualTo("created");
            assertThat(admins()).isEqualTo(2L);
        }

        @ParameterizedTest
        @ValueSource(strings = {"email = 'moved@example.com'", "deleted_at = updated_at"})
        void does_not_come_back_after_moving_or_leaving_while_somebody_administers(String change) {
            make("boss@example.com");
            sql.execute("UPDATE users SET " + change);
            UUID other = user("other@example.com", "ADMIN", NOW);

            assertThat(make("Boss@example.com")).isNull();
            assertThat(sql.text("SELECT count(*) FROM users WHERE lower(email) = 'boss@example.com' AND deleted_at IS NULL"))
                    .isEqualTo("0");

            sql.execute("UPDATE users SET role = 'USER'");
            assertThat(make("boss@example.com")).as("nobody administers").isEqualTo("created");
            assertThat(text(other, "role")).isEqualTo("USER");
        }

        private String make(String email) {
            return make(email, "hash");
        }

        private String make(String email, String hash) {
            return (String) sql.one("user/insert-admin.sql", Map.of("email", email, "password_hash", hash, "now", NOW));
        }

        private Object admins() {
            return sql.one("user/count-admins.sql", Map.of());
        }
    }

    private static UUID user(String email, String role, OffsetDateTime at) {
        UUID id = UUID.randomUUID();
        sql.execute("INSERT INTO users (id, email, password_hash, role, is_active, verified_at, created_at, updated_at)"
                + " VALUES (?, ?, 'h', ?, true, ?, ?, ?)", id, email, role, NOW, at, at);
        return id;
    }

    private static void session(UUID user, OffsetDateTime ended) {
        sql.execute("INSERT INTO sessions (user_id, remember, created_at, last_used_at, expires_at, ended_at, end_reason)"
                + " VALUES (?, false, ?, ?, ?, CAST(? AS timestamptz), ?)",
                user, NOW, NOW, NOW.plusDays(1), ended == null ? null : ended.toString(), ended == null ? null : "logout");
    }

    private static Map<String, Object> act(String verb, UUID on, UUID by) {
        return act(verb, on, by, LATER);
    }

    private static Map<String, Object> role(String role, UUID on, UUID by) {
        return sql.row("user/change-role.sql", acting(on, by, LATER, role));
    }

    private static Map<String, Object> act(String verb, UUID on, UUID by, OffsetDateTime now) {
        return sql.row("user/" + verb + ".sql", acting(on, by, now, "USER"));
    }

    private static Map<String, Object> acting(UUID on, UUID by, OffsetDateTime now, String role) {
        return Map.of("id", on.toString(), "caller_id", by, "actor", by.toString(), "remote_address", "192.0.2.1", "now", now,
                "role", role);
    }

    private static JsonNode data(Map<String, Object> done) {
        return json((String) done.get("answer"));
    }

    private static JsonNode json(String answer) {
        try {
            return new ObjectMapper().readTree(answer).path("data");
        } catch (JsonProcessingException e) {
            throw new AssertionError(answer, e);
        }
    }

    private static String text(UUID user, String what) {
        return sql.text("SELECT " + what + " FROM users WHERE id = ?", user);
    }

    private static String audit() {
        return sql.text("SELECT string_agg(concat_ws(' ', action, actor, subject, address, details), ',' ORDER BY id) FROM audit_events");
    }
}
