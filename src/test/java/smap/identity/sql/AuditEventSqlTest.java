package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuditEventSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");

    @Test
    void an_event_is_noted_with_who_did_what_to_whom_and_from_where() {
        Map<String, Object> event = event(Map.of("remote_address", "192.0.2.7", "details", "{\"reason\":\"password\"}"));

        assertThat(sql.change("audit-event/insert.sql", event)).isEqualTo(1);

        assertThat(noted()).isEqualTo("2026-11-23T09:00:00.000Z anonymous login-failure ann 192.0.2.7 {\"reason\": \"password\"}");
    }

    @Test
    void an_event_may_come_from_nowhere_and_have_no_details() {
        sql.change("audit-event/insert.sql", event(Map.of()));

        assertThat(noted()).isEqualTo("2026-11-23T09:00:00.000Z anonymous login-failure ann - -");
    }

    @Test
    void events_are_listed_newest_first_in_pages() throws JsonProcessingException {
        for (int i = 0; i < 5; i++) {
            note(NOW.plusSeconds(i % 3), "ann", "act-" + i, "s", "{\"i\":" + i + "}");
        }

        JsonNode page = list(Map.of("page", 2, "limit", 2));

        assertThat(page.path("audit_events").findValuesAsText("action")).as("2; 4, 1; 3, 0").containsExactly("act-1", "act-3");
        assertThat(page.path("paginator").toString()).isEqualTo("{\"total\":5,\"count\":2,\"per_page\":2,\"current_page\":2}");
        JsonNode event = page.path("audit_events").path(0);
        assertThat(event.properties()).extracting(Map.Entry::getKey)
                .containsExactly("id", "actor", "action", "subject", "address", "details", "created_at");
        assertThat(event.path("id").isIntegralNumber()).isTrue();
        assertThat(event.path("actor").asText()).isEqualTo("ann");
        assertThat(event.path("subject").asText()).isEqualTo("s");
        assertThat(event.path("address").isNull()).isTrue();
        assertThat(event.path("details").toString()).isEqualTo("{\"i\":1}");
        assertThat(event.path("created_at").asText()).isEqualTo("2026-11-23T09:00:01.000Z");
    }

    @Test
    void a_filter_lets_through_what_fits_all_of_it() throws JsonProcessingException {
        note(NOW, "ann", "one", "x", null);
        note(NOW.plusSeconds(1), "ann", "two", "y", null);
        note(NOW.plusSeconds(2), "bob", "two", "x", null);
        note(NOW.plusSeconds(3), "eve", "six", "z", null);

        assertThat(actors(Map.of("actors", new String[] {"ann", "eve"}))).containsExactly("eve", "ann", "ann");
        assertThat(actors(Map.of("actions", new String[] {"two"}))).containsExactly("bob", "ann");
        assertThat(actors(Map.of("subjects", new String[] {"x"}))).containsExactly("bob", "ann");
        assertThat(actors(Map.of("created_from", NOW.plusSeconds(2)))).containsExactly("eve", "bob");
        assertThat(actors(Map.of("created_to", NOW.plusSeconds(2)))).containsExactly("ann", "ann");
        assertThat(actors(Map.of("actions", new String[] {"two"}, "subjects", new String[] {"x"}))).containsExactly("bob");
        assertThat(actors(Map.of("actors", new String[] {"nobody"}))).isEmpty();
    }

    @Test
    void what_was_kept_long_enough_is_deleted_oldest_first_and_so_many_at_a_time() {
        note(NOW.minusDays(1), "ann", "old", "x", null);
        note(NOW.minusDays(2), "ann", "older", "x", null);
        note(NOW.minusDays(3), "ann", "oldest", "x", null);
        note(NOW.minusDays(1).plusNanos(1_000), "ann", "young", "x", null);

        assertThat(purge(2)).isEqualTo(2);
        assertThat(left()).isEqualTo("old,young");
        assertThat(purge(2)).isEqualTo(1);
        assertThat(purge(2)).isZero();
        assertThat(left()).isEqualTo("young");
    }

    @Test
    void what_another_process_is_deleting_is_passed_over() {
        note(NOW.minusDays(3), "ann", "theirs", "x", null);
        note(NOW.minusDays(2), "ann", "ours", "x", null);

        sql.whileHeld("SELECT id FROM audit_events WHERE action = ? FOR UPDATE", "theirs", () -> assertThat(purge(9)).isEqualTo(1));

        assertThat(left()).isEqualTo("theirs");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UPDATE audit_events SET actor = 'bob'", "DELETE FROM audit_events", "TRUNCATE audit_events"})
    void nothing_that_was_noted_is_changed_or_deleted_by_anything_else(String change) {
        note(NOW.minusDays(9), "ann", "done", "x", null);
        purge(0);

        assertThatThrownBy(() -> sql.execute(change)).hasMessageContaining("audit_events is only added to: " + change.split(" ")[0]);

        assertThat(left()).isEqualTo("done");
    }

    @Test
    void not_even_the_purge_may_change_an_event() {
        note(NOW, "ann", "done", "x", null);

        assertThatThrownBy(() -> sql.execute("WITH on_the_way AS MATERIALIZED (SELECT set_config('smap.audit_purge', 'on', true))"
                + " UPDATE audit_events SET actor = 'bob' FROM on_the_way")).hasMessageContaining("UPDATE refused");
    }

    private static void note(OffsetDateTime at, String actor, String action, String subject, String details) {
        sql.execute("INSERT INTO audit_events (at, actor, action, subject, details) VALUES (?, ?, ?, ?, CAST(? AS jsonb))",
                at, actor, action, subject, details);
    }

    private static List<String> actors(Map<String, Object> filter) throws JsonProcessingException {
        Map<String, Object> variables = new HashMap<>(Map.of("page", 1, "limit", 15));
        variables.putAll(filter);
        return list(variables).path("audit_events").findValuesAsText("actor");
    }

    private static JsonNode list(Map<String, Object> variables) throws JsonProcessingException {
        return new ObjectMapper().readTree((String) sql.one("audit-event/list.sql", variables)).path("data");
    }

    private static long purge(int batch) {
        return (long) sql.one("audit-event/purge.sql", Map.of("now", NOW, "audit_retention", "1d", "batch", Integer.toString(batch)));
    }

    private static String left() {
        return sql.text("SELECT string_agg(action, ',' ORDER BY at) FROM audit_events");
    }

    private static Map<String, Object> event(Map<String, Object> more) {
        Map<String, Object> event = new HashMap<>(
                Map.of("now", NOW, "actor", "anonymous", "action", "login-failure", "subject", "ann"));
        event.putAll(more);
        return event;
    }

    private static String noted() {
        return sql.text("SELECT concat_ws(' ', rfc3339(at), actor, action, subject, coalesce(address, '-'), coalesce(details::text, '-'))"
                + " FROM audit_events");
    }
}
