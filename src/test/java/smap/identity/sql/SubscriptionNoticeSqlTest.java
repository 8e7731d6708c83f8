package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Timestamp;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What subscribers are told by mail, each once. Reminders go out three days before. */
class SubscriptionNoticeSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final String STARTS = "2026-11-09T09:00Z";

    private DueSubscriptions rows;
    private UUID monthly;
    private UUID single;

    @BeforeEach
    void offer() {
        rows = new DueSubscriptions(sql, NOW.minusYears(1));
        monthly = rows.plan("monthly", "month");
        single = rows.plan("single", null);
    }

    @Nested
    class Reminders {

        @Test
        void a_trial_is_told_of_once_from_three_days_before_its_end() {
            UUID id = rows.trial(single, STARTS, "2026-11-26T09:00Z");

            assertThat(remind(NOW.minusNanos(1_000))).isZero();
            assertThat(remind(NOW)).isEqualTo(1);
            assertThat(remind(NOW.plusDays(2))).isZero();

            assertThat(rows.notices(id)).isEqualTo("trial-ending 2026-11-26T09h");
            assertThat(sql.text("SELECT concat_ws(' ', rfc3339(created_at), queued_at) FROM subscription_notices"))
                    .isEqualTo("2026-11-23T09:00:00.000Z");
            assertThat(sql.text("SELECT count(*) FROM subscription_history WHERE actor = 'system'")).as("nothing has changed")
                    .isEqualTo("0");
        }

        @Test
        void a_trial_that_is_over_is_not_told_of_any_more() {
            rows.trial(single, STARTS, "2026-11-23T09:00Z");

            assertThat(remind(NOW)).isZero();
        }

        @Test
        void a_trial_that_is_prolonged_is_told_of_again() {
            UUID id = rows.trial(single, STARTS, "2026-11-26T09:00Z");
            remind(NOW);
            sql.execute("UPDATE subscriptions SET trial_ends_at = '2026-12-26T09:00Z', ends_at = '2026-12-26T09:00Z'");

            assertThat(remind(NOW)).isZero();
            assertThat(remind(NOW.plusDays(30))).isEqualTo(1);

            assertThat(rows.notices(id)).isEqualTo("trial-ending 2026-11-26T09h; trial-ending 2026-12-26T09h");
        }

        @Test
        void who_has_cancelled_or_pays_or_has_nothing_is_not_reminded() {
            rows.active(monthly, STARTS, "2026-11-24T09:00Z");
            UUID cancelled = rows.trial(monthly, STARTS, "2026-11-24T09:00Z");
            sql.execute("UPDATE subscriptions SET cancel_at_period_end = true, cancelled_at = ? WHERE id = ?", NOW, cancelled);
            UUID deleted = rows.trial(monthly, STARTS, "2026-11-24T09:00Z");
            sql.execute("UPDATE subscriptions SET deleted_at = ? WHERE id = ?", NOW, deleted);
            UUID owing = rows.trial(monthly, STARTS, "2026-11-24T09:00Z");
            sql.execute("UPDATE subscriptions SET status = 'past_due', grace_ends_at = '2026-11-24T09:00Z' WHERE id = ?", owing);

            assertThat(remind(NOW)).isZero();
        }

        @Test
        void the_first_to_end_go_first_and_no_more_than_asked_for_and_those_somebody_is_at_are_passed_over() {
            UUID later = rows.trial(single, STARTS, "2026-11-25T09:00Z");
            UUID sooner = rows.trial(single, STARTS, "2026-11-24T09:00Z");
            UUID held = rows.trial(single, STARTS, "2026-11-23T12:00Z");

            sql.whileHeld("SELECT id FROM subscriptions WHERE id = ? FOR UPDATE", held, () -> {
                assertThat(remind(NOW, 1)).isEqualTo(1);
                assertThat(rows.notices(sooner)).isNotEmpty();
                assertThat(rows.notices(later)).isEmpty();
                assertThat(remind(NOW, 5)).isEqualTo(1);
            });

            assertThat(remind(NOW, 5)).isEqualTo(1);
        }

        @Test
        void replicas_share_them_and_each_is_left_once() {
            for (int i = 0; i < 40; i++) {
                rows.trial(single, STARTS, NOW.plusMinutes(i + 1).toString());
            }

            long left = 0;
            for (int turn = 0; turn < 40 && left < 40; turn++) {
                left += StatementRunner.inParallel(5, () -> remind(NOW, 7)).stream().mapToLong(Long::longValue).sum();
            }

            assertThat(left).isEqualTo(40);
            assertThat(sql.text("SELECT count(*) FROM subscription_notices")).isEqualTo("40");
        }
    }

    @Nested
    class Waiting {

        @Test
        void what_a_mail_tells_is_found_with_its_notice() {
            UUID id = rows.trial(single, STARTS, "2026-11-26T09:00Z");
            sql.execute("UPDATE users SET language = 'vi'");
            notice(id, "trial-ending", "2026-11-26T09:00Z");

            Map<String, Object> found = waiting(5).get(0);

            assertThat(found).containsOnlyKeys("subscription_id", "template", "ends_at", "email", "full_name", "language", "plan_name")
                    .containsEntry("subscription_id", id).containsEntry("template", "trial-ending")
                    .containsEntry("email", id + "@example.com").containsEntry("full_name", "Ann").containsEntry("language", "vi")
                    .containsEntry("plan_name", null);
            assertThat(((Timestamp) found.get("ends_at")).toInstant()).hasToString("2026-11-26T09:00:00Z");
        }

        @Test
        void the_plan_is_named_that_has_ended_or_begins_by_itself() {
            UUID ends = rows.trial(single, STARTS, "2026-11-26T09:00Z");
            UUID goesOn = rows.trial(monthly, STARTS, "2026-11-26T09:00Z");
            UUID chosen = rows.trial(single, STARTS, "2026-11-26T09:00Z");
            sql.execute("UPDATE subscriptions SET next_plan_id = ? WHERE id = ?", monthly, chosen);
            UUID bought = rows.trial(monthly, STARTS, "2026-11-26T09:00Z");
            sql.execute("UPDATE subscriptions SET next_plan_id = ? WHERE id = ?", single, bought);
            List.of(ends, goesOn, chosen, bought).forEach(id -> notice(id, "trial-ending", "2026-11-26T09:00Z"));
            UUID over = ended(rows.active(single, STARTS, "2026-11-23T09:00Z"));
            notice(over, "subscription-ended", "2026-11-23T09:00Z");
            UUID tried = ended(rows.trial(single, STARTS, "2026-11-23T09:00Z"));
            notice(tried, "trial-ended", "2026-11-23T09:00Z");

            Map<Object, Object> plans = new HashMap<>();
            waiting(10).forEach(found -> plans.put(found.get("subscription_id"), found.get("plan_name")));

            Map<UUID, String> expected = new HashMap<>(Map.of(
                    goesOn, "Plan monthly", chosen, "Plan monthly", bought, "Plan single", over, "Plan single"));
            expected.put(ends, null);
            expected.put(tried, null);
            assertThat(plans).isEqualTo(expected);
        }

        @Test
        void the_oldest_are_found_first_and_no_more_than_asked_for_and_none_that_has_its_mail_or_somebody_is_at() {
            UUID[] ids = new UUID[4];
            for (int i = 0; i < 4; i++) {
                ids[i] = rows.trial(single, STARTS, "2026-11-26T09:00Z");
                notice(ids[i], "trial-ending", "2026-11-26T09:00Z");
                sql.execute("UPDATE subscription_notices SET created_at = ? WHERE subscription_id = ?", NOW.minusHours(i), ids[i]);
            }
            sql.execute("UPDATE subscription_notices SET queued_at = ? WHERE subscription_id = ?", NOW, ids[3]);

            assertThat(waiting(2)).extracting(found -> found.get("subscription_id")).containsExactly(ids[2], ids[1]);
            sql.whileHeld("SELECT template FROM subscription_notices WHERE subscription_id = ? FOR UPDATE", ids[2],
                    () -> assertThat(waiting(9)).extracting(found -> found.get("subscription_id")).containsExactly(ids[1], ids[0]));
        }
    }

    @Nested
    class Mails {

        private UUID id;

        @BeforeEach
        void remind() {
            id = rows.trial(single, STARTS, "2026-11-26T09:00Z");
            notice(id, "trial-ending", "2026-11-26T09:00Z");
        }

        @Test
        void a_mail_is_queued_with_the_mark_on_its_notice_once_and_the_relay_may_publish_it_at_once() {
            Object mail = queueIt();

            assertThat(sql.text("""
                    SELECT concat_ws(',', m.id, m.purpose, m.recipient, m.job, m.status, m.attempts, rfc3339(m.created_at),
                                     rfc3339(m.relay_at), m.expires_at, m.published_at, m.user_id = s.user_id)
                    FROM mails m
                    CROSS JOIN subscriptions s""")).isEqualTo(mail + ",trial-ending," + id
                    + "@example.com,{\"body\":\"b\"},queued,0,2026-11-23T09:00:00.000Z,2026-11-23T09:00:00.000Z,t");
            assertThat(sql.text("SELECT rfc3339(queued_at) FROM subscription_notices")).isEqualTo("2026-11-23T09:00:00.000Z");
            assertThat(queueIt()).isNull();
            assertThat(mails()).isEqualTo("1");
            assertThat(sql.rows("mail/claim-unpublished.sql", Map.of("now", NOW, "relay_delay", "5s", "batch", "9"))).hasSize(1);
        }

        @Test
        void of_many_replicas_at_once_one_queues_it() {
            assertThat(StatementRunner.inParallel(30, this::queueIt)).filteredOn(Objects::nonNull).hasSize(1);
            assertThat(mails()).isEqualTo("1");
        }

        @Test
        void a_notice_that_somebody_is_at_is_passed_over_and_not_waited_for() {
            sql.whileHeld("SELECT template FROM subscription_notices WHERE subscription_id = ? FOR UPDATE", id,
                    () -> assertThat(queueIt()).isNull());

            assertThat(unmarked()).isEqualTo("1");
            assertThat(queueIt()).isNotNull();
        }

        @ParameterizedTest
        @ValueSource(strings = {
            "UPDATE users SET deleted_at = '2026-11-23T08:00Z', is_active = false",
            "UPDATE users SET is_active = false, deactivated_at = '2026-11-23T08:00Z'",
            "UPDATE subscriptions SET deleted_at = '2026-11-23T08:00Z'",
            "UPDATE subscriptions SET cancel_at_period_end = true, cancelled_at = '2026-11-23T08:00Z'",
            "UPDATE subscriptions SET status = 'active'",
            "UPDATE subscriptions SET status = 'expired', ended_at = '2026-11-23T08:00Z'",
            "UPDATE subscriptions SET trial_ends_at = '2026-12-26T09:00Z', ends_at = '2026-12-26T09:00Z'"})
        void what_is_not_true_or_nobodys_business_any_more_is_marked_and_told_to_nobody(String meanwhile) {
            if (meanwhile.contains("users SET deleted_at")) {
                sql.execute("UPDATE subscriptions SET status = 'cancelled', cancelled_at = '2026-11-23T08:00Z'");
            }
            sql.execute(meanwhile);

            assertThat(queueIt()).isNull();

            assertThat(mails()).isEqualTo("0");
            assertThat(unmarked()).isEqualTo("0");
        }

        @Test
        void a_reminder_comes_before_the_end_or_not_at_all() {
            assertThat(queue(id, "trial-ending", NOW.plusDays(3))).isNull();
            assertThat(unmarked()).isEqualTo("0");
        }

        @Test
        void an_end_is_told_however_late_it_is() {
            ended(id);
            notice(id, "trial-ended", "2026-11-26T09:00Z");

            assertThat(queue(id, "trial-ended", NOW.plusDays(30))).isNotNull();
            assertThat(sql.text("SELECT purpose FROM mails")).isEqualTo("trial-ended");
        }

        @Test
        void who_has_another_address_by_now_is_written_to_there_by_the_next_run() {
            String rendered = id + "@example.com";
            sql.execute("UPDATE users SET email = 'new@example.com'");

            assertThat(queue(id, "trial-ending", NOW, rendered)).isNull();
            assertThat(unmarked()).isEqualTo("1");

            assertThat(queue(id, "trial-ending", NOW, (String) waiting(1).get(0).get("email"))).isNotNull();
            assertThat(sql.text("SELECT recipient FROM mails")).isEqualTo("new@example.com");
        }

        @ParameterizedTest
        @ValueSource(strings = {
            "UPDATE users SET deleted_at = '2026-11-23T08:00Z', is_active = false WHERE id = ?",
            "UPDATE users SET is_active = false, deactivated_at = '2026-11-23T08:00Z' WHERE id = ?"})
        void who_is_about_to_go_is_waited_for_and_not_written_to(String going) {
            sql.execute("UPDATE subscriptions SET status = 'cancelled', cancelled_at = '2026-11-23T08:00Z'");
            notice(id, "subscription-ended", "2026-11-23T08:00Z");
            UUID owner = UUID.fromString(sql.text("SELECT user_id FROM subscriptions"));

            Object mail = sql.whileWaitingFor(going, owner, () -> queue(id, "subscription-ended", NOW, id + "@example.com"));

            assertThat(mail).isNull();
            assertThat(mails()).isEqualTo("0");
            assertThat(unmarked()).as("the reminder").isEqualTo("1");
        }

        private Object queueIt() {
            return queue(id, "trial-ending", NOW);
        }
    }

    private static Object queue(UUID id, String template, OffsetDateTime now) {
        return queue(id, template, now, id + "@example.com");
    }

    private static Object queue(UUID id, String template, OffsetDateTime now, String email) {
        Timestamp end = Timestamp.from(OffsetDateTime.parse(sql.text(
                "SELECT rfc3339(ends_at) FROM subscription_notices WHERE subscription_id = ? AND template = ?", id, template)).toInstant());
        return sql.one("subscription-notice/queue-mail.sql", Map.of("subscription_id", id, "template", template, "ends_at", end,
                "email", email, "now", now, "job", "{\"body\":\"b\"}"));
    }

    private static void notice(UUID id, String template, String end) {
        sql.execute("INSERT INTO subscription_notices (subscription_id, template, ends_at, created_at)"
                + " VALUES (?, ?, CAST(? AS timestamptz), ?)", id, template, end, NOW);
    }

    private static UUID ended(UUID id) {
        sql.execute("UPDATE subscriptions SET status = 'expired', ended_at = ends_at WHERE id = ?", id);
        return id;
    }

    private static long remind(OffsetDateTime now) {
        return remind(now, 1_000);
    }

    private static long remind(OffsetDateTime now, int batch) {
        return (Long) sql.one("subscription-notice/insert-trial-ending.sql",
                Map.of("now", now, "trial_reminder", "3d", "batch", Integer.toString(batch)));
    }

    private static List<Map<String, Object>> waiting(int batch) {
        return sql.rows("subscription-notice/find-waiting.sql", Map.of("batch", Integer.toString(batch)));
    }

    private static String unmarked() {
        return sql.text("SELECT count(*) FROM subscription_notices WHERE queued_at IS NULL");
    }

    private static String mails() {
        return sql.text("SELECT count(*) FROM mails");
    }
}
