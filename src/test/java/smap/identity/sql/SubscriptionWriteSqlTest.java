package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static smap.identity.sql.SubscriptionRows.NOW;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What administrators write: a subscription that begins, is changed or deleted, and what is noted of it. */
class SubscriptionWriteSqlTest extends SqlTestSupport {

    private static final String NOBODY = "7a4c1d2e-0000-4000-8000-00000000000f";
    private static final List<String> LATER =
            List.of("caller", "trial_ends_at", "ends_at", "starts_at", "user_id", "plan_id", "status", "reason", "If-Match");

    private SubscriptionRows rows;
    private UUID ann;
    private UUID monthly;
    private UUID endless;

    @BeforeEach
    void plans_and_somebody_to_subscribe() {
        rows = new SubscriptionRows(sql);
        ann = rows.user();
        monthly = rows.plan("monthly", "month");
        endless = rows.freePlan("endless", 14);
    }

    @Nested
    class Insert {

        @Test
        void a_new_one_is_answered_and_its_history_begun() {
            String answer = answer(create(Map.of("reason", "by mail")));

            String id = sql.text("SELECT id FROM subscriptions");
            assertThat(answer).isEqualTo("""
                    {"error_code" : 0, "message" : "Success", "data" : {"id" : "%s", "user_id" : "%s", "plan_id" : "%s", \
                    "status" : "active", "trial_ends_at" : null, "starts_at" : "2026-11-23T09:00:00.000Z", \
                    "ends_at" : "2026-12-23T09:00:00.000Z", "grace_ends_at" : null, "cancelled_at" : null, \
                    "cancel_at_period_end" : false, "ended_at" : null, "next_plan_id" : null, \
                    "created_at" : "2026-11-23T09:00:00.000Z", "updated_at" : "2026-11-23T09:00:00.000Z"}}""".formatted(id, ann, monthly));
            assertThat(sql.text("SELECT concat_ws(' ', h.version, rfc3339(h.at), h.actor, h.change, h.reason, h.from_state,"
                    + " h.to_state = subscription_state(s)) FROM subscription_history h JOIN subscriptions s ON s.id = h.subscription_id"))
                    .isEqualTo("1 2026-11-23T09:00:00.000Z boss subscription-create by mail t");
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                # days after the start: given end of trial and period; what becomes of them and of the anchor
                active   | monthly |    |    |    | 30 |  0
                active   | endless |    |    |    |    |  0
                active   | monthly |    | 10 |    | 10 | 10
                active   | monthly |  5 |    |  5 | 30 |  0
                active   | endless |  5 |    |  5 |    |  0
                trialing | endless |    |    | 14 | 14 | 14
                trialing | endless |  3 |    |  3 |  3 |  3
                trialing | endless |    | 20 | 14 | 20 | 20
                trialing | monthly |  3 | 20 |  3 | 20 | 20
                trialing | monthly |  3 |  3 |  3 |  3 |  3""")
        void what_is_not_given_follows_from_the_plan(
                String status, String plan, Integer trial, Integer end, Integer trialEnds, Integer ends, int anchored) {
            Map<String, Object> asked = new HashMap<>(Map.of("status", status, "plan_id", plan.equals("monthly") ? monthly : endless));
            asked.put("trial_ends_at", day(trial));
            asked.put("ends_at", day(end));

            assertThat(answer(create(asked))).isNotNull();

            assertThat(sql.text("SELECT concat_ws('|', coalesce(rfc3339(trial_ends_at), '-'), coalesce(rfc3339(ends_at), '-'),"
                    + " rfc3339(anchored_at)) FROM subscriptions"))
                    .isEqualTo(text(trialEnds) + '|' + text(ends) + '|' + text(anchored));
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                active    |    |  0 | SUBSCRIPTION_NOT_VALID ends_at must be later than starts_at
                active    |    | -1 | SUBSCRIPTION_NOT_VALID ends_at must be later than starts_at
                active    |  0 |    | SUBSCRIPTION_NOT_VALID trial_ends_at must be later than starts_at
                active    | 31 |    | SUBSCRIPTION_NOT_VALID trial_ends_at must not be later than ends_at
                trialing  |  9 |  8 | SUBSCRIPTION_NOT_VALID trial_ends_at must not be later than ends_at
                trialing  | -1 |  8 | SUBSCRIPTION_NOT_VALID trial_ends_at must be later than starts_at
                trialing  |    |    | SUBSCRIPTION_NOT_VALID trial_ends_at is required
                trialing  |    |  8 | SUBSCRIPTION_NOT_VALID trial_ends_at is required
                past_due  |    |    | SUBSCRIPTION_STATUS_NOT_VALID
                cancelled |    |    | SUBSCRIPTION_STATUS_NOT_VALID
                expired   |    |  0 | SUBSCRIPTION_STATUS_NOT_VALID""")
        void what_cannot_begin_is_refused_by_its_field(String status, Integer trial, Integer end, String problem) {
            Map<String, Object> asked = new HashMap<>(Map.of("status", status));
            asked.put("trial_ends_at", day(trial));
            asked.put("ends_at", day(end));

            refused(create(asked), problem);
        }

