package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static smap.identity.sql.SubscriptionRows.NOW;
import static smap.identity.sql.SubscriptionRows.refusing;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.support.TestDatabase;

/** What the tables of plans and subscriptions make impossible, and the functions beside them. */
class SubscriptionTableSqlTest extends SqlTestSupport {

    private static final OffsetDateTime DAY_0 = OffsetDateTime.parse("2026-11-01T00:00:00Z");
    private static final String EXCLUSION = "subscriptions_periods_excl";

    private SubscriptionRows rows;
    private UUID ann;
    private UUID plan;

    @BeforeEach
    void a_plan_and_somebody_to_subscribe() {
        rows = new SubscriptionRows(sql);
        ann = rows.user();
        plan = rows.plan("pro", "month");
    }

    @Nested
    class Periods {

        @ParameterizedTest
        @CsvSource({
                // the ended one's first day and the day after its last, those of the new one, whether that is refused
                "10, 20, 20, 30, false",
                "10, 20, 20,   , false",
                "10, 20, 19, 30, true",
                "10, 20, 12, 15, true",
                "10, 20,  5,   , true",
                // one that is live may go on for ever, whatever its end is so far
                "10, 20,  5, 10, true",
                // one that ended before it began has no period
                "10, 10, 10, 20, false",
                "10,  5, 10, 20, false",
                "10,  5,  6,   , false"})
        void two_of_one_user_do_not_overlap(int start, int end, int newStart, Integer newEnd, boolean refused) {
            rows.ended(ann, plan, day(start), day(end));

            assertThat(refusing(() -> rows.subscription(ann, plan, "active", day(newStart), newEnd == null ? null : day(newEnd))))
                    .isEqualTo(refused ? EXCLUSION : null);
        }

        @Test
        void one_that_somebody_ended_by_hand_without_saying_when_is_in_nobodys_way() {
            UUID id = rows.subscription(ann, plan, "active", day(10), null);
            sql.execute("UPDATE subscriptions SET status = 'expired' WHERE id = ?", id);

            UUID next = rows.subscription(ann, plan, "active", day(15), null);

            assertThat(sql.text("SELECT live FROM subscriptions WHERE id = ?", next)).isEqualTo("t");
        }

        @Test
        void a_deleted_one_and_another_users_are_in_nobodys_way() {
            UUID id = rows.ended(ann, plan, day(10), day(20));
            sql.execute("UPDATE subscriptions SET deleted_at = ? WHERE id = ?", NOW, id);
            rows.ended(rows.user(), plan, day(10), day(20));

            rows.subscription(ann, plan, "active", day(15), day(16));

            assertThat(sql.text("SELECT count(*) FROM subscriptions")).isEqualTo("3");
        }

        @Test
        void neither_the_renewal_nor_the_end_of_a_live_one_can_meet_another() {
            rows.ended(ann, plan, day(10), day(20));
            UUID live = rows.subscription(ann, plan, "active", day(20), day(30));

            sql.execute("UPDATE subscriptions SET ends_at = ? WHERE id = ?", day(400), live);
            sql.execute("UPDATE subscriptions SET ends_at = NULL WHERE id = ?", live);
            assertThat(refusing(() -> sql.execute("UPDATE subscriptions SET starts_at = ? WHERE id = ?", day(19), live)))
                    .isEqualTo(EXCLUSION);
            sql.execute("UPDATE subscriptions SET status = 'cancelled', ended_at = ? WHERE id = ?", day(500), live);

            assertThat(refusing(() -> rows.subscription(ann, plan, "active", day(499), null))).isEqualTo(EXCLUSION);
            rows.subscription(ann, plan, "active", day(500), null);
        }

