package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static smap.identity.sql.SubscriptionRows.NOW;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.account.Caller;

/** What a subscriber does to a subscription. Each refusal leaves the row, its version, its history and the notices as they were. */
class SubscriptionChangeSqlTest extends SqlTestSupport {

    private static final OffsetDateTime START = NOW.minusDays(10);
    private static final OffsetDateTime END = NOW.plusDays(20);

    private SubscriptionRows rows;
    private UUID ann;
    private UUID pro;
    private UUID team;
    private UUID yearly;
    private UUID free;

    @BeforeEach
    void plans_and_somebody_to_subscribe() {
        rows = new SubscriptionRows(sql);
        ann = rows.user();
        pro = rows.plan("pro", "month");
        team = rows.plan("team", "month");
        yearly = rows.plan("yearly", "year");
        free = rows.plan("free", null);
    }

    @Nested
    class Cancel {

        @ParameterizedTest
        @ValueSource(strings = {"trialing", "active", "past_due"})
        void now_means_that_it_has_ended_and_the_subscriber_is_to_be_told(String status) {
            UUID id = subscription(status, END);
            sql.execute("UPDATE subscriptions SET next_plan_id = ? WHERE id = ?", team, id);

            Map<String, Object> done = cancel(id, false, "too dear");

            assertThat(done).containsEntry("problem", null).containsEntry("etag", etag(id));
            assertThat(data(done).path("id").asText()).isEqualTo(id.toString());
            assertThat(data(done).path("status").asText()).isEqualTo("cancelled");
            assertThat(data(done).path("ended_at").asText()).isEqualTo("2026-11-23T09:00:00.000Z");
            assertThat(rows.of(id, "concat_ws(' ', status, rfc3339(cancelled_at), rfc3339(ended_at), rfc3339(ends_at),"
                    + " cancel_at_period_end, next_plan_id, grace_ends_at, live, due_at, rfc3339(updated_at))"))
                    .isEqualTo("cancelled 2026-11-23T09:00:00.000Z 2026-11-23T09:00:00.000Z 2026-12-13T09:00:00.000Z f"
                            + " 2026-11-23T09:00:00.000Z");
            assertThat(lastChange(id)).isEqualTo("2026-11-23T09:00:00.000Z t subscription-cancel too dear " + status + " cancelled");
            assertThat(notices()).isEqualTo(id + " subscription-ended 2026-11-23T09:00:00.000Z 2026-11-23T09:00:00.000Z");
            assertThat(gaps()).isEqualTo("0");
        }

        @ParameterizedTest
        @ValueSource(strings = {"trialing", "active", "past_due"})
        void at_the_end_of_its_period_it_goes_on_until_then_and_nobody_is_told(String status) {
            UUID id = subscription(status, END);
            sql.execute("UPDATE subscriptions SET next_plan_id = ? WHERE id = ?", team, id);

            Map<String, Object> done = cancel(id, true, null);

            assertThat(data(done).path("cancel_at_period_end").asBoolean()).isTrue();
            assertThat(rows.of(id, "concat_ws(' ', status, rfc3339(cancelled_at), rfc3339(ended_at), rfc3339(ends_at),"
                    + " cancel_at_period_end, next_plan_id = '" + team + "', grace_ends_at IS NOT NULL, live)"))
                    .isEqualTo(status + " 2026-11-23T09:00:00.000Z 2026-12-13T09:00:00.000Z t t "
                            + (status.equals("past_due") ? 't' : 'f') + " t");
            assertThat(lastChange(id)).isEqualTo("2026-11-23T09:00:00.000Z t subscription-cancel " + status + ' ' + status);
            assertThat(notices()).isNull();
        }

        @Test
        void once_is_enough() {
            UUID id = subscription("active", END);
            cancel(id, true, null);
            String before = rows.everything(id);

            Map<String, Object> again = sql.row("subscription/cancel.sql", cancelling(id, true, "again", NOW.plusDays(1)));

            assertThat(again).containsEntry("problem", null).containsEntry("etag", etag(id));
            assertThat(data(again).path("cancelled_at").asText()).isEqualTo("2026-11-23T09:00:00.000Z");
            assertThat(rows.everything(id)).isEqualTo(before);
        }

