package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static smap.identity.sql.SubscriptionRows.NOW;
import static smap.identity.sql.SubscriptionRows.refusing;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.account.Caller;

/** Changes of one subscription that are asked for at the same moment: each sees the one before it, and each leaves its trace. */
class SubscriptionRaceSqlTest extends SqlTestSupport {

    private static final int ROUNDS = 50;

    private SubscriptionRows rows;
    private UUID ann;
    private UUID pro;
    private UUID team;

    @BeforeEach
    void plans_and_somebody_to_subscribe() {
        rows = new SubscriptionRows(sql);
        ann = rows.user();
        pro = rows.plan("pro", "month");
        team = rows.plan("team", "month");
    }

    @AfterEach
    void every_version_is_in_the_history_and_what_has_ended_stays_so() {
        assertThat(sql.text("SELECT count(*) FROM subscriptions s WHERE ARRAY(SELECT h.version FROM subscription_history h"
                + " WHERE h.subscription_id = s.id ORDER BY h.version) <> ARRAY(SELECT generate_series(1, s.version))")).isEqualTo("0");
        assertThat(sql.text("SELECT count(*) FROM subscription_history h JOIN subscription_history was"
                + " ON was.subscription_id = h.subscription_id AND was.version = h.version - 1"
                + " WHERE h.from_state <> was.to_state")).as("each change begins where the one before it ended").isEqualTo("0");
        assertThat(sql.text("SELECT count(*) FROM subscription_history WHERE from_state ->> 'status' IN ('cancelled', 'expired')"
                + " AND to_state ->> 'deleted_at' IS NULL")).isEqualTo("0");
        assertThat(sql.text("SELECT count(*) FROM subscription_history h JOIN subscriptions s ON s.id = h.subscription_id"
                + " AND s.version = h.version WHERE h.to_state <> subscription_state(s)")).isEqualTo("0");
    }

    @Test
    void a_cancellation_and_a_change_of_the_plan() {
        for (int round = 0; round < ROUNDS; round++) {
            UUID id = rows.subscription(ann, pro, "active", NOW.minusDays(100 - round), null);

            List<String> problems = together(() -> cancel(id), () -> change(id, team));

            assertThat(problems.get(0)).isNull();
            assertThat(problems.get(1)).isIn(null, "SUBSCRIPTION_STATUS_NOT_VALID");
            assertThat(rows.of(id, "concat_ws(' ', status, plan_id = '" + team + "', version)"))
                    .isEqualTo(problems.get(1) == null ? "cancelled t 3" : "cancelled f 2");
            forget(id);
        }
    }

    @Test
    void two_cancellations() {
        for (int round = 0; round < ROUNDS; round++) {
            UUID id = rows.subscription(ann, pro, "active", NOW.minusDays(100 - round), null);

            List<String> problems = together(() -> cancel(id), () -> cancel(id));

            assertThat(problems).containsExactlyInAnyOrder(null, "CANNOT_CANCEL");
            assertThat(rows.of(id, "concat_ws(' ', status, version)")).isEqualTo("cancelled 2");
            assertThat(sql.text("SELECT count(*) FROM subscription_notices WHERE subscription_id = ?", id)).isEqualTo("1");
            forget(id);
        }
    }

    @Test
    void a_cancellation_and_the_deletion_of_the_plan() {
        for (int round = 0; round < ROUNDS; round++) {
            UUID plan = rows.plan("plan-" + round, null);
            UUID id = rows.subscription(ann, plan, "active", NOW.minusDays(100 - round), null);

            List<String> problems = together(() -> cancel(id), () -> delete(plan));

            assertThat(problems.get(0)).isNull();
            assertThat(problems.get(1)).isIn(null, "subscriptions_plan_alive_fkey");
            assertThat(rows.of(id, "status")).isEqualTo("cancelled");
            forget(id);
        }
    }

    @Test
    void a_change_of_the_plan_and_the_deletion_of_the_new_one() {
        UUID id = rows.subscription(ann, pro, "active", NOW.minusDays(1), null);
        for (int round = 0; round < ROUNDS; round++) {
            UUID plan = rows.plan("plan-" + round, null);

            List<String> problems = together(() -> change(id, plan), () -> delete(plan));

            assertThat(problems).isIn(
                    Arrays.asList(null, "subscriptions_plan_alive_fkey"), Arrays.asList("PLAN_NOT_FOUND", null));
            assertThat(sql.text("SELECT count(*) FROM subscriptions s JOIN plans p ON p.id = s.plan_id WHERE p.deleted_at IS NOT NULL"))
                    .isEqualTo("0");
        }
    }

