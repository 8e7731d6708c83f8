package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static smap.identity.sql.SubscriptionRows.NOW;
import static smap.identity.sql.SubscriptionRows.refusing;

import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which status may follow which, and that no change is without a trace: kept by the tables themselves, whoever writes. */
class SubscriptionTransitionSqlTest extends SqlTestSupport {

    private static final List<String> STATUSES = List.of("trialing", "active", "past_due", "cancelled", "expired");
    /** As the product's rules have it, written down here once more. */
    private static final Set<String> LEGAL = Set.of(
            "trialing trialing", "trialing active", "trialing past_due", "trialing cancelled", "trialing expired",
            "active active", "active past_due", "active cancelled", "active expired",
            "past_due past_due", "past_due active", "past_due cancelled", "past_due expired");

    private SubscriptionRows rows;
    private UUID ann;
    private UUID plan;

    /** One step from a status to another. */
    private record Step(String from, String to) {

        boolean isLegal() {
            return LEGAL.contains(from + ' ' + to);
        }
    }

    @BeforeEach
    void a_plan_and_somebody_to_subscribe() {
        rows = new SubscriptionRows(sql);
        ann = rows.user();
        plan = rows.plan("pro", "month");
    }

    static Stream<Step> steps() {
        return STATUSES.stream().flatMap(from -> STATUSES.stream().map(to -> new Step(from, to)));
    }

    @ParameterizedTest
    @MethodSource("steps")
    void a_legal_step_is_taken_and_any_other_is_refused_by_the_table(Step step) {
        UUID id = subscription(step.from());
        String before = rows.everything(id);

        String refusal = refusing(() -> sql.execute("UPDATE subscriptions SET status = ? WHERE id = ?", step.to(), id));

        if (step.isLegal()) {
            assertThat(refusal).isNull();
            assertThat(rows.of(id, "status")).isEqualTo(step.to());
        } else {
            assertThat(refusal).isEqualTo("subscription_transitions");
            assertThat(rows.everything(id)).isEqualTo(before);
        }
    }

    @Test
    void thirteen_steps_of_twenty_five_are_legal() {
        assertThat(steps().filter(Step::isLegal)).hasSize(13);
        assertThat(sql.text("SELECT string_agg(from_status || ' ' || to_status, ',') FROM subscription_transitions"
                + " WHERE from_status <> 'new'").split(",")).containsExactlyInAnyOrderElementsOf(LEGAL);
    }

    @ParameterizedTest
    @CsvSource({"trialing, true", "active, true", "past_due, false", "cancelled, false", "expired, false"})
    void it_begins_as_a_trial_or_active(String status, boolean legal) {
        String refusal = refusing(() -> rows.subscription(ann, plan, status, NOW, NOW.plusDays(14)));

        assertThat(refusal).isEqualTo(legal ? null : "subscription_transitions");
        assertThat(sql.text("SELECT count(*) FROM subscriptions")).isEqualTo(legal ? "1" : "0");
    }

    @Test
    void a_status_nobody_has_heard_of_is_refused() {
        UUID id = subscription("active");

        assertThat(refusing(() -> sql.execute("UPDATE subscriptions SET status = 'paused' WHERE id = ?", id)))
                .isEqualTo("subscription_transitions");
        sql.execute("INSERT INTO subscription_transitions (from_status, to_status) VALUES ('active', 'paused')");
        try {
            assertThat(refusing(() -> sql.execute("UPDATE subscriptions SET status = 'paused' WHERE id = ?", id)))
                    .isEqualTo("subscriptions_status_check");
        } finally {
            sql.execute("DELETE FROM subscription_transitions WHERE to_status = 'paused'");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cancelled", "expired"})
    void one_that_has_ended_stays_as_it_is_and_may_be_deleted(String status) {
        UUID id = subscription(status);

        for (String change : List.of("ends_at = starts_at + interval '1 year'", "plan_id = plan_id", "deleted_at = NULL")) {
            assertThat(refusing(() -> sql.execute("UPDATE subscriptions SET " + change + " WHERE id = ?", id)))
                    .isEqualTo("subscription_transitions");
        }
        sql.execute("UPDATE subscriptions SET deleted_at = ? WHERE id = ?", NOW, id);

        assertThat(rows.of(id, "concat_ws(' ', status, live, rfc3339(deleted_at))")).isEqualTo(status + " 2026-11-23T09:00:00.000Z");
        assertThat(refusing(() -> sql.execute("UPDATE subscriptions SET deleted_at = NULL WHERE id = ?", id)))
                .isEqualTo("subscription_transitions");
        assertThat(refusing(() -> sql.execute("UPDATE subscriptions SET status = 'active' WHERE id = ?", id)))
                .isEqualTo("subscription_transitions");
    }

    @Test
    void a_change_by_hand_leaves_a_trace_and_counts_as_a_version() {
        UUID id = subscription("trialing");
        sql.execute("UPDATE subscriptions SET status = 'active', updated_at = ? WHERE id = ?", NOW.plusDays(1), id);
        sql.execute("UPDATE subscriptions SET version = 77 WHERE id = ?", id);

        assertThat(sql.text("SELECT string_agg(concat_ws(' ', version, rfc3339(at), actor = 'database:' || session_user, change,"
                + " from_state ->> 'status', to_state ->> 'status', reason), ', ' ORDER BY version) FROM subscription_history"))
                .isEqualTo("1 2026-11-23T09:00:00.000Z t insert trialing, 2 2026-11-24T09:00:00.000Z t update trialing active,"
                        + " 3 2026-11-24T09:00:00.000Z t update active active");
        assertThat(rows.of(id, "version")).isEqualTo("3");
    }

    @Test
    void a_statement_that_notes_what_it_does_is_not_noted_twice() {
        UUID id = subscription("active");

        sql.execute("""
                WITH changed AS (
                    UPDATE subscriptions s SET status = 'past_due' WHERE id = ?
                    RETURNING s.id, s.version, subscription_state(s) AS state
                )
                INSERT INTO subscription_history (subscription_id, version, at, actor, change, to_state)
                SELECT id, version, ?, 'system', 'test', state FROM changed""", id, NOW);

        assertThat(rows.history(id, "version, actor, change, to_state ->> 'status'")).isEqualTo("2 system test past_due");
    }

    @Test
    void what_is_noted_cannot_be_changed_or_removed() {
        UUID id = subscription("active");
        String before = rows.everything(id);

        for (String change : List.of("UPDATE subscription_history SET actor = 'nobody'", "DELETE FROM subscription_history",
                "TRUNCATE subscription_history", "TRUNCATE subscriptions CASCADE")) {
            assertThat(refusing(() -> sql.execute(change))).as(change).isEqualTo("42501");
        }
        assertThat(refusing(() -> sql.execute("DELETE FROM subscriptions"))).isEqualTo("subscription_history_subscription_id_fkey");
        assertThat(refusing(() -> sql.execute("UPDATE subscriptions SET id = gen_random_uuid()")))
                .isEqualTo("subscription_history_subscription_id_fkey");
        assertThat(rows.everything(id)).isEqualTo(before);
    }

    /** One in a status, which only steps that are legal lead to. */
    private UUID subscription(String status) {
        boolean first = status.equals("trialing") || status.equals("active");
        UUID id = rows.subscription(ann, plan, first ? status : "active", NOW.minusDays(1), NOW.plusDays(14));
        if (!first) {
            sql.execute("UPDATE subscriptions SET status = ? WHERE id = ?", status, id);
        }
        return id;
    }
}