        @Test
        void who_cannot_wait_for_the_end_of_the_period_cancels_now() {
            UUID id = subscription("active", END);
            cancel(id, true, null);

            assertThat(data(cancel(id, false, null)).path("status").asText()).isEqualTo("cancelled");

            assertThat(rows.of(id, "concat_ws(' ', cancel_at_period_end, version)")).isEqualTo("f 3");
        }

        @Test
        void one_that_has_no_end_has_no_period_to_end_with() {
            UUID id = subscription("active", null);

            refused("cancel", cancelling(id, true, null, NOW), id,
                    "CANNOT_CANCEL at_period_end must be false, because the subscription has no end");
            assertThat(data(cancel(id, false, null)).path("ends_at").isNull()).isTrue();
        }

        @ParameterizedTest
        @CsvSource({"cancelled, true", "cancelled, false", "expired, true", "expired, false"})
        void one_that_has_ended_cannot_be(String status, boolean atPeriodEnd) {
            UUID id = subscription(status, END);

            refused("cancel", cancelling(id, atPeriodEnd, null, NOW), id, "CANNOT_CANCEL");
        }

        @Test
        void one_that_has_not_begun_never_had_a_period() {
            UUID id = rows.subscription(ann, pro, "active", NOW.plusDays(5), NOW.plusDays(35));

            cancel(id, false, null);

            assertThat(rows.of(id, "concat_ws(' ', status, ended_at < starts_at)")).isEqualTo("cancelled t");
            rows.subscription(ann, pro, "active", NOW.plusDays(6), null);
        }
    }

    @Nested
    class Resume {

        @Test
        void what_was_to_end_goes_on() {
            UUID id = subscription("past_due", END);
            cancel(id, true, null);

            Map<String, Object> done = resume(id);

            assertThat(done).containsEntry("problem", null).containsEntry("etag", etag(id));
            assertThat(data(done).path("cancel_at_period_end").asBoolean()).isFalse();
            assertThat(data(done).path("cancelled_at").isNull()).isTrue();
            assertThat(rows.of(id, "concat_ws(' ', status, cancel_at_period_end, cancelled_at, grace_ends_at IS NOT NULL)"))
                    .isEqualTo("past_due f t");
            assertThat(lastChange(id)).isEqualTo("2026-11-23T09:00:00.000Z t subscription-resume past_due past_due");
            assertThat(rows.history(id, "to_state ->> 'cancel_at_period_end'")).isEqualTo("false, true, false");
            assertThat(gaps()).isEqualTo("0");
        }

        @Test
        void what_goes_on_anyway_stays_as_it_is() {
            UUID id = subscription("active", END);
            String before = rows.everything(id);

            assertThat(resume(id)).containsEntry("problem", null).containsEntry("etag", "\"1\"");

            assertThat(rows.everything(id)).isEqualTo(before);
        }

        @ParameterizedTest
        @ValueSource(strings = {"cancelled", "expired"})
        void what_has_ended_has_ended(String status) {
            UUID id = subscription("active", END);
            cancel(id, true, null);
            sql.execute("UPDATE subscriptions SET status = ?, ended_at = ? WHERE id = ?", status, NOW, id);

            refused("resume", asking(id), id, "SUBSCRIPTION_STATUS_NOT_VALID");
        }
    }

    @Nested
    class ChangePlan {

        @ParameterizedTest
        @ValueSource(strings = {"active", "past_due"})
        void now_with_the_same_interval_the_period_stays(String status) {
            UUID id = subscription(status, END);
            String before = rows.of(id, "concat_ws(' ', status, anchored_at, ends_at, grace_ends_at, due_at)");

            Map<String, Object> done = change(id, team, false, "more of it");

            assertThat(done).containsEntry("problem", null).containsEntry("etag", etag(id));
            assertThat(data(done).path("plan_id").asText()).isEqualTo(team.toString());
            assertThat(rows.of(id, "concat_ws(' ', status, anchored_at, ends_at, grace_ends_at, due_at)")).isEqualTo(before);
            assertThat(lastChange(id)).isEqualTo("2026-11-23T09:00:00.000Z t subscription-change-plan more of it " + status + ' ' + status);
            assertThat(rows.history(id, "from_state ->> 'plan_id' || ' ' || (to_state ->> 'plan_id')")).endsWith(pro + " " + team);
            assertThat(gaps()).isEqualTo("0");
        }