        @Test
        void nobody_and_nothing_that_is_not_there_is_subscribed() {
            refused(create(Map.of("user_id", NOBODY, "plan_id", NOBODY)), "ACCOUNT_NOT_FOUND");
            refused(create(Map.of("plan_id", NOBODY, "status", "expired")), "PLAN_NOT_FOUND");
            sql.execute("UPDATE plans SET deleted_at = ? WHERE id = ?", NOW, endless);
            refused(create(Map.of("plan_id", endless)), "PLAN_NOT_FOUND");
            sql.execute("UPDATE users SET deleted_at = ? WHERE id = ?", NOW, ann);
            refused(create(Map.of()), "ACCOUNT_NOT_FOUND");
        }

        @ParameterizedTest
        @ValueSource(strings = {"trialing", "active", "past_due"})
        void who_has_a_live_one_gets_no_other_wherever_its_period_is(String status) {
            UUID live = rows.subscription(ann, monthly, "trialing", NOW, NOW.plusDays(14));
            sql.execute("UPDATE subscriptions SET status = ? WHERE id = ?", status, live);

            for (int start : List.of(-100, 0, 100)) {
                Map<String, Object> refused = create(Map.of("starts_at", day(start), "ends_at", day(start + 1)));
                assertThat(refused).containsEntry("problem", "LIVE_SUBSCRIPTION_EXISTS").containsEntry("answer", null);
            }
            assertThat(count()).isEqualTo("1");
        }

        @Test
        void a_period_that_was_is_not_begun_in_again_but_one_may_follow_it_or_come_after_a_deleted_one() {
            UUID ended = rows.ended(ann, monthly, day(-30), day(-10));
            for (int start : List.of(-40, -30, -20, -11)) {
                assertThat(create(Map.of("starts_at", day(start)))).containsEntry("problem", "SUBSCRIPTION_EXISTS");
            }
            assertThat(answer(create(Map.of("starts_at", day(-10))))).isNotNull();

            sql.execute("UPDATE subscriptions SET deleted_at = ?", NOW);
            assertThat(answer(create(Map.of("starts_at", day(-20))))).as("%s is deleted", ended).isNotNull();
        }

        @Test
        void of_a_hundred_at_once_for_one_user_one_succeeds_and_the_others_are_told_that_there_is_one() {
            List<UUID> plans = List.of(monthly, endless);
            AtomicInteger next = new AtomicInteger();

            List<String> outcomes = StatementRunner.inParallel(100, () -> {
                int number = next.getAndIncrement();
                Map<String, Object> row = create(Map.of("plan_id", plans.get(number % 2), "starts_at", day(number % 5 - 2)));
                return String.valueOf(row.get("problem"));
            });

            assertThat(outcomes).filteredOn("null"::equals).hasSize(1);
            assertThat(outcomes).filteredOn("LIVE_SUBSCRIPTION_EXISTS"::equals).hasSize(99);
            assertThat(count()).isEqualTo("1");
            assertThat(sql.text("SELECT count(*) FROM subscription_history")).isEqualTo("1");
        }

