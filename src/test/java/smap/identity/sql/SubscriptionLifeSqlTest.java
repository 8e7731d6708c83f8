package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What time alone does to a subscription: the statements of the timers. */
class SubscriptionLifeSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final String RENEW = "subscription/renew.sql";
    private static final String END_CANCELLED = "subscription/end-cancelled.sql";
    private static final String EXPIRE = "subscription/expire.sql";
    private static final List<String> TIMERS = List.of(RENEW, END_CANCELLED, EXPIRE);
    private static final int BATCH = 1_000;

    private DueSubscriptions rows;
    private UUID monthly;
    private UUID yearly;
    private UUID single;

    @BeforeEach
    void offer() {
        rows = new DueSubscriptions(sql, NOW.minusYears(1));
        monthly = rows.plan("monthly", "month");
        yearly = rows.plan("yearly", "year");
        single = rows.plan("single", null);
    }

    @Nested
    class Renewal {

        @Test
        void after_a_trial_comes_the_first_period() {
            UUID id = rows.trial(monthly, "2026-11-09T09:00Z", "2026-11-23T09:00Z");

            assertThat(run(RENEW)).isEqualTo(1);

            assertThat(rows.state(id)).isEqualTo("active monthly 2026-12-23T09h anchored 2026-11-23T09h");
            assertThat(rows.history(id))
                    .isEqualTo("3 subscription-renew system trialing 2026-11-23T09h -> active 2026-12-23T09h");
            assertThat(rows.notices(id)).isEmpty();
            assertThat(sql.text("SELECT concat_ws(' ', version, rfc3339(starts_at), rfc3339(trial_ends_at), rfc3339(updated_at))"
                    + " FROM subscriptions")).isEqualTo(
                    "3 2026-11-09T09:00:00.000Z 2026-11-23T09:00:00.000Z 2026-11-23T09:00:00.000Z");
        }

        @Test
        void a_trial_that_was_given_more_time_goes_on_until_that_is_over() {
            UUID longer = rows.of(UUID.randomUUID(), single, "trialing", "2026-11-09T09:00Z", Map.of(
                    "trial_ends_at", "2026-11-23T09:00Z", "ends_at", "2027-01-31T09:00Z", "anchored_at", "2027-01-31T09:00Z"));
            UUID endless = rows.of(UUID.randomUUID(), single, "trialing", "2026-11-09T09:00Z", Map.of(
                    "trial_ends_at", "2026-11-23T09:00Z"));
            UUID renewed = rows.of(UUID.randomUUID(), monthly, "trialing", "2026-11-09T09:00Z", Map.of(
                    "trial_ends_at", "2026-11-23T09:00Z"));

            assertThat(run(RENEW)).isEqualTo(3);

            assertThat(rows.state(longer)).isEqualTo("active single 2027-01-31T09h anchored 2027-01-31T09h");
            assertThat(rows.state(endless)).isEqualTo("active single anchored 2026-11-23T09h");
            assertThat(rows.state(renewed)).isEqualTo("active monthly 2026-12-23T09h anchored 2026-11-23T09h");
        }

        @Test
        void one_that_began_on_the_31st_does_not_end_on_the_28th_for_ever() {
            UUID id = rows.active(monthly, "2025-12-31T09:00Z", "2026-01-31T09:00Z");

            assertThat(run(RENEW, "2026-01-31T09:00Z")).isEqualTo(1);
            assertThat(rows.state(id)).startsWith("active monthly 2026-02-28T09h anchored 2026-01-31T09h");
            assertThat(run(RENEW, "2026-02-28T09:00Z")).isEqualTo(1);
            assertThat(rows.state(id)).startsWith("active monthly 2026-03-31T09h anchored 2026-01-31T09h");
            assertThat(run(RENEW, "2026-03-31T09:00Z")).isEqualTo(1);
            assertThat(rows.state(id)).startsWith("active monthly 2026-04-30T09h");
        }

        @Test
        void who_was_not_looked_after_for_months_gets_each_period() {
            UUID id = rows.active(monthly, "2026-07-31T09:00Z", "2026-08-31T09:00Z");

            assertThat(runAll(RENEW)).containsExactly(1L, 1L, 1L, 0L);

            assertThat(rows.history(id)).isEqualTo("3 subscription-renew system active 2026-08-31T09h -> active 2026-09-30T09h; "
                    + "4 subscription-renew system active 2026-09-30T09h -> active 2026-10-31T09h; "
                    + "5 subscription-renew system active 2026-10-31T09h -> active 2026-11-30T09h");
        }

        @Test
        void the_plan_that_was_to_follow_follows() {
            UUID same = next(rows.active(monthly, "2026-09-30T09:00Z", "2026-10-31T09:00Z"), rows.plan("other", "month"));
            UUID longer = next(rows.active(monthly, "2026-09-30T09:00Z", "2026-10-31T09:00Z"), yearly);
            UUID last = next(rows.active(monthly, "2026-09-30T09:00Z", "2026-10-31T09:00Z"), single);
            UUID shorter = next(rows.active(yearly, "2025-10-31T09:00Z", "2026-10-31T09:00Z"), monthly);
            UUID first = next(rows.active(single, "2026-09-30T09:00Z", "2026-10-31T09:00Z"), monthly);
            UUID tried = next(rows.trial(single, "2026-09-30T09:00Z", "2026-10-31T09:00Z"), monthly);
            UUID bought = next(rows.trial(monthly, "2026-09-30T09:00Z", "2026-10-31T09:00Z"), single);

            assertThat(run(RENEW, "2026-11-01T09:00Z")).isEqualTo(7);

            assertThat(rows.state(same)).isEqualTo("active other 2026-11-30T09h anchored 2026-10-31T09h");
            assertThat(rows.state(longer)).isEqualTo("active yearly 2027-10-31T09h anchored 2026-10-31T09h");
            assertThat(rows.state(last)).as("it has no end").isEqualTo("active single anchored 2026-10-31T09h");
            assertThat(rows.state(shorter)).isEqualTo("active monthly 2026-11-30T09h anchored 2026-10-31T09h");
            assertThat(rows.state(first)).isEqualTo("active monthly 2026-11-30T09h anchored 2026-10-31T09h");
            assertThat(rows.state(tried)).isEqualTo("active monthly 2026-11-30T09h anchored 2026-10-31T09h");
            assertThat(rows.state(bought)).isEqualTo("active single anchored 2026-10-31T09h");
        }

        @Test
        void periods_of_another_length_are_counted_anew() {
            UUID id = next(rows.active(monthly, "2025-12-31T09:00Z", "2026-01-31T09:00Z"), yearly);
            sql.execute("UPDATE subscriptions SET ends_at = '2026-04-30T09:00Z'");

            run(RENEW);

            assertThat(rows.state(id)).as("a year, not what is left of the one since January")
                    .isEqualTo("active yearly 2027-04-30T09h anchored 2026-04-30T09h");
        }

        @Test
        void who_is_not_due_or_cancelled_or_owes_or_does_not_go_on_is_left_alone() {
            rows.active(monthly, "2026-10-23T09:00:00.000001Z", "2026-11-23T09:00:00.000001Z");
            rows.trial(monthly, "2026-11-09T09:00Z", "2026-11-23T09:00:00.000001Z");
            rows.of(UUID.randomUUID(), monthly, "active", "2026-10-23T09:00Z", Map.of());
            cancelled(rows.active(monthly, "2026-10-23T09:00Z", "2026-11-23T09:00Z"));
            rows.of(UUID.randomUUID(), monthly, "past_due", "2026-10-23T09:00Z", Map.of(
                    "ends_at", "2026-11-20T09:00Z", "grace_ends_at", "2026-11-22T09:00Z"));
            rows.active(single, "2026-10-23T09:00Z", "2026-11-23T09:00Z");
            rows.trial(single, "2026-10-23T09:00Z", "2026-11-23T09:00Z");
            UUID deleted = rows.active(monthly, "2026-10-23T09:00Z", "2026-11-23T09:00Z");
            sql.execute("UPDATE subscriptions SET deleted_at = ? WHERE id = ?", NOW, deleted);

            assertThat(run(RENEW)).isZero();

            assertThat(sql.text("SELECT count(*) FROM subscription_history WHERE actor = 'system'")).isEqualTo("0");
        }
    }

    @Nested
    class Cancellation {

        @Test
        void what_was_cancelled_at_period_end_ends_with_it_and_the_owner_is_told() {
            UUID id = cancelled(next(rows.active(monthly, "2026-10-23T08:00Z", "2026-11-23T08:00Z"), yearly));

            assertThat(run(END_CANCELLED)).isEqualTo(1);

            assertThat(rows.state(id)).isEqualTo(
                    "cancelled monthly 2026-11-23T08h anchored 2026-11-23T08h ended 2026-11-23T08h");
            assertThat(rows.history(id)).isEqualTo(
                    "5 subscription-end-cancelled system active 2026-11-23T08h -> cancelled 2026-11-23T08h");
            assertThat(rows.notices(id)).isEqualTo("subscription-ended 2026-11-23T08h");
            assertThat(sql.text("SELECT rfc3339(cancelled_at) FROM subscriptions")).as("when it was asked for")
                    .isEqualTo("2026-11-20T09:00:00.000Z");
            assertThat(run(END_CANCELLED)).isZero();
        }

        @Test
        void a_trial_ends_so_too_and_so_does_what_is_owed() {
            UUID trial = cancelled(rows.trial(monthly, "2026-11-09T09:00Z", "2026-11-23T09:00Z"));
            UUID owing = cancelled(rows.of(UUID.randomUUID(), monthly, "past_due", "2026-10-23T09:00Z", Map.of(
                    "ends_at", "2026-11-30T09:00Z", "grace_ends_at", "2026-11-22T09:00Z")));

            assertThat(run(END_CANCELLED)).isEqualTo(2);

            assertThat(rows.state(trial)).startsWith("cancelled ").endsWith(" ended 2026-11-23T09h");
            assertThat(rows.state(owing)).isEqualTo(
                    "cancelled monthly 2026-11-30T09h anchored 2026-11-30T09h ended 2026-11-22T09h");
        }

        @Test
        void who_has_not_cancelled_or_whose_period_is_not_over_is_left_alone() {
            rows.active(single, "2026-10-23T09:00Z", "2026-11-23T09:00Z");
            cancelled(rows.active(monthly, "2026-10-23T09:00Z", "2026-11-23T09:00:00.000001Z"));

            assertThat(run(END_CANCELLED)).isZero();
        }
    }

    @Nested
    class Expiry {

        @Test
        void a_trial_that_nothing_follows_ends_and_the_owner_is_told() {
            UUID id = rows.trial(single, "2026-11-09T09:00Z", "2026-11-23T08:00Z");

            assertThat(run(EXPIRE)).isEqualTo(1);

            assertThat(rows.state(id)).isEqualTo("expired single 2026-11-23T08h anchored 2026-11-23T08h ended 2026-11-23T08h");
            assertThat(rows.history(id)).isEqualTo("3 subscription-expire system trialing 2026-11-23T08h -> expired 2026-11-23T08h");
            assertThat(rows.notices(id)).isEqualTo("trial-ended 2026-11-23T08h");
            assertThat(run(EXPIRE)).isZero();
        }

        @Test
        void so_does_a_period_that_nothing_follows() {
            UUID id = rows.active(single, "2026-10-23T09:00Z", "2026-11-23T08:00Z");

            assertThat(run(EXPIRE)).isEqualTo(1);

            assertThat(rows.state(id)).startsWith("expired single ").endsWith(" ended 2026-11-23T08h");
            assertThat(rows.notices(id)).isEqualTo("subscription-ended 2026-11-23T08h");
        }

        @Test
        void who_owes_has_until_the_grace_is_over_whatever_the_plan() {
            UUID over = rows.of(UUID.randomUUID(), monthly, "past_due", "2026-10-23T09:00Z", Map.of(
                    "ends_at", "2026-11-16T08:00Z", "grace_ends_at", "2026-11-23T08:00Z"));
            UUID left = next(rows.of(UUID.randomUUID(), monthly, "past_due", "2026-10-23T09:00Z", Map.of(
                    "ends_at", "2026-11-16T08:00Z", "grace_ends_at", "2026-11-23T09:00:00.000001Z")), yearly);

            assertThat(run(EXPIRE)).isEqualTo(1);

            assertThat(rows.state(over)).isEqualTo(
                    "expired monthly 2026-11-16T08h anchored 2026-11-16T08h ended 2026-11-23T08h");
            assertThat(rows.notices(over)).isEqualTo("subscription-ended 2026-11-23T08h");
            assertThat(rows.state(left)).startsWith("past_due ").endsWith(" next yearly grace 2026-11-23T09h");
        }

        @Test
        void a_plan_that_was_to_follow_does_not_follow_what_has_ended() {
            UUID id = next(rows.of(UUID.randomUUID(), monthly, "past_due", "2026-10-23T09:00Z", Map.of(
                    "ends_at", "2026-11-16T08:00Z", "grace_ends_at", "2026-11-23T08:00Z")), yearly);

            run(EXPIRE);

            assertThat(rows.state(id)).contains("expired monthly").doesNotContain("next");
        }
    }

    @Nested
    class Batches {

        @ParameterizedTest
        @ValueSource(strings = {RENEW, END_CANCELLED, EXPIRE})
        void the_longest_overdue_go_first_and_no_more_than_asked_for(String statement) {
            List<UUID> due = due(statement, 5);

            assertThat(run(statement, NOW, 2)).isEqualTo(2);

            assertThat(rows.history(due.get(4))).isNotEmpty();
            assertThat(rows.history(due.get(3))).isNotEmpty();
            assertThat(due.subList(0, 3)).allSatisfy(id -> assertThat(rows.history(id)).isEmpty());
            assertThat(run(statement, NOW, 2)).isEqualTo(2);
            assertThat(run(statement, NOW, 2)).isEqualTo(1);
            assertThat(run(statement, NOW, 2)).isZero();
        }

        @ParameterizedTest
        @ValueSource(strings = {RENEW, END_CANCELLED, EXPIRE})
        void one_that_somebody_is_at_is_passed_over_and_not_waited_for(String statement) {
            List<UUID> due = due(statement, 2);

            sql.whileHeld("SELECT id FROM subscriptions WHERE id = ? FOR UPDATE", due.get(1),
                    () -> assertThat(run(statement)).isEqualTo(1));

            assertThat(rows.history(due.get(1))).isEmpty();
            assertThat(run(statement)).isEqualTo(1);
        }

        @ParameterizedTest
        @ValueSource(strings = {RENEW, END_CANCELLED, EXPIRE})
        void replicas_share_them_and_each_is_done_once(String statement) {
            due(statement, 60);

            List<Long> done = new ArrayList<>();
            while (!sql.text("SELECT count(*) FROM subscriptions WHERE due_at <= ?", NOW).equals("0")) {
                done.addAll(StatementRunner.inParallel(5, () -> run(statement, NOW, 7)));
            }

            assertThat(done.stream().mapToLong(Long::longValue).sum()).isEqualTo(60);
            assertThat(sql.text("SELECT concat_ws(' ', count(*), count(DISTINCT subscription_id)) FROM subscription_history"
                    + " WHERE actor = 'system'")).isEqualTo("60 60");
        }

        private List<UUID> due(String statement, int count) {
            List<UUID> due = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                UUID id = rows.active(statement.equals(EXPIRE) ? single : monthly, "2026-10-23T08:00Z", NOW.minusSeconds(i).toString());
                due.add(statement.equals(END_CANCELLED) ? cancelled(id) : id);
            }
            return due;
        }
    }

    /** Every kind of subscription that is due is taken by exactly one of the three, and by the one that is told of it. */
    @ParameterizedTest
    @CsvSource({"1", "20261123"})
    void each_that_is_due_is_taken_by_exactly_one(long seed) {
        Map<String, Set<String>> taken = new TreeMap<>();
        Map<String, Set<String>> expected = null;
        for (String statement : TIMERS) {
            sql.clear();
            offer();
            expected = new Population(seed).live(150);
            run(statement);
            taken.put(statement, ids("SELECT string_agg(subscription_id::text, ',') FROM subscription_history WHERE actor = 'system'"));
        }

        assertThat(expected).hasSize(4).allSatisfy((statement, ids) -> assertThat(ids).hasSizeGreaterThan(5));
        expected.remove("");
        assertThat(taken).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"2", "31"})
    void when_all_is_quiet_nothing_is_due_and_every_change_is_noted(long seed) {
        new Population(seed).live(150);
        Random order = new Random(seed);

        long done = 1;
        while (done > 0) {
            done = 0;
            List<String> timers = new ArrayList<>(TIMERS);
            Collections.shuffle(timers, order);
            for (String timer : timers) {
                done += run(timer, NOW, 1 + order.nextInt(60));
            }
        }

        assertThat(sql.text("SELECT count(*) FROM subscriptions WHERE due_at <= ?", NOW)).isEqualTo("0");
        assertThat(sql.text("""
                SELECT count(*)
                FROM subscriptions s
                WHERE s.version <> (SELECT count(*) FROM subscription_history h WHERE h.subscription_id = s.id)
                   OR subscription_state(s) <> (SELECT h.to_state FROM subscription_history h
                                                WHERE h.subscription_id = s.id AND h.version = s.version)""")).isEqualTo("0");
        assertThat(sql.text("""
                SELECT count(*)
                FROM subscription_history h
                JOIN subscription_history before ON before.subscription_id = h.subscription_id AND before.version = h.version - 1
                WHERE h.from_state <> before.to_state""")).as("each change begins with what the one before led to").isEqualTo("0");
        assertThat(sql.text("""
                SELECT count(*)
                FROM subscriptions s
                LEFT JOIN subscription_notices n ON n.subscription_id = s.id
                WHERE (s.ended_at IS NULL) <> (n.subscription_id IS NULL) OR n.ends_at <> s.ended_at""")).as("untold ends").isEqualTo("0");
    }

    /** Live subscriptions of every kind, most of them due. */
    private final class Population {

        private final Random random;

        Population(long seed) {
            random = new Random(seed);
        }

        /** Their ids by the statement that is to take each; by the empty text those that are not due. */
        Map<String, Set<String>> live(int count) {
            Map<String, Set<String>> expected = new HashMap<>();
            for (int i = 0; i < count; i++) {
                UUID id = new UUID(random.nextLong(), random.nextLong());
                expected.computeIfAbsent(one(id), statement -> new TreeSet<>()).add(id.toString());
            }
            return expected;
        }

        private String one(UUID id) {
            String status = List.of("trialing", "active", "past_due").get(random.nextInt(3));
            Map<UUID, Boolean> renewed = new HashMap<>(Map.of(monthly, true, yearly, true, single, false));
            List<UUID> plans = List.of(single, monthly, yearly);
            UUID plan = plans.get(random.nextInt(3));
            UUID next = random.nextInt(3) == 0 ? plans.get(random.nextInt(3)) : null;
            OffsetDateTime starts = NOW.minusDays(100 + random.nextInt(400));
            OffsetDateTime due = random.nextInt(6) == 0
                    ? NOW.plusSeconds(1 + random.nextInt(1_000)) : NOW.minusHours(random.nextInt(2_000));
            boolean cancelled = random.nextInt(4) == 0;
            Map<String, String> columns = new HashMap<>();
            boolean goesOn;
            if (status.equals("trialing")) {
                int kind = random.nextInt(3);
                columns.put("trial_ends_at", due.toString());
                if (kind > 0 || cancelled) {
                    columns.put("ends_at", (kind == 1 ? due : due.plusDays(40)).toString());
                }
                goesOn = next != null || renewed.get(plan) || !due.toString().equals(columns.get("ends_at"));
            } else if (status.equals("active")) {
                columns.put("ends_at", due.toString());
                goesOn = next != null || renewed.get(plan);
            } else {
                columns.put("grace_ends_at", due.toString());
                columns.put("ends_at", due.plusDays(cancelled ? 1 : random.nextInt(20) - 10).toString());
                goesOn = false;
            }
            if (next != null) {
                columns.put("next_plan_id", next.toString());
            }
            if (cancelled) {
                columns.put("cancel_at_period_end", "true");
                columns.put("cancelled_at", NOW.toString());
            }
            rows.of(id, plan, status, starts.toString(), columns);
            return due.isAfter(NOW) ? "" : cancelled ? END_CANCELLED : goesOn ? RENEW : EXPIRE;
        }
    }

    private static UUID next(UUID subscription, UUID plan) {
        sql.execute("UPDATE subscriptions SET next_plan_id = ? WHERE id = ?", plan, subscription);
        return subscription;
    }

    private static UUID cancelled(UUID subscription) {
        sql.execute("UPDATE subscriptions SET cancel_at_period_end = true, cancelled_at = ? WHERE id = ?", NOW.minusDays(3), subscription);
        return subscription;
    }

    private static Set<String> ids(String query) {
        String ids = sql.text(query);
        return ids == null ? Set.of() : new TreeSet<>(List.of(ids.split(",")));
    }

    private static List<Long> runAll(String statement) {
        List<Long> done = new ArrayList<>();
        do {
            done.add(run(statement));
        } while (done.get(done.size() - 1) > 0);
        return done;
    }

    private static long run(String statement) {
        return run(statement, NOW, BATCH);
    }

    private static long run(String statement, String now) {
        return run(statement, OffsetDateTime.parse(now), BATCH);
    }

    private static long run(String statement, OffsetDateTime now, int batch) {
        return (Long) sql.one(statement, Map.of("now", now, "batch", Integer.toString(batch)));
    }
}