        @Test
        void now_with_another_interval_a_new_period_begins() {
            UUID id = subscription("active", END);

            assertThat(data(change(id, yearly, false, null)).path("ends_at").asText()).isEqualTo("2027-11-23T09:00:00.000Z");
            assertThat(rows.of(id, "concat_ws(' ', rfc3339(starts_at), rfc3339(anchored_at), next_plan_id)"))
                    .isEqualTo("2026-11-13T09:00:00.000Z 2026-11-23T09:00:00.000Z");
            assertThat(data(change(id, free, false, null)).path("ends_at").isNull()).isTrue();
            assertThat(data(change(id, pro, false, null)).path("ends_at").asText()).isEqualTo("2026-12-23T09:00:00.000Z");
            assertThat(rows.of(id, "version")).isEqualTo("4");
        }

        @Test
        void now_with_no_interval_as_before_the_end_that_was_given_stays() {
            UUID other = rows.plan("other", null);
            UUID id = rows.subscription(ann, free, "active", START, END);

            assertThat(data(change(id, other, false, null)).path("ends_at").asText()).isEqualTo("2026-12-13T09:00:00.000Z");
        }

        @Test
        void a_period_that_has_not_begun_begins_when_the_subscription_does() {
            UUID id = rows.subscription(ann, pro, "active", NOW.plusDays(60), NOW.plusDays(90));

            assertThat(data(change(id, yearly, false, null)).path("ends_at").asText()).isEqualTo("2028-01-22T09:00:00.000Z");
            assertThat(rows.of(id, "anchored_at = starts_at")).isEqualTo("t");
        }

        @Test
        void the_trial_of_one_that_is_paid_for_early_is_no_part_of_a_new_period() {
            UUID id = rows.subscription(ann, yearly, "trialing", START, NOW.plusDays(90));
            sql.execute("UPDATE subscriptions SET status = 'active' WHERE id = ?", id);

            JsonNode changed = data(change(id, pro, false, null));

            assertThat(changed.path("ends_at").asText()).isEqualTo("2026-12-23T09:00:00.000Z");
            assertThat(changed.path("trial_ends_at").isNull()).isTrue();
        }

        @Test
        void a_trial_goes_on_with_the_new_plan() {
            UUID id = subscription("trialing", END);

            JsonNode changed = data(change(id, yearly, false, null));

            assertThat(changed.path("plan_id").asText()).isEqualTo(yearly.toString());
            assertThat(changed.path("status").asText()).isEqualTo("trialing");
            assertThat(List.of(changed.path("trial_ends_at").asText(), changed.path("ends_at").asText()))
                    .containsOnly("2026-12-13T09:00:00.000Z");
        }

        @ParameterizedTest
        @ValueSource(strings = {"trialing", "active", "past_due"})
        void at_the_end_of_its_period_it_keeps_its_plan_until_then(String status) {
            UUID id = subscription(status, END);
            String kept = "concat_ws(' ', status, plan_id, anchored_at, trial_ends_at, ends_at, grace_ends_at)";
            String before = rows.of(id, kept);

            Map<String, Object> done = change(id, yearly, true, null);

            assertThat(data(done).path("plan_id").asText()).isEqualTo(pro.toString());
            assertThat(data(done).path("next_plan_id").asText()).isEqualTo(yearly.toString());
            assertThat(done).containsEntry("etag", etag(id));
            assertThat(rows.of(id, kept)).isEqualTo(before);
            assertThat(lastChange(id)).isEqualTo("2026-11-23T09:00:00.000Z t subscription-change-plan " + status + ' ' + status);
        }

        @Test
        void whoever_thinks_better_of_it_names_another_and_naming_it_twice_is_once() {
            UUID id = subscription("active", END);
            change(id, yearly, true, null);

            assertThat(data(change(id, team, true, null)).path("next_plan_id").asText()).isEqualTo(team.toString());
            String before = rows.everything(id);
            assertThat(change(id, team, true, null)).containsEntry("problem", null).containsEntry("etag", "\"3\"");

            assertThat(rows.everything(id)).isEqualTo(before);
        }