        @Test
        void a_user_has_one_live_one_wherever_the_periods_are() {
            rows.subscription(ann, plan, "trialing", day(10), day(20));

            assertThat(refusing(() -> rows.subscription(ann, plan, "active", day(20), day(30)))).isEqualTo(EXCLUSION);
            assertThat(refusing(() -> rows.subscription(ann, plan, "active", day(1), day(2)))).isEqualTo(EXCLUSION);
            assertThat(refusing(() -> sql.execute("ALTER TABLE subscriptions DROP CONSTRAINT " + EXCLUSION + ";"
                    + " INSERT INTO subscriptions (user_id, plan_id, status, starts_at, anchored_at, created_at, updated_at)"
                    + " SELECT user_id, plan_id, 'active', ends_at, ends_at, created_at, updated_at FROM subscriptions")))
                    .isEqualTo("subscriptions_live_key");
        }

        @Test
        void a_past_due_one_is_live_and_one_that_has_ended_is_not() {
            UUID id = rows.subscription(ann, plan, "active", day(10), day(20));
            sql.execute("UPDATE subscriptions SET status = 'past_due' WHERE id = ?", id);
            assertThat(refusing(() -> rows.subscription(ann, plan, "active", day(30), null))).isEqualTo(EXCLUSION);

            sql.execute("UPDATE subscriptions SET status = 'cancelled', ended_at = ? WHERE id = ?", day(25), id);

            rows.subscription(ann, plan, "active", day(30), null);
            assertThat(sql.text("SELECT string_agg(concat_ws(' ', status, live), ', ' ORDER BY starts_at) FROM subscriptions"))
                    .isEqualTo("cancelled, active t");
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                ends_at = starts_at                                            | subscriptions_ends_at_check
                ends_at = starts_at - interval '1 day'                         | subscriptions_ends_at_check
                trial_ends_at = starts_at                                      | subscriptions_trial_ends_at_check
                trial_ends_at = ends_at + interval '1 day'                     | subscriptions_trial_in_period_check
                trial_ends_at = NULL                                           | subscriptions_trial_check
                cancel_at_period_end = true                                    | subscriptions_cancel_check
                cancel_at_period_end = true, cancelled_at = starts_at, ends_at = NULL | subscriptions_cancel_check
                ended_at = starts_at                                           | subscriptions_ended_check
                user_id = NULL                                                 | 23502
                starts_at = NULL                                               | 23502""")
        void times_are_in_order(String change, String constraint) {
            UUID id = rows.subscription(ann, plan, "trialing", day(10), day(20));
            String before = rows.everything(id);

            String refusal = refusing(() -> sql.execute("UPDATE subscriptions SET " + change + " WHERE id = ?", id));

            assertThat(refusal).isEqualTo(constraint);
            assertThat(rows.everything(id)).isEqualTo(before);
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                status = 'active'                                                            | 20
                status = 'past_due', grace_ends_at = '2026-11-28T00:00:00Z'                  | 27
                status = 'past_due'                                                          | 20
                status = 'past_due', ends_at = NULL                                          |
                status = 'past_due', grace_ends_at = '2026-11-28T00:00:00Z', cancel_at_period_end = true, cancelled_at = starts_at | 20
                status = 'past_due', grace_ends_at = '2026-11-11T00:00:00Z', cancel_at_period_end = true, cancelled_at = starts_at | 10
                trial_ends_at = '2026-11-16T00:00:00Z'                                       | 15
                status = 'expired'                                                           |
                deleted_at = starts_at                                                       |""")
        void something_is_to_be_done_about_a_live_one_when_its_trial_period_or_grace_ends(String change, Integer due) {
            UUID id = rows.subscription(ann, plan, "trialing", day(9), day(20));

            sql.execute("UPDATE subscriptions SET " + change + " WHERE id = ?", id);

            assertThat(rows.of(id, "due_at = '" + day(due == null ? 0 : due) + "'")).isEqualTo(due == null ? null : "t");
        }

        private OffsetDateTime day(int days) {
            return DAY_0.plusDays(days);
        }
    }

    @Nested
    class Others {

        private static final String DELETE_PLAN = "UPDATE plans SET deleted_at = updated_at WHERE id = ?";
        private static final String SUBSCRIBE = "INSERT INTO subscriptions"
                + " (user_id, plan_id, status, starts_at, anchored_at, created_at, updated_at)"
                + " SELECT u.id, p.id, 'active', u.created_at, u.created_at, u.created_at, u.created_at"
                + " FROM users u, plans p WHERE p.id = ?";