        @Test
        void a_user_or_plan_that_is_being_deleted_is_gone_when_it_is() {
            Map<String, Object> row = sql.whileWaitingFor(
                    "UPDATE plans SET deleted_at = updated_at WHERE id = ?", endless, () -> create(Map.of("plan_id", endless)));
            refused(row, "PLAN_NOT_FOUND");

            refused(sql.whileWaitingFor("UPDATE users SET deleted_at = updated_at WHERE id = ?", ann, () -> create(Map.of())),
                    "ACCOUNT_NOT_FOUND");
        }

        @Test
        void who_waited_sees_what_was_begun_meanwhile() {
            String trial = "SELECT start_trial(id, created_at) FROM users WHERE id = ? FOR UPDATE";
            rows.freePlan("free", 14);

            assertThat(sql.whileWaitingFor(trial, ann, () -> create(Map.of("starts_at", day(20)))))
                    .containsEntry("problem", "LIVE_SUBSCRIPTION_EXISTS");
        }

        @Test
        void the_answer_is_kept_for_the_key_it_came_with() {
            UUID lease = UUID.randomUUID();
            sql.execute("INSERT INTO idempotency_keys (operation, actor, key, request_hash, lease, leased_until, created_at, expires_at)"
                    + " VALUES ('subscription-create', 'boss', 'k', 'h', ?, ?, ?, ?)", lease, NOW, NOW, NOW);

            String answer = answer(create(Map.of("idempotency_lease", lease)));
            assertThat(sql.text("SELECT status || answer FROM idempotency_keys")).isEqualTo("201" + answer);
            sql.execute("UPDATE subscriptions SET deleted_at = ?", NOW);
            assertThatThrownBy(() -> create(Map.of("idempotency_lease", UUID.randomUUID()))).isInstanceOf(IllegalStateException.class);
            assertThat(count()).as("nothing without its answer").isEqualTo("1");
        }

        private void refused(Map<String, Object> row, String problem) {
            assertThat(row).containsEntry("problem", problem).containsEntry("answer", null);
            assertThat(sql.text("SELECT count(*) FROM subscriptions") + sql.text("SELECT count(*) FROM subscription_history"))
                    .isEqualTo("00");
        }
    }

    @Nested
    class Update {