        @Test
        void a_change_now_takes_the_place_of_the_one_that_waits() {
            UUID id = subscription("active", END);
            change(id, yearly, true, null);

            JsonNode changed = data(change(id, team, false, null));

            assertThat(changed.path("plan_id").asText()).isEqualTo(team.toString());
            assertThat(changed.path("next_plan_id").isNull()).isTrue();
        }

        @ParameterizedTest
        @ValueSource(booleans = {true, false})
        void what_cannot_be_done_is_told(boolean atPeriodEnd) {
            UUID gone = rows.plan("gone", null);
            sql.execute("UPDATE plans SET deleted_at = ? WHERE id = ?", NOW, gone);
            UUID id = subscription("active", END);

            refused("change-plan", changing(id, pro, atPeriodEnd, null), id, "SUBSCRIPTION_NOT_VALID plan_id is the plan already");
            refused("change-plan", changing(id, gone, atPeriodEnd, null), id, "PLAN_NOT_FOUND");
            refused("change-plan", changing(id, UUID.randomUUID(), atPeriodEnd, null), id, "PLAN_NOT_FOUND");
        }

        @Test
        void one_that_has_no_end_has_no_period_to_end() {
            UUID id = subscription("active", null);

            refused("change-plan", changing(id, team, true, null), id,
                    "SUBSCRIPTION_NOT_VALID at_period_end must be false, because the subscription has no end");
        }

        @Test
        void one_that_ends_with_its_period_needs_a_period() {
            UUID id = subscription("active", END);
            cancel(id, true, null);

            refused("change-plan", changing(id, free, false, null), id,
                    "SUBSCRIPTION_NOT_VALID plan_id must be a plan with an interval, because the subscription ends with its period");
            assertThat(data(change(id, yearly, false, null)).path("cancel_at_period_end").asBoolean()).isTrue();
        }

        @ParameterizedTest
        @CsvSource({"cancelled, true", "cancelled, false", "expired, true", "expired, false"})
        void one_that_has_ended_keeps_its_plan(String status, boolean atPeriodEnd) {
            UUID id = subscription(status, END);

            refused("change-plan", changing(id, team, atPeriodEnd, null), id, "SUBSCRIPTION_STATUS_NOT_VALID");
        }

        @Test
        void a_plan_that_is_deleted_meanwhile_is_not_found() {
            UUID id = subscription("active", END);
            String before = rows.everything(id);

            for (boolean atPeriodEnd : List.of(true, false)) {
                UUID plan = rows.plan("doomed", "month");
                Map<String, Object> refused = sql.whileWaitingFor("UPDATE plans SET deleted_at = updated_at WHERE id = ?", plan,
                        () -> change(id, plan, atPeriodEnd, null));
                assertThat(refused).containsEntry("problem", "PLAN_NOT_FOUND");
            }

            assertThat(rows.everything(id)).isEqualTo(before);
        }
    }

    @Nested
    class KeepPlan {

        @Test
        void what_was_to_change_stays() {
            UUID id = subscription("active", END);
            change(id, yearly, true, null);

            Map<String, Object> done = keep(id);

            assertThat(done).containsEntry("problem", null).containsEntry("etag", etag(id));
            assertThat(data(done).path("plan_id").asText()).isEqualTo(pro.toString());
            assertThat(data(done).path("next_plan_id").isNull()).isTrue();
            assertThat(lastChange(id)).isEqualTo("2026-11-23T09:00:00.000Z t subscription-keep-plan active active");
            assertThat(rows.history(id, "coalesce(from_state ->> 'next_plan_id', '-'), coalesce(to_state ->> 'next_plan_id', '-')"))
                    .isEqualTo("- " + yearly + ", " + yearly + " -");
            assertThat(gaps()).isEqualTo("0");
        }

        @Test
        void what_stays_anyway_stays_as_it_is() {
            UUID id = subscription("active", END);
            String before = rows.everything(id);

            assertThat(keep(id)).containsEntry("problem", null).containsEntry("etag", "\"1\"");

            assertThat(rows.everything(id)).isEqualTo(before);
        }