    /** Each looks at the other's rows once it has its own. */
    @Test
    void a_renewal_and_the_deletion_of_the_plan_that_is_to_follow() {
        DueSubscriptions due = new DueSubscriptions(sql, NOW.minusYears(1));
        for (int round = 0; round < 8; round++) {
            UUID next = rows.plan("next-" + round, "month");
            for (int i = 0; i < 60; i++) {
                UUID id = due.active(pro, "2026-10-23T09:00Z", "2026-11-23T09:00Z");
                sql.execute("UPDATE subscriptions SET next_plan_id = ? WHERE id = ?", next, id);
            }

            List<String> outcomes = together(
                    () -> String.valueOf(sql.one("subscription/renew.sql", Map.of("now", NOW, "batch", "100"))), () -> delete(next));

            assertThat(outcomes.get(0)).isEqualTo("60");
            assertThat(outcomes.get(1)).isIn("subscriptions_plan_alive_fkey", "subscriptions_next_plan_alive_fkey");
        }
    }

    @Test
    void of_many_that_mean_the_same_version_one_changes_it() {
        UUID id = rows.subscription(ann, pro, "active", NOW.minusDays(1), NOW.plusDays(20));
        AtomicInteger number = new AtomicInteger();
        List<UUID> plans = IntStream.range(0, 20).mapToObj(i -> rows.plan("plan-" + i, "month")).toList();

        List<String> problems = StatementRunner.inParallel(20, () -> {
            Map<String, Object> variables = variables(id);
            variables.put("plan_id", plans.get(number.getAndIncrement()).toString());
            variables.put("If-Match", "\"1\"");
            return String.valueOf(sql.row("subscription/change-plan.sql", variables).get("problem"));
        });

        assertThat(problems.stream().collect(Collectors.groupingBy(problem -> problem, Collectors.counting())))
                .isEqualTo(Map.of("null", 1L, "PRECONDITION_FAILED", 19L));
        assertThat(rows.of(id, "version")).isEqualTo("2");
    }

    @Test
    void everything_at_once() {
        UUID id = rows.subscription(ann, pro, "active", NOW.minusDays(1), NOW.plusDays(20));
        List<Callable<String>> changes = List.of(
                () -> run("cancel", id, true, null), () -> run("resume", id, false, null), () -> run("keep-plan", id, false, null),
                () -> run("change-plan", id, true, team), () -> run("change-plan", id, false, team),
                () -> run("change-plan", id, false, pro));
        AtomicInteger number = new AtomicInteger();

        StatementRunner.inParallel(ROUNDS, () -> changes.get(number.getAndIncrement() % changes.size()).call());

        assertThat(rows.of(id, "status")).isEqualTo("active");
    }

    /** What came of two calls that were made at once, in their order. */
    private static List<String> together(Callable<String> one, Callable<String> other) {
        AtomicInteger number = new AtomicInteger();
        String[] problems = new String[2];
        StatementRunner.inParallel(2, () -> {
            int mine = number.getAndIncrement();
            problems[mine] = (mine == 0 ? one : other).call();
            return mine;
        });
        return Arrays.asList(problems);
    }

    private String cancel(UUID id) {
        return run("cancel", id, false, null);
    }

    private String change(UUID id, UUID plan) {
        return run("change-plan", id, false, plan);
    }

    private String run(String verb, UUID id, boolean atPeriodEnd, UUID plan) {
        Map<String, Object> variables = variables(id);
        variables.put("at_period_end", atPeriodEnd);
        variables.put("plan_id", String.valueOf(plan));
        return (String) sql.row("subscription/" + verb + ".sql", variables).get("problem");
    }

    private String delete(UUID plan) {
        return refusing(() -> sql.execute("UPDATE plans SET deleted_at = updated_at WHERE id = ?", plan));
    }

    private Map<String, Object> variables(UUID id) {
        return new HashMap<>(Map.of("id", id.toString(), "at_period_end", false, "now", NOW, "caller", new Caller(ann, "USER"),
                "caller_id", ann, "actor", ann.toString()));
    }

    /** So that the next round begins anew. */
    private void forget(UUID id) {
        sql.execute("UPDATE subscriptions SET deleted_at = ? WHERE id = ?", NOW, id);
    }
}
