package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.DuplicateKeyException;

/** The statements of plans. */
class PlanSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final OffsetDateTime LATER = NOW.plusHours(1);
    private static final String ACTOR = "7a4c1d2e-0000-4000-8000-000000000001";

    private UUID free;
    private UUID team;

    @BeforeEach
    void plans() {
        free = plan("free", "Free", NOW);
        team = plan("Team", "Team plan", NOW.plusSeconds(1));
    }

    @Nested
    class Creation {

        @Test
        void a_plan_is_created_as_it_was_asked_for_and_noted() {
            JsonNode made = data(create(Map.of("code", "pro.1", "name", "Pro \"1\"", "description", "Für\nalle", "trial_days", 7,
                    "interval", "month")));

            UUID id = UUID.fromString(made.path("id").asText());
            assertThat(made.toString()).isEqualTo("{\"id\":\"" + id + "\",\"name\":\"Pro \\\"1\\\"\",\"code\":\"pro.1\","
                    + "\"description\":\"Für\\nalle\",\"max_usage\":5,\"trial_days\":7,\"interval\":\"month\","
                    + "\"created_at\":\"2026-11-23T10:00:00.000Z\",\"updated_at\":\"2026-11-23T10:00:00.000Z\"}");
            assertThat(show(id)).containsEntry("etag", "\"1\"");
            assertThat(data(show(id).get("answer"))).isEqualTo(made);
            assertThat(audit()).isEqualTo("plan-create " + ACTOR + ' ' + id + " 192.0.2.1 {\"code\": \"pro.1\","
                    + " \"name\": \"Pro \\\"1\\\"\", \"interval\": \"month\", \"max_usage\": 5,"
                    + " \"trial_days\": 7, \"description\": \"Für\\nalle\"}");
        }

        @Test
        void what_is_not_said_is_none() {
            JsonNode made = data(create(Map.of()));

            assertThat(made.path("description").isNull()).isTrue();
            assertThat(made.path("interval").isNull()).isTrue();
            assertThat(made.path("trial_days").asInt()).isZero();
        }

        @ParameterizedTest
        @CsvSource({"FREE, Another, PLAN_CODE_EXISTS", "other, fREE, PLAN_EXISTS", "team, free, PLAN_CODE_EXISTS"})
        void a_code_or_a_name_of_a_living_plan_is_taken_whatever_its_case(String code, String name, String problem) {
            Map<String, Object> wanted = Map.of("code", code, "name", name);

            assertThat(create(wanted)).isNull();

            assertThat(taken(wanted)).isEqualTo(problem);
            assertThat(sql.text("SELECT count(*) FROM plans")).isEqualTo("2");
            assertThat(audit()).isNull();
        }

        @Test
        void those_of_a_deleted_plan_are_free() {
            delete(free, null);

            assertThat(taken(Map.of("code", "free", "name", "Free"))).as("nobody has them by now").isEqualTo("CONFLICT");
            assertThat(data(create(Map.of("code", "free", "name", "Free"))).path("id").asText()).isNotEqualTo(free.toString());
        }

        @Test
        void of_many_at_once_with_one_code_one_creates_it() {
            AtomicInteger turn = new AtomicInteger();

            List<String> made = StatementRunner.inParallel(40, () -> {
                Map<String, Object> wanted = Map.of("code", "pro", "name", "Pro " + turn.getAndIncrement());
                return create(wanted) == null ? taken(wanted) : "created";
            });

            assertThat(made).filteredOn("created"::equals).hasSize(1);
            assertThat(made).filteredOn("PLAN_CODE_EXISTS"::equals).hasSize(39);
            assertThat(sql.text("SELECT count(*) FROM audit_events")).isEqualTo("1");
        }

        @Test
        void the_answer_is_kept_with_the_plan() {
            UUID lease = UUID.randomUUID();
            sql.execute("INSERT INTO idempotency_keys (operation, actor, key, request_hash, lease, leased_until, created_at, expires_at)"
                    + " VALUES ('plan-create', 'a', 'k', 'h', ?, ?, ?, ?)", lease, LATER, NOW, LATER);

            String answer = create(Map.of("idempotency_lease", lease.toString()));

            assertThat(sql.text("SELECT status || answer FROM idempotency_keys")).isEqualTo("201" + answer);
        }
    }

    @Nested
    class Changes {

        @Test
        void all_of_a_plan_but_its_code_changes_and_is_noted_with_what_was() {
            Map<String, Object> changed = update(team, Map.of("name", "Big team", "description", "d", "max_usage", 9, "trial_days", 3,
                    "interval", "year", "If-Match", "\"7\", \"1\"", "code", "Team"));

            assertThat(changed).containsEntry("problem", null).containsEntry("etag", "\"2\"");
            assertThat(data(changed.get("answer")).toString()).isEqualTo("{\"id\":\"" + team + "\",\"name\":\"Big team\",\"code\":\"Team\","
                    + "\"description\":\"d\",\"max_usage\":9,\"trial_days\":3,\"interval\":\"year\","
                    + "\"created_at\":\"2026-11-23T09:00:01.000Z\",\"updated_at\":\"2026-11-23T10:00:00.000Z\"}");
            assertThat(show(team)).containsEntry("etag", "\"2\"").containsEntry("answer", changed.get("answer"));
            assertThat(audit()).isEqualTo("plan-update " + ACTOR + ' ' + team + " 192.0.2.1 {\"was\": {\"name\": \"Team plan\","
                    + " \"interval\": \"month\", \"max_usage\": 5, \"trial_days\": 0, \"description\": null}, \"code\": \"Team\","
                    + " \"name\": \"Big team\", \"interval\": \"year\", \"max_usage\": 9, \"trial_days\": 3, \"description\": \"d\"}");
        }

        @Test
        void what_is_left_out_is_none_from_now_on() {
            sql.execute("UPDATE plans SET description = 'd', trial_days = 3 WHERE id = ?", team);

            JsonNode changed = data(update(team, Map.of("name", "Team plan")).get("answer"));

            assertThat(changed.path("description").isNull()).isTrue();
            assertThat(changed.path("interval").isNull()).isTrue();
            assertThat(changed.path("trial_days").asInt()).isZero();
        }

        @Test
        void what_is_so_already_is_no_change() {
            Map<String, Object> same = update(team, Map.of("name", "Team plan", "interval", "month"));

            assertThat(same).containsEntry("etag", "\"1\"");
            assertThat(data(same.get("answer")).path("updated_at").asText()).isEqualTo("2026-11-23T09:00:01.000Z");
            assertThat(audit()).isNull();
        }

        @ParameterizedTest
        @CsvSource({"name, team PLAN", "interval, year", "description, x"})
        void each_thing_that_differs_is_a_change(String what, String value) {
            Map<String, Object> wanted = new HashMap<>(Map.of("name", "Team plan", "interval", "month"));
            wanted.put(what, value);

            assertThat(update(team, wanted)).containsEntry("etag", "\"2\"");
        }

        @ParameterizedTest
        @ValueSource(strings = {"team", "TEAM", "other"})
        void another_code_is_refused(String code) {
            String before = row(team);

            Map<String, Object> refused = update(team, Map.of("name", "x", "code", code));

            assertThat(refused.get("problem")).isEqualTo("PLAN_NOT_VALID code cannot be changed");
            assertThat(refused).containsEntry("answer", null).containsEntry("etag", null);
            assertThat(row(team)).isEqualTo(before);
            assertThat(audit()).isNull();
        }

        @Test
        void the_name_of_another_living_plan_is_refused_by_the_table() {
            assertThatThrownBy(() -> update(team, Map.of("name", "FREE"))).hasCauseInstanceOf(DuplicateKeyException.class);
            assertThat(audit()).isNull();

            delete(free, null);
            assertThat(update(team, Map.of("name", "FREE"))).containsEntry("problem", null);
        }

        @ParameterizedTest
        @ValueSource(strings = {"update", "delete"})
        void there_has_to_be_such_a_plan_and_it_has_to_be_that_version(String verb) {
            String before = row(team);

            assertThat(act(verb, UUID.randomUUID(), "\"9\"")).containsEntry("problem", "PLAN_NOT_FOUND").containsEntry("answer", null);
            for (String other : List.of("\"2\"", "W/\"1\"", "1", "", "\"11\"")) {
                assertThat(act(verb, team, other)).as(other).containsEntry("problem", "PRECONDITION_FAILED").containsEntry("answer", null);
            }
            assertThat(row(team)).isEqualTo(before);
            assertThat(audit()).isNull();

            delete(free, null);
            assertThat(act(verb, free, null)).containsEntry("problem", "PLAN_NOT_FOUND");
            assertThat(act(verb, team, "*")).containsEntry("problem", null);
        }

        @ParameterizedTest
        @ValueSource(strings = {"update", "delete"})
        void a_version_that_passes_while_it_waits_is_no_match_any_more(String verb) {
            Map<String, Object> late = sql.whileWaitingFor("UPDATE plans SET max_usage = 77 WHERE id = ?", team,
                    () -> act(verb, team, "\"1\""));

            assertThat(late).containsEntry("problem", "PRECONDITION_FAILED");
            assertThat(sql.text("SELECT max_usage FROM plans WHERE id = ?", team)).isEqualTo("77");
        }

        @ParameterizedTest
        @ValueSource(strings = {"update", "delete"})
        void a_plan_that_is_deleted_meanwhile_is_not_found(String verb) {
            Map<String, Object> late = sql.whileWaitingFor("UPDATE plans SET deleted_at = updated_at WHERE id = ?", team,
                    () -> act(verb, team, null));

            assertThat(late).containsEntry("problem", "PLAN_NOT_FOUND").containsEntry("answer", null);
        }
    }

    @Nested
    class Deletion {

        @Test
        void a_plan_that_nobody_has_is_gone_and_it_is_noted() {
            Map<String, Object> gone = delete(team, "\"1\"");

            assertThat(gone).containsEntry("problem", null)
                    .containsEntry("answer", "{\"error_code\" : 0, \"message\" : \"Success\", \"data\" : null}");
            assertThat(show(team)).isNull();
            assertThat(codes(list(Map.of()))).containsExactly("free");
            assertThat(sql.text("SELECT rfc3339(deleted_at) || rfc3339(updated_at) FROM plans WHERE id = ?", team))
                    .isEqualTo("2026-11-23T10:00:00.000Z2026-11-23T10:00:00.000Z");
            assertThat(audit()).isEqualTo("plan-delete " + ACTOR + ' ' + team + " 192.0.2.1 {\"code\": \"Team\", \"name\": \"Team plan\"}");
        }

        @ParameterizedTest
        @ValueSource(strings = {"trialing", "active", "past_due"})
        void one_that_a_live_subscription_has_or_is_to_have_next_stays(String status) {
            subscription(team, free, "trialing");
            sql.execute("UPDATE subscriptions SET status = ?", status);

            for (UUID used : List.of(team, free)) {
                assertThatThrownBy(() -> delete(used, null)).hasCauseInstanceOf(DataIntegrityViolationException.class);
            }
            assertThat(codes(list(Map.of()))).containsExactly("free", "Team");
            assertThat(audit()).isNull();
        }

        @ParameterizedTest
        @ValueSource(strings = {"status = 'cancelled'", "status = 'expired'", "deleted_at = updated_at"})
        void one_that_only_ended_subscriptions_have_goes(String end) {
            subscription(team, free, "trialing");
            sql.execute("UPDATE subscriptions SET " + end);

            assertThat(delete(team, null)).containsEntry("problem", null);
            assertThat(delete(free, null)).containsEntry("problem", null);
        }

        @Test
        void a_subscription_that_begins_in_this_moment_keeps_its_plan() {
            UUID user = user();

            assertThatThrownBy(() -> sql.whileWaitingFor("INSERT INTO subscriptions (user_id, plan_id, status, starts_at, anchored_at,"
                    + " created_at, updated_at) SELECT id, '" + team + "', 'active', created_at, created_at, created_at, created_at"
                    + " FROM users WHERE id = ?", user, () -> delete(team, null)))
                    .rootCause().hasMessageContaining("subscriptions_plan_alive_fkey");

            assertThat(show(team)).isNotNull();
        }
    }

    @Nested
    class Lists {

        @Test
        void living_plans_are_listed_oldest_first_and_with_an_end() {
            UUID pro = plan("pro", "Pro", NOW.minusSeconds(1));
            delete(free, null);

            assertThat(codes(list(Map.of()))).containsExactly("pro", "Team");
            assertThat(list(Map.of()).path("plans").get(0)).isEqualTo(data(show(pro).get("answer")));
            assertThat(list(Map.of()).properties()).hasSize(1);
            assertThat(codes(list(Map.of("most", "1")))).containsExactly("pro");
        }

        @Test
        void plans_of_one_moment_have_an_order_too() {
            for (int i = 0; i < 20; i++) {
                plan("p" + i, "P" + i, NOW);
            }
            List<String> ids = list(Map.of()).path("plans").findValuesAsText("id");

            assertThat(ids.subList(0, 21)).isSorted();
            List<String> paged = new ArrayList<>();
            for (int i = 1; i <= 8; i++) {
                paged.addAll(page(Map.of("page", i, "limit", 3)).path("plans").findValuesAsText("id"));
            }
            assertThat(paged).isEqualTo(ids);
        }

        @Test
        void a_filter_lets_pass_what_fits_all_of_it() {
            String[] both = {free.toString(), team.toString().toUpperCase(), UUID.randomUUID().toString()};

            assertThat(codes(list(Map.of("ids", both)))).containsExactly("free", "Team");
            assertThat(codes(list(Map.of("codes", new String[] {"TEAM", "x{\"',y"})))).containsExactly("Team");
            assertThat(codes(list(Map.of("ids", both, "codes", new String[] {"FREE"})))).containsExactly("free");
            assertThat(list(Map.of("codes", new String[] {"none"})).toString()).isEqualTo("{\"plans\":[]}");
            assertThat(page(Map.of("page", 1, "limit", 5, "codes", new String[] {"team"})).path("paginator").toString())
                    .isEqualTo("{\"total\":1,\"count\":1,\"per_page\":5,\"current_page\":1}");
        }

        @Test
        void a_page_beyond_the_last_is_empty() {
            delete(free, null);

            assertThat(page(Map.of("page", 1_000_000, "limit", 100)).toString()).isEqualTo(
                    "{\"plans\":[],\"paginator\":{\"total\":1,\"count\":0,\"per_page\":100,\"current_page\":1000000}}");
        }
    }

    private static UUID plan(String code, String name, OffsetDateTime at) {
        UUID id = UUID.randomUUID();
        sql.execute("INSERT INTO plans (id, code, name, max_usage, interval, created_at, updated_at) VALUES (?, ?, ?, 5, 'month', ?, ?)",
                id, code, name, at, at);
        return id;
    }

    private static UUID user() {
        UUID id = UUID.randomUUID();
        sql.execute("INSERT INTO users (id, email, password_hash, created_at, updated_at) VALUES (?, 'a@example.com', 'h', ?, ?)",
                id, NOW, NOW);
        return id;
    }

    private static void subscription(UUID plan, UUID next, String status) {
        sql.execute("INSERT INTO subscriptions (user_id, plan_id, next_plan_id, status, starts_at, trial_ends_at, anchored_at,"
                + " created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", user(), plan, next, status, NOW, LATER, NOW, NOW, NOW);
    }

    private static String create(Map<String, Object> given) {
        Map<String, Object> variables = new HashMap<>(Map.of("code", "new", "name", "New", "max_usage", 5, "trial_days", 0));
        variables.putAll(given);
        return (String) sql.one("plan/insert.sql", asked(variables));
    }

    private static String taken(Map<String, Object> given) {
        return (String) sql.one("plan/find-taken.sql", given);
    }

    private static Map<String, Object> update(UUID id, Map<String, Object> given) {
        Map<String, Object> variables = new HashMap<>(Map.of("id", id.toString(), "max_usage", 5, "trial_days", 0));
        variables.putAll(given);
        return sql.row("plan/update.sql", asked(variables));
    }

    private static Map<String, Object> delete(UUID id, String condition) {
        Map<String, Object> variables = asked(Map.of("id", id.toString()));
        variables.put("If-Match", condition);
        return sql.row("plan/delete.sql", variables);
    }

    private static Map<String, Object> act(String verb, UUID id, String condition) {
        if (verb.equals("delete")) {
            return delete(id, condition);
        }
        Map<String, Object> wanted = new HashMap<>(Map.of("name", "Another"));
        wanted.put("If-Match", condition);
        return update(id, wanted);
    }

    private static Map<String, Object> asked(Map<String, Object> given) {
        Map<String, Object> variables = new HashMap<>(Map.of("actor", ACTOR, "remote_address", "192.0.2.1", "now", LATER));
        List.of("description", "interval", "code", "If-Match", "idempotency_lease").forEach(name -> variables.put(name, null));
        variables.putAll(given);
        return variables;
    }

    private static Map<String, Object> show(UUID id) {
        return sql.row("plan/show.sql", Map.of("id", id.toString()));
    }

    private static JsonNode list(Map<String, Object> filter) {
        return data(sql.one("plan/list.sql", filtered(filter)));
    }

    private static JsonNode page(Map<String, Object> filter) {
        return data(sql.one("plan/list-page.sql", filtered(filter)));
    }

    private static Map<String, Object> filtered(Map<String, Object> filter) {
        Map<String, Object> variables = new HashMap<>(Map.of("most", "1000"));
        List.of("ids", "codes").forEach(name -> variables.put(name, null));
        variables.putAll(filter);
        return variables;
    }

    private static List<String> codes(JsonNode data) {
        return data.path("plans").findValuesAsText("code");
    }

    private static JsonNode data(Object answer) {
        try {
            return new ObjectMapper().readTree((String) answer).path("data");
        } catch (JsonProcessingException e) {
            throw new AssertionError(answer.toString(), e);
        }
    }

    private static String row(UUID id) {
        return sql.text("SELECT plans::text FROM plans WHERE id = ?", id);
    }

    private static String audit() {
        return sql.text("SELECT string_agg(concat_ws(' ', action, actor, subject, address, details), ',' ORDER BY id) FROM audit_events"
                + " WHERE action <> 'plan-delete' OR subject IN (SELECT id::text FROM plans WHERE code = 'Team')");
    }
}