        @ParameterizedTest
        @ValueSource(strings = {"cancelled", "expired"})
        void one_that_has_ended_has_no_next_plan(String status) {
            UUID id = subscription(status, END);

            refused("keep-plan", asking(id), id, "SUBSCRIPTION_STATUS_NOT_VALID");
        }
    }

    @Nested
    class Each {

        @ParameterizedTest
        @ValueSource(strings = {"cancel", "resume", "change-plan", "keep-plan"})
        void is_for_the_owner_and_administrators_and_nobody_else_is_told_that_it_is_there(String verb) {
            UUID id = pending();

            refused(verb, as(changing(id, team, false, null), rows.user(), "USER"), id, "SUBSCRIPTION_NOT_FOUND");
            refused(verb, changing(UUID.randomUUID(), team, false, null), id, "SUBSCRIPTION_NOT_FOUND");
            UUID admin = rows.user();
            Map<String, Object> done = sql.row("subscription/" + verb + ".sql", as(changing(id, team, false, null), admin, "ADMIN"));

            assertThat(done).containsEntry("problem", null).containsEntry("etag", etag(id));
            assertThat(rows.of(id, "version")).isEqualTo("4");
            assertThat(sql.text("SELECT actor FROM subscription_history WHERE version = 4")).isEqualTo(admin.toString());
        }

        @ParameterizedTest
        @ValueSource(strings = {"cancel", "resume", "change-plan", "keep-plan"})
        void finds_no_deleted_one(String verb) {
            UUID id = pending();
            sql.execute("UPDATE subscriptions SET deleted_at = ? WHERE id = ?", NOW, id);

            refused(verb, changing(id, team, false, null), id, "SUBSCRIPTION_NOT_FOUND");
            refused(verb, as(changing(id, team, false, null), rows.user(), "ADMIN"), id, "SUBSCRIPTION_NOT_FOUND");
        }

        @ParameterizedTest
        @ValueSource(strings = {"cancel", "resume", "change-plan", "keep-plan"})
        void changes_the_version_that_was_meant_and_no_other(String verb) {
            UUID id = pending();

            for (String condition : List.of("\"2\"", "3", "W/\"3\"", "\"1\", \"2\"", "\"33\"", "")) {
                refused(verb, on(condition, changing(id, team, false, null)), id, "PRECONDITION_FAILED");
            }
            UUID gone = UUID.randomUUID();
            refused(verb, on("\"9\"", changing(gone, team, false, null)), id, "SUBSCRIPTION_NOT_FOUND");

            assertThat(sql.row("subscription/" + verb + ".sql", on("\"2\", \"3\"", changing(id, team, false, null))))
                    .containsEntry("problem", null).containsEntry("etag", "\"4\"");
        }

        @ParameterizedTest
        @ValueSource(strings = {"cancel", "resume", "change-plan", "keep-plan"})
        void is_refused_for_another_version_before_it_is_for_the_state(String verb) {
            UUID id = pending();
            sql.execute("UPDATE subscriptions SET status = 'expired' WHERE id = ?", id);

            refused(verb, on("\"3\"", changing(id, team, false, null)), id, "PRECONDITION_FAILED");
            assertThat(sql.row("subscription/" + verb + ".sql", on("*", changing(id, team, false, null))).get("problem"))
                    .isIn("CANNOT_CANCEL", "SUBSCRIPTION_STATUS_NOT_VALID");
        }

        @ParameterizedTest
        @ValueSource(strings = {"cancel", "resume", "change-plan", "keep-plan"})
        void sees_what_another_has_done_while_it_waited(String verb) {
            UUID id = pending();

            Map<String, Object> refused = sql.whileWaitingFor("UPDATE subscriptions SET status = 'expired' WHERE id = ?", id,
                    () -> sql.row("subscription/" + verb + ".sql", changing(id, team, false, null)));

            assertThat(refused.get("problem")).isIn("CANNOT_CANCEL", "SUBSCRIPTION_STATUS_NOT_VALID");
            assertThat(rows.of(id, "version")).isEqualTo("4");
        }

        /** One that is to end with its period and was to have another plan then; of version 3. */
        private UUID pending() {
            UUID id = subscription("active", END);
            change(id, yearly, true, null);
            cancel(id, true, null);
            return id;
        }
    }