        @Test
        void what_is_given_is_changed_what_is_not_stays_and_it_is_noted() {
            UUID id = rows.subscription(ann, monthly, "active", NOW, NOW.plusDays(30));
            String before = rows.of(id, "subscription_state(s)::text");

            Map<String, Object> row = update(id, Map.of("plan_id", endless, "reason", "by mail"));

            assertThat(row).containsEntry("problem", null).containsEntry("etag", "\"2\"");
            assertThat(answer(row)).contains("\"plan_id\" : \"" + endless + '"', "\"status\" : \"active\"",
                    "\"ends_at\" : \"2026-12-23T09:00:00.000Z\"", "\"updated_at\" : \"2026-11-23T10:00:00.000Z\"");
            assertThat(rows.history(id, "h.version, rfc3339(h.at), h.actor, h.change, h.reason"))
                    .isEqualTo("2 2026-11-23T10:00:00.000Z boss subscription-update by mail");
            assertThat(rows.history(id, "h.from_state")).isEqualTo(before);
            assertThat(rows.history(id, "h.to_state")).isEqualTo(rows.of(id, "subscription_state(s)::text")).isNotEqualTo(before);
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                # a trial of ten days; days that are given; days that it has, and the anchor
                10 |   |    | 12 |    | 12 | 12 | 12
                10 |   |    |  4 |    |  4 |  4 |  4
                10 |   |    |    | 20 | 10 | 20 | 20
                10 |   |    | 12 | 20 | 12 | 20 | 20
                20 |   |    | 12 |    | 12 | 20 | 20
                20 |   |    | 20 |    | 20 | 20 | 20
                20 | active |  | 12 |   | 12 | 20 | 20
                10 | active |  |    |   | 10 | 10 | 10
                10 | active |  |    | 40 | 10 | 40 | 40
                10 |   | -5 |    |    | 10 | 10 | 10""")
        void times_move_and_the_anchor_with_the_end(
                int end, String status, Integer start, Integer trial, Integer ends, Integer trialEnds, Integer endsThen, int anchored) {
            UUID id = rows.subscription(ann, endless, "trialing", NOW, day(10));
            sql.execute("UPDATE subscriptions SET ends_at = ?, anchored_at = ? WHERE id = ?", day(end), day(end), id);
            Map<String, Object> asked = new HashMap<>();
            asked.put("status", status);
            asked.put("starts_at", day(start));
            asked.put("trial_ends_at", day(trial));
            asked.put("ends_at", day(ends));

            assertThat(answer(update(id, asked))).isNotNull();

            assertThat(rows.of(id, "concat_ws('|', rfc3339(starts_at), rfc3339(trial_ends_at), rfc3339(ends_at), rfc3339(anchored_at))"))
                    .isEqualTo(String.join("|", text(start == null ? 0 : start), text(trialEnds), text(endsThen), text(anchored)));
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                # what follows of it: grace, ended, cancelled, at the end, next plan; the notice
                trialing | active    | - - - t next        |
                trialing | past_due  | grace - - t next    |
                trialing | cancelled | - now now f -       | subscription-ended
                trialing | expired   | - now - f -         | trial-ended
                active   | past_due  | grace - - t next    |
                active   | cancelled | - now now f -       | subscription-ended
                active   | expired   | - now - f -         | subscription-ended
                past_due | past_due  | before - - t next   |
                past_due | active    | - - - t next        |
                past_due | cancelled | - now now f -       | subscription-ended
                past_due | expired   | - now - f -         | subscription-ended""")
        void a_status_brings_what_belongs_to_it(String from, String to, String then, String notice) {
            UUID id = rows.subscription(ann, endless, "trialing", NOW, day(10));
            sql.execute("UPDATE subscriptions SET status = ?, grace_ends_at = CASE ? WHEN 'past_due' THEN ends_at END, next_plan_id = ?,"
                    + " cancel_at_period_end = true, cancelled_at = starts_at WHERE id = ?", from, from, monthly, id);

            assertThat(answer(update(id, Map.of("status", to)))).isNotNull();

            String now = "TIMESTAMPTZ '" + NOW.plusHours(1) + '\'';
            assertThat(rows.of(id, "status || ' ' || concat_ws(' ', CASE WHEN grace_ends_at = " + now + " + interval '7d' THEN 'grace'"
                    + " WHEN grace_ends_at = ends_at THEN 'before' ELSE '-' END, CASE WHEN ended_at = " + now + " THEN 'now' ELSE '-' END,"
                    + " CASE cancelled_at WHEN " + now + " THEN 'now' WHEN starts_at THEN '-' END, cancel_at_period_end,"
                    + " CASE next_plan_id WHEN '" + monthly + "' THEN 'next' ELSE '-' END)"))
                    .isEqualTo(to + ' ' + then);
            assertThat(sql.text("SELECT string_agg(concat_ws(' ', template, ends_at = " + now + ", created_at = " + now + ", queued_at),"
                    + " ',') FROM subscription_notices WHERE subscription_id = ?", id)).isEqualTo(notice == null ? null : notice + " t t");
        }

