package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

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