    /** One of Ann's in a status, which only steps that are legal lead to. */
    private UUID subscription(String status, OffsetDateTime end) {
        boolean first = status.equals("trialing") || status.equals("active");
        UUID id = rows.subscription(ann, pro, first ? status : "active", START, end);
        if (status.equals("past_due")) {
            sql.execute("UPDATE subscriptions SET status = 'past_due', grace_ends_at = ? WHERE id = ?", NOW.plusDays(2), id);
        } else if (!first) {
            sql.execute("UPDATE subscriptions SET status = ?, ended_at = ? WHERE id = ?", status, NOW, id);
        }
        return id;
    }

    private Map<String, Object> cancel(UUID id, boolean atPeriodEnd, String reason) {
        return sql.row("subscription/cancel.sql", cancelling(id, atPeriodEnd, reason, NOW));
    }

    private Map<String, Object> resume(UUID id) {
        return sql.row("subscription/resume.sql", asking(id));
    }

    private Map<String, Object> change(UUID id, UUID plan, boolean atPeriodEnd, String reason) {
        return sql.row("subscription/change-plan.sql", changing(id, plan, atPeriodEnd, reason));
    }

    private Map<String, Object> keep(UUID id) {
        return sql.row("subscription/keep-plan.sql", asking(id));
    }

    private void refused(String verb, Map<String, Object> variables, UUID untouched, String problem) {
        String before = rows.everything(untouched);

        assertThat(sql.row("subscription/" + verb + ".sql", variables))
                .containsEntry("problem", problem).containsEntry("answer", null).containsEntry("etag", null);

        assertThat(rows.everything(untouched)).isEqualTo(before);
    }

    private Map<String, Object> asking(UUID id) {
        return as(new HashMap<>(Map.of("id", id.toString(), "now", NOW)), ann, "USER");
    }

    private Map<String, Object> cancelling(UUID id, boolean atPeriodEnd, String reason, OffsetDateTime now) {
        Map<String, Object> variables = asking(id);
        variables.putAll(Map.of("at_period_end", atPeriodEnd, "now", now));
        variables.put("reason", reason);
        return variables;
    }

    private Map<String, Object> changing(UUID id, UUID plan, boolean atPeriodEnd, String reason) {
        Map<String, Object> variables = cancelling(id, atPeriodEnd, reason, NOW);
        variables.put("plan_id", plan.toString());
        return variables;
    }

    private static Map<String, Object> as(Map<String, Object> variables, UUID caller, String role) {
        variables.putAll(Map.of("caller", new Caller(caller, role), "caller_id", caller, "actor", caller.toString()));
        return variables;
    }

    private static Map<String, Object> on(String condition, Map<String, Object> variables) {
        variables.put("If-Match", condition);
        return variables;
    }

    private String etag(UUID id) {
        return '"' + rows.of(id, "version") + '"';
    }

    private String lastChange(UUID id) {
        return sql.text("SELECT concat_ws(' ', rfc3339(at), actor = ?, change, reason, from_state ->> 'status', to_state ->> 'status')"
                + " FROM subscription_history WHERE subscription_id = ? ORDER BY version DESC LIMIT 1", ann.toString(), id);
    }

    private String notices() {
        return sql.text("SELECT string_agg(concat_ws(' ', subscription_id, template, rfc3339(ends_at), rfc3339(created_at), queued_at),"
                + " ',') FROM subscription_notices");
    }

    /** How many versions of a subscription are not in its history. */
    private String gaps() {
        return sql.text("SELECT count(*) FROM subscriptions s CROSS JOIN generate_series(1, s.version) AS made (version)"
                + " WHERE NOT EXISTS (SELECT FROM subscription_history h WHERE h.subscription_id = s.id AND h.version = made.version)");
    }

    private static JsonNode data(Map<String, Object> row) {
        try {
            JsonNode answer = new ObjectMapper().readTree((String) row.get("answer"));
            assertThat(answer.path("error_code").asInt(-1)).as("%s", row).isZero();
            return answer.path("data");
        } catch (JsonProcessingException e) {
            throw new AssertionError(row.toString(), e);
        }
    }
}