        @Test
        void a_plan_or_user_that_is_deleted_is_not_subscribed_to_or_with() {
            sql.execute(DELETE_PLAN, plan);
            assertThat(refusing(() -> sql.execute(SUBSCRIBE, plan))).isEqualTo("subscriptions_plan_alive_fkey");

            UUID other = rows.plan("other", null);
            sql.execute("UPDATE users SET deleted_at = updated_at WHERE id = ?", ann);
            assertThat(refusing(() -> sql.execute(SUBSCRIBE, other))).isEqualTo("subscriptions_user_alive_fkey");
            assertThat(refusing(() -> rows.subscription(UUID.randomUUID(), other, "active", NOW, null)))
                    .isIn("subscriptions_user_id_fkey", "subscriptions_user_alive_fkey");
        }

        @Test
        void a_plan_or_user_that_a_live_one_refers_to_is_not_deleted() {
            UUID next = rows.plan("next", null);
            UUID id = rows.subscription(ann, plan, "active", NOW, NOW.plusDays(1));
            sql.execute("UPDATE subscriptions SET next_plan_id = ? WHERE id = ?", next, id);

            assertThat(refusing(() -> sql.execute(DELETE_PLAN, plan))).isEqualTo("subscriptions_plan_alive_fkey");
            assertThat(refusing(() -> sql.execute(DELETE_PLAN, next))).isEqualTo("subscriptions_next_plan_alive_fkey");
            assertThat(refusing(() -> sql.execute("UPDATE users SET deleted_at = updated_at WHERE id = ?", ann)))
                    .isEqualTo("subscriptions_user_alive_fkey");
            sql.execute("UPDATE subscriptions SET status = 'expired' WHERE id = ?", id);

            sql.execute(DELETE_PLAN, plan);
            sql.execute(DELETE_PLAN, next);
            sql.execute("UPDATE users SET deleted_at = updated_at WHERE id = ?", ann);
            assertThat(refusing(() -> sql.execute("DELETE FROM plans WHERE id = ?", plan))).isEqualTo("subscriptions_plan_id_fkey");
        }

        @Test
        void one_that_is_deleted_refers_to_nothing_that_has_to_stay() {
            UUID id = rows.subscription(ann, plan, "active", NOW, null);
            sql.execute("UPDATE subscriptions SET deleted_at = ? WHERE id = ?", NOW, id);

            sql.execute(DELETE_PLAN, plan);

            assertThat(refusing(() -> sql.execute("UPDATE subscriptions SET deleted_at = NULL WHERE id = ?", id)))
                    .isEqualTo("subscriptions_plan_alive_fkey");
        }

        @Test
        void of_a_plans_deletion_and_a_subscription_to_it_at_once_the_first_wins() {
            assertThat(sql.<String>whileWaitingFor(SUBSCRIBE, plan, () -> refusing(() -> sql.execute(DELETE_PLAN, plan))))
                    .isEqualTo("subscriptions_plan_alive_fkey");
            sql.execute("UPDATE subscriptions SET status = 'expired', ended_at = starts_at");

            assertThat(sql.<String>whileWaitingFor(DELETE_PLAN, plan, () -> refusing(() -> sql.execute(SUBSCRIBE, plan))))
                    .isEqualTo("subscriptions_plan_alive_fkey");
            assertThat(sql.text("SELECT count(*) FROM subscriptions")).isEqualTo("1");
        }

        @Test
        void the_code_of_a_plan_stays_and_each_change_of_it_is_a_version() {
            assertThat(refusing(() -> sql.execute("UPDATE plans SET code = 'PRO' WHERE id = ?", plan))).isEqualTo("plans_code_kept");
            sql.execute("UPDATE plans SET code = code, name = 'Other', version = 50 WHERE id = ?", plan);

            assertThat(sql.text("SELECT concat_ws(' ', code, name, version) FROM plans")).isEqualTo("pro Other 2");
        }