        @Test
        void the_plan_that_was_to_follow_does_not_once_it_is_there() {
            UUID id = rows.subscription(ann, monthly, "active", NOW, day(30));
            sql.execute("UPDATE subscriptions SET next_plan_id = ? WHERE id = ?", endless, id);

            update(id, Map.of("plan_id", endless));

            assertThat(rows.of(id, "concat_ws(' ', plan_id, next_plan_id)")).isEqualTo(endless.toString());
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                id       | 7a4c1d2e-0000-4000-8000-00000000000f | SUBSCRIPTION_NOT_FOUND
                plan_id  | 7a4c1d2e-0000-4000-8000-00000000000f | PLAN_NOT_FOUND
                If-Match | "2"                                  | PRECONDITION_FAILED
                If-Match | "1                                   | PRECONDITION_FAILED
                If-Match | 1                                    | PRECONDITION_FAILED
                If-Match | W/"1"                                | PRECONDITION_FAILED
                If-Match | "11", "10"                           | PRECONDITION_FAILED
                status   | trialing                             | SUBSCRIPTION_STATUS_NOT_VALID
                user_id  | 7a4c1d2e-0000-4000-8000-00000000000f | SUBSCRIPTION_NOT_VALID user_id must be the one who has it
                ends_at  | 2026-11-23T09:00:00Z                 | SUBSCRIPTION_NOT_VALID ends_at must be later than starts_at
                starts_at | 2026-12-23T09:00:00Z                | SUBSCRIPTION_NOT_VALID ends_at must be later than starts_at
                trial_ends_at | 2026-11-23T09:00:00Z            | SUBSCRIPTION_NOT_VALID trial_ends_at must be later than starts_at
                trial_ends_at | 2026-12-23T09:00:01Z            | SUBSCRIPTION_NOT_VALID trial_ends_at must not be later than ends_at
                starts_at | 2026-11-12T09:00:00Z                | SUBSCRIPTION_EXISTS""")
        void what_is_refused_changes_nothing(String field, String value, String problem) {
            rows.ended(ann, monthly, day(-20), day(-10));
            UUID id = rows.subscription(ann, monthly, "active", NOW, day(30));
            String before = rows.everything(id);

            Object given = field.endsWith("_at") ? OffsetDateTime.parse(value) : value;
            Map<String, Object> row = update(id, Map.of(field, given));

            assertThat(row).containsEntry("problem", problem).containsEntry("etag", null).containsEntry("answer", null);
            assertThat(rows.everything(id)).isEqualTo(before);
        }

        @Test
        void a_live_one_is_not_moved_before_one_that_has_ended_because_it_may_go_on() {
            rows.ended(ann, monthly, day(-20), day(-10));
            UUID id = rows.subscription(ann, monthly, "active", NOW, day(30));

            assertThat(update(id, Map.of("starts_at", day(-60), "ends_at", day(-40)))).containsEntry("problem", "SUBSCRIPTION_EXISTS");
            assertThat(update(id, Map.of("starts_at", day(-60), "status", "expired"))).containsEntry("problem", "SUBSCRIPTION_EXISTS");
        }

        @Test
        void who_waits_for_a_plan_does_not_keep_others_from_the_subscription() {
            UUID id = rows.subscription(ann, monthly, "active", NOW, day(30));
            List<CompletableFuture<Map<String, Object>>> changed = new ArrayList<>();

            sql.whileHeld("SELECT FROM plans WHERE id = ? FOR UPDATE", endless, () -> {
                changed.add(CompletableFuture.supplyAsync(() -> update(id, Map.of("plan_id", endless))));
                Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> sql.text("SELECT count(*) FROM pg_stat_activity"
                        + " WHERE datname = current_database() AND wait_event_type = 'Lock'").equals("1"));
                sql.execute("SELECT FROM subscriptions WHERE id = ? FOR UPDATE NOWAIT", id);
            });

            assertThat(changed.get(0).join()).containsEntry("etag", "\"2\"");
        }

        @ParameterizedTest
        @ValueSource(strings = {"\"1\"", "*", " \"7\" , \"1\" ", "W/\"1\", \"1\""})
        void the_version_that_was_seen_may_be_changed(String condition) {
            UUID id = rows.subscription(ann, monthly, "active", NOW, day(30));

            assertThat(update(id, Map.of("If-Match", condition, "user_id", ann.toString()))).containsEntry("etag", "\"2\"");
        }

        @ParameterizedTest
        @ValueSource(strings = {"cancelled", "expired"})
        void one_that_has_ended_stays_as_it_is(String status) {
            UUID id = rows.subscription(ann, monthly, "active", NOW, day(30));
            sql.execute("UPDATE subscriptions SET status = ?, ended_at = ? WHERE id = ?", status, NOW, id);
            String before = rows.everything(id);

            for (Map<String, Object> asked : List.<Map<String, Object>>of(
                    Map.of(), Map.of("status", status), Map.of("status", "active"), Map.of("ends_at", day(1)))) {
                assertThat(update(id, asked)).containsEntry("problem", "SUBSCRIPTION_STATUS_NOT_VALID");
            }
            assertThat(rows.everything(id)).isEqualTo(before);
        }

        @Test
        void a_deleted_one_is_not_found() {
            UUID id = rows.subscription(ann, monthly, "active", NOW, day(30));
            sql.execute("UPDATE subscriptions SET deleted_at = ? WHERE id = ?", NOW, id);

            assertThat(update(id, Map.of())).containsEntry("problem", "SUBSCRIPTION_NOT_FOUND");
        }

        @Test
        void of_many_at_once_that_have_seen_the_same_version_one_changes_it() {
            UUID id = rows.subscription(ann, monthly, "active", NOW, day(30));
            AtomicInteger next = new AtomicInteger();

            List<String> outcomes = StatementRunner.inParallel(20, () -> String.valueOf(
                    update(id, Map.of("If-Match", "\"1\"", "ends_at", day(31 + next.getAndIncrement()))).get("problem")));

            assertThat(outcomes).filteredOn("null"::equals).hasSize(1);
            assertThat(outcomes).filteredOn("PRECONDITION_FAILED"::equals).hasSize(19);
            assertThat(rows.history(id, "h.version")).isEqualTo("2");
        }

        @Test
        void who_waited_judges_what_there_is_then() {
            UUID id = rows.subscription(ann, monthly, "active", NOW, day(30));
            String other = "UPDATE subscriptions SET status = 'past_due', grace_ends_at = ends_at WHERE id = ?";
            assertThat(sql.whileWaitingFor(other, id, () -> update(id, Map.of("status", "past_due")))).containsEntry("etag", "\"3\"");
            assertThat(rows.of(id, "grace_ends_at = ends_at")).as("who has failed to pay already").isEqualTo("t");
            assertThat(rows.history(id, "h.version, h.from_state ->> 'status', h.to_state ->> 'status'"))
                    .isEqualTo("2 active past_due, 3 past_due past_due");

            String end = "UPDATE subscriptions SET status = 'cancelled', ended_at = ends_at WHERE id = ?";
            assertThat(sql.whileWaitingFor(end, id, () -> update(id, Map.of("status", "active"))))
                    .containsEntry("problem", "SUBSCRIPTION_STATUS_NOT_VALID");
        }

        @Test
        void a_plan_that_is_being_deleted_is_gone_when_it_is() {
            UUID id = rows.subscription(ann, monthly, "active", NOW, day(30));
            assertThat(sql.whileWaitingFor("UPDATE plans SET deleted_at = updated_at WHERE id = ?", endless,
                    () -> update(id, Map.of("plan_id", endless)))).containsEntry("problem", "PLAN_NOT_FOUND");
        }
    }

    @Nested
    class Delete {

        @ParameterizedTest
        @ValueSource(strings = {"trialing", "active", "past_due", "cancelled", "expired"})
        void one_is_deleted_whatever_its_status_and_its_owner_may_have_another_at_once(String status) {
            UUID id = rows.subscription(ann, monthly, "trialing", NOW, day(30));
            sql.execute("UPDATE subscriptions SET status = ?, ended_at = CASE WHEN ? IN ('cancelled', 'expired') THEN ends_at END"
                    + " WHERE id = ?", status, status, id);

            Map<String, Object> row = delete(id, "\"2\"");

            assertThat(row).containsEntry("problem", null)
                    .containsEntry("answer", "{\"error_code\" : 0, \"message\" : \"Success\", \"data\" : null}");
            assertThat(rows.of(id, "concat_ws(' ', status, version, live, deleted_at = updated_at, rfc3339(deleted_at))"))
                    .isEqualTo(status + " 3 t 2026-11-23T10:00:00.000Z");
            assertThat(sql.text("SELECT concat_ws(' ', actor, change, reason, from_state ->> 'deleted_at', to_state ->> 'deleted_at')"
                    + " FROM subscription_history WHERE version = 3")).isEqualTo("boss subscription-delete oops 2026-11-23T10:00:00.000Z");
            assertThat(sql.text("SELECT count(*) FROM subscription_notices")).isEqualTo("0");
            assertThat(answer(create(Map.of()))).isNotNull();
        }

        @Test
        void what_is_refused_changes_nothing() {
            UUID id = rows.subscription(ann, monthly, "active", NOW, null);
            String before = rows.everything(id);
            assertThat(delete(id, "\"2\"")).containsEntry("problem", "PRECONDITION_FAILED").containsEntry("answer", null);
            assertThat(delete(UUID.randomUUID(), null)).containsEntry("problem", "SUBSCRIPTION_NOT_FOUND").containsEntry("answer", null);
            assertThat(rows.everything(id)).isEqualTo(before);

            assertThat(delete(id, null)).containsEntry("problem", null);
            assertThat(delete(id, null)).containsEntry("problem", "SUBSCRIPTION_NOT_FOUND");
            assertThat(sql.text("SELECT count(*) FROM subscription_history")).isEqualTo("2");
        }
    }

    /** One that is active on the monthly plan from now on, but for what is given. */
    private Map<String, Object> create(Map<String, Object> given) {
        Map<String, Object> asked = all(Map.of("user_id", ann, "plan_id", monthly, "status", "active", "starts_at", NOW, "now", NOW,
                "actor", "boss"));
        asked.put("idempotency_lease", null);
        asked.putAll(given);
        asked.computeIfPresent("user_id", (name, id) -> id.toString());
        asked.computeIfPresent("plan_id", (name, id) -> id.toString());
        return sql.row("subscription/insert.sql", asked);
    }

    /** An hour after it began. */
    private static Map<String, Object> update(UUID id, Map<String, Object> given) {
        Map<String, Object> asked = all(Map.of("id", id.toString(), "now", NOW.plusHours(1), "actor", "boss", "grace", "7d"));
        asked.putAll(given);
        asked.computeIfPresent("plan_id", (name, plan) -> plan.toString());
        return sql.row("subscription/update.sql", asked);
    }

    private static Map<String, Object> delete(UUID id, String condition) {
        Map<String, Object> asked = all(Map.of("id", id.toString(), "now", NOW.plusHours(1), "actor", "boss", "reason", "oops"));
        asked.put("If-Match", condition);
        return sql.row("subscription/delete.sql", asked);
    }

    /** With null for each variable that was not given, as a request leaves it. */
    private static Map<String, Object> all(Map<String, Object> given) {
        Map<String, Object> all = new HashMap<>();
        LATER.forEach(name -> all.put(name, null));
        all.putAll(given);
        return all;
    }

    private static String answer(Map<String, Object> row) {
        assertThat(row).containsEntry("problem", null);
        return (String) row.get("answer");
    }

    private static String count() {
        return sql.text("SELECT count(*) FROM subscriptions");
    }

    private static OffsetDateTime day(Integer days) {
        return days == null ? null : NOW.plus(Duration.ofDays(days));
    }

    private static String text(Integer days) {
        return days == null ? "-" : day(days).toString().replace(":00Z", ":00:00.000Z");
    }
}