        @Test
        void a_code_and_a_name_are_free_again_when_their_plan_is_deleted() {
            assertThat(refusing(() -> plan("PRO", "else"))).isEqualTo("plans_code_key");
            assertThat(refusing(() -> plan("else", "Pro"))).isEqualTo("plans_name_key");
            sql.execute(DELETE_PLAN, plan);

            plan("PRO", "Pro");

            assertThat(sql.text("SELECT count(*) FROM plans WHERE deleted_at IS NULL")).isEqualTo("1");
        }

        @Test
        void the_foreign_keys_find_what_refers_to_a_row_by_an_index() {
            assertThat(sql.text("SELECT string_agg(indexdef, ' ' ORDER BY indexname) FROM pg_indexes"
                    + " WHERE indexname IN ('subscriptions_user', 'subscriptions_plan')")).doesNotContain("WHERE");
        }

        private void plan(String code, String name) {
            sql.execute("INSERT INTO plans (code, name, max_usage, created_at, updated_at) VALUES (?, ?, 1, ?, ?)", code, name, NOW, NOW);
        }
    }

    @Nested
    class Calendar {

        @ParameterizedTest
        @CsvSource({
                "2026-01-31T10:00:00Z, month, 2026-01-31T10:00:00Z, 2026-02-28T10:00:00Z",
                "2026-01-31T10:00:00Z, month, 2026-02-28T10:00:00Z, 2026-03-31T10:00:00Z",
                "2026-01-31T10:00:00Z, month, 2026-03-31T10:00:00Z, 2026-04-30T10:00:00Z",
                "2028-01-31T10:00:00Z, month, 2028-02-01T00:00:00Z, 2028-02-29T10:00:00Z",
                "2026-01-31T10:00:00Z, month, 2026-02-28T09:59:59.999999Z, 2026-02-28T10:00:00Z",
                "2028-02-29T23:30:00Z, year,  2028-02-29T23:30:00Z, 2029-02-28T23:30:00Z",
                "2028-02-29T23:30:00Z, year,  2031-03-01T00:00:00Z, 2032-02-29T23:30:00Z",
                "2026-11-23T09:00:00Z, year,  2026-11-23T09:00:00Z, 2027-11-23T09:00:00Z",
                "2026-12-31T23:59:59Z, month, 2056-12-31T23:59:59Z, 2057-01-31T23:59:59Z",
                "2026-01-31T10:00:00Z, month, 2056-02-28T10:00:00Z, 2056-02-29T10:00:00Z",
                "2026-02-28T00:00:00Z, month, 2026-03-01T00:00:00Z, 2026-03-28T00:00:00Z",
                // before the anchor: the first period of all
                "2026-11-23T09:00:00Z, month, 2025-01-01T00:00:00Z, 2026-12-23T09:00:00Z",
                "2026-11-23T09:00:00Z, year,  1990-01-01T00:00:00Z, 2027-11-23T09:00:00Z",
                "2026-11-23T09:00:00Z, ,      2026-11-23T09:00:00Z, ",
                "2026-11-23T09:00:00Z, month, , "})
        void a_period_ends_so_many_months_or_years_after_the_anchor(String anchor, String step, String moment, String end) {
            assertThat(sql.text("SELECT rfc3339(period_end(CAST(? AS timestamptz), ?, CAST(? AS timestamptz)))", anchor, step, moment))
                    .isEqualTo(end == null ? null : end.replace("Z", ".000Z"));
        }

        @Test
        void its_end_is_the_one_that_a_calendar_counts_in_every_time_zone(TestDatabase database) throws SQLException {
            Random random = new Random(5);
            try (Connection connection = database.dataSource().getConnection(); Statement statement = connection.createStatement()) {
                for (String zone : List.of("UTC", "America/New_York", "Pacific/Apia", "Asia/Ho_Chi_Minh")) {
                    statement.execute("SET TimeZone = '" + zone + "'");
                    for (int i = 0; i < 200; i++) {
                        OffsetDateTime anchor = DAY_0.plusSeconds(random.nextInt(500_000_000));
                        OffsetDateTime moment = anchor.plusSeconds(random.nextInt(1_000_000_000));
                        int months = random.nextBoolean() ? 1 : 12;

                        assertThat(time(statement, "period_end('%s', '%s', '%s')"
                                .formatted(anchor, months == 1 ? "month" : "year", moment)))
                                .as("%s after %s, in %s", moment, anchor, zone).isEqualTo(counted(anchor, months, moment));
                    }
                }
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"UTC", "America/New_York", "Europe/Berlin", "Asia/Ho_Chi_Minh"})
        void a_day_of_a_trial_has_24_hours_in_every_time_zone(String zone, TestDatabase database) throws SQLException {
            rows.freePlan("free", 14);
            try (Connection connection = database.dataSource().getConnection(); Statement statement = connection.createStatement()) {
                statement.execute("SET TimeZone = '" + zone + "'");

                // the clocks are put back on 25 October and on 1 November
                assertThat(time(statement, "trial_end('2026-10-20T09:00:00Z', 14)")).isEqualTo("2026-11-03T09:00:00Z");
                statement.execute("SELECT start_trial('" + ann + "', '2026-10-20T09:00:00Z')");
            }
            assertThat(sql.text("SELECT rfc3339(trial_ends_at) FROM subscriptions")).isEqualTo("2026-11-03T09:00:00.000Z");
        }

        private OffsetDateTime time(Statement statement, String expression) throws SQLException {
            try (ResultSet result = statement.executeQuery("SELECT " + expression)) {
                result.next();
                return result.getObject(1, OffsetDateTime.class).withOffsetSameInstant(ZoneOffset.UTC);
            }
        }

        private OffsetDateTime counted(OffsetDateTime anchor, int months, OffsetDateTime moment) {
            return Stream.iterate(1, period -> period + 1).map(period -> anchor.plusMonths((long) period * months))
                    .filter(end -> end.isAfter(moment)).findFirst().orElseThrow();
        }
    }

    @Nested
    class Trial {

        @BeforeEach
        void a_plan_to_try_out() {
            rows.freePlan("free", 14);
        }

        @Test
        void it_begins_at_once_for_so_many_days_and_is_noted() {
            String id = start(ann);

            assertThat(sql.text("SELECT concat_ws(' ', s.id, user_id = ?, p.code, status, rfc3339(starts_at), rfc3339(trial_ends_at),"
                    + " ends_at = trial_ends_at, anchored_at = ends_at, s.version, live)"
                    + " FROM subscriptions s JOIN plans p ON p.id = s.plan_id", ann))
                    .isEqualTo(id + " t free trialing 2026-11-23T09:00:00.000Z 2026-12-07T09:00:00.000Z t t 1 t");
            assertThat(sql.text("SELECT concat_ws(' ', version, rfc3339(at), actor = ?, change, from_state, to_state ->> 'status')"
                    + " FROM subscription_history", ann.toString())).isEqualTo("1 2026-11-23T09:00:00.000Z t start-trial trialing");
        }

        @Test
        void everybody_has_one_whatever_became_of_it() {
            UUID first = UUID.fromString(start(ann));
            assertThat(start(ann)).isNull();
            sql.execute("UPDATE subscriptions SET status = 'expired', ended_at = ends_at WHERE id = ?", first);
            assertThat(start(ann)).isNull();
            sql.execute("UPDATE subscriptions SET deleted_at = ? WHERE id = ?", NOW, first);
            assertThat(start(ann)).isNull();

            assertThat(start(rows.user())).isNotNull();
        }

        @Test
        void who_has_subscribed_already_needs_none() {
            rows.ended(ann, plan, NOW.minusDays(20), NOW.minusDays(10));

            assertThat(start(ann)).isNull();
            assertThat(sql.text("SELECT count(*) FROM subscription_history WHERE change = 'start-trial'")).isEqualTo("0");
        }

        @ParameterizedTest
        @ValueSource(strings = {"deleted_at = updated_at", "trial_days = 0"})
        void there_is_none_without_its_plan_or_its_days(String change) {
            sql.execute("UPDATE plans SET " + change + " WHERE code = 'free'");

            assertThat(start(ann)).isNull();
            assertThat(sql.text("SELECT count(*) FROM subscriptions")).isEqualTo("0");
        }

        @Test
        void a_code_is_the_same_in_another_case() {
            sql.execute("UPDATE plans SET deleted_at = updated_at WHERE code = 'free'");
            rows.freePlan("Free", 30);

            assertThat(start(ann)).isNotNull();
            assertThat(sql.text("SELECT rfc3339(trial_ends_at) FROM subscriptions")).isEqualTo("2026-12-23T09:00:00.000Z");
        }

        @Test
        void one_begins_however_many_begin_it_at_once() {
            List<String> started = StatementRunner.inParallel(20, () -> String.valueOf(start(ann)));

            assertThat(started).filteredOn(id -> !id.equals("null")).hasSize(1);
            assertThat(sql.text("SELECT count(*) FROM subscriptions")).isEqualTo("1");
            assertThat(sql.text("SELECT count(*) FROM subscription_history")).isEqualTo("1");
        }

        private String start(UUID user) {
            return sql.text("SELECT start_trial(?, ?)", user, NOW);
        }
    }

    @Nested
    class End {

        @Test
        void what_a_user_has_ends_with_the_account_and_is_noted() {
            UUID past = rows.ended(ann, plan, NOW.minusDays(20), NOW.minusDays(10));
            UUID live = rows.subscription(ann, plan, "active", NOW.minusDays(10), NOW.plusDays(20));
            sql.execute("UPDATE subscriptions SET status = 'past_due', next_plan_id = ?, grace_ends_at = ? WHERE id = ?",
                    rows.plan("next", null), NOW.plusDays(2), live);
            UUID others = rows.subscription(rows.user(), plan, "active", NOW, null);
            String before = rows.everything(past) + rows.everything(others);

            assertThat(end(ann)).isEqualTo("1");

            assertThat(rows.of(live,
                    "concat_ws(' ', status, rfc3339(cancelled_at), rfc3339(ended_at), next_plan_id, live, due_at, version)"))
                    .isEqualTo("cancelled 2026-11-23T09:00:00.000Z 2026-11-23T09:00:00.000Z 3");
            assertThat(rows.history(live, "version, actor, change, from_state ->> 'status', to_state ->> 'status'"))
                    .endsWith(", 3 somebody user-delete past_due cancelled");
            assertThat(rows.everything(past) + rows.everything(others)).isEqualTo(before);
            assertThat(end(ann)).isEqualTo("0");
        }

        @Test
        void when_it_was_cancelled_is_not_forgotten() {
            UUID id = rows.subscription(ann, plan, "active", NOW.minusDays(10), NOW.plusDays(20));
            sql.execute("UPDATE subscriptions SET cancel_at_period_end = true, cancelled_at = ? WHERE id = ?", NOW.minusDays(3), id);

            assertThat(end(ann)).isEqualTo("1");

            assertThat(rows.of(id, "concat_ws(' ', status, rfc3339(cancelled_at), rfc3339(ended_at))"))
                    .isEqualTo("cancelled 2026-11-20T09:00:00.000Z 2026-11-23T09:00:00.000Z");
        }

        @Test
        void whoever_has_nothing_has_nothing_ended() {
            UUID id = rows.subscription(ann, plan, "active", NOW.minusDays(10), null);
            sql.execute("UPDATE subscriptions SET deleted_at = ? WHERE id = ?", NOW, id);
            String before = rows.everything(id);

            assertThat(end(ann)).isEqualTo("0");

            assertThat(rows.everything(id)).isEqualTo(before);
        }

        private String end(UUID user) {
            return sql.text("SELECT end_subscriptions(?, 'somebody', 'user-delete', ?)", user, NOW);
        }
    }
}
