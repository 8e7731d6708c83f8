package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Three wrong passwords are free here, the longest delay is a minute, and a count is kept for a day. */
class LoginFailureSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final String ANN = "ann@example.com";
    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000001";
    private static final String HOME = "192.0.2.7";
    private static final String AWAY = "198.51.100.1";

    @Test
    void after_some_wrong_passwords_each_next_one_has_to_wait_twice_as_long_up_to_the_longest_delay() {
        List<Object> waits = new ArrayList<>();
        OffsetDateTime now = NOW;
        for (int i = 0; i < 10; i++) {
            assertThat(record(false, AWAY, now)).as("looked at").isNull();
            Object wait = wait(AWAY, now);
            waits.add(wait);
            now = now.plusSeconds(wait == null ? 0 : (Long) wait);
        }

        assertThat(waits).containsExactly(null, null, 1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L);
    }

    @Test
    void within_the_delay_nothing_is_counted_and_nothing_told_not_even_of_the_right_password() {
        fail(3, AWAY);

        assertThat(record(true, AWAY, NOW.plusNanos(999_000_000))).isEqualTo(1L);
        assertThat(record(false, AWAY, NOW.plusNanos(999_000_000))).isEqualTo(1L);
        assertThat(wait(AWAY, NOW.plusNanos(999_000_000))).isEqualTo(1L);
        assertThat(failures()).isEqualTo("3");
        assertThat(sql.text("SELECT count(*) FROM audit_events")).isEqualTo("3");
        assertThat(sql.text("SELECT count(*) FROM login_clients")).isEqualTo("0");
        assertThat(wait(AWAY, NOW.plusSeconds(1))).as("and then it is over").isNull();
    }

    @Test
    void the_right_password_clears_the_count_and_makes_its_client_known() {
        fail(3, AWAY);

        assertThat(record(true, AWAY, NOW.plusSeconds(1))).isNull();

        assertThat(failures()).isNull();
        assertThat(clients()).isEqualTo(AWAY);
    }

    @Test
    void a_client_the_owner_has_logged_in_from_is_not_slowed_down_by_others_but_by_itself() {
        record(true, HOME, NOW);
        fail(9, AWAY);

        assertThat(wait(HOME, NOW)).isNull();
        assertThat(record(false, HOME, NOW)).isNull();
        assertThat(record(true, HOME, NOW)).isNull();
        assertThat(wait(AWAY, NOW)).as("the others go on waiting").isEqualTo(1L);

        fail(3, HOME);
        assertThat(wait(HOME, NOW)).isEqualTo(1L);
        assertThat(record(true, HOME, NOW)).isEqualTo(1L);
        assertThat(record(true, HOME, NOW.plusSeconds(1))).isNull();
    }

    @Test
    void another_address_of_an_ipv6_network_is_the_same_client() {
        record(true, "2001:db8:0:1::1", NOW);
        fail(3, AWAY);

        assertThat(wait("2001:db8:0:1::2", NOW)).isNull();
        assertThat(wait("2001:db8:0:2::1", NOW)).isEqualTo(1L);
        assertThat(clients()).isEqualTo("2001:db8:0:1::/64");
    }

    @Test
    void an_account_that_is_not_active_makes_no_client_known() {
        Map<String, Object> right = recording(true, HOME, NOW);
        right.put("user", Map.of("id", ID, "is_active", false));

        assertThat(sql.one("login-failure/record.sql", right)).isNull();

        assertThat(clients()).isNull();
    }

    @Test
    void an_unknown_address_is_slowed_down_likewise_whatever_its_case() {
        for (int i = 0; i < 3; i++) {
            Map<String, Object> wrong = recording(false, AWAY, NOW);
            wrong.put("user", null);
            wrong.put("email", i == 1 ? "ANN@example.com" : ANN);
            assertThat(sql.one("login-failure/record.sql", wrong)).isNull();
        }

        assertThat(wait(AWAY, NOW)).isEqualTo(1L);
        assertThat(sql.text("SELECT DISTINCT subject FROM audit_events")).isEqualTo("nobody");
    }

    @Test
    void failures_are_in_a_row_only_if_they_follow_one_another_within_the_time_they_are_kept() {
        fail(3, AWAY);

        assertThat(record(false, AWAY, NOW.plusDays(1))).isNull();

        assertThat(failures()).isEqualTo("1");
        assertThat(wait(AWAY, NOW.plusDays(1))).isNull();
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void of_two_hundred_wrong_passwords_at_once_only_the_free_ones_are_told(boolean afterOne) {
        if (afterOne) {
            record(false, AWAY, NOW);
        }
        long told = StatementRunner.inParallel(200, () -> record(false, AWAY, NOW)).stream().filter(Objects::isNull).count();

        assertThat(told).isEqualTo(afterOne ? 2 : 3);
        assertThat(failures()).isEqualTo("3");
    }

    @Test
    void whoever_had_to_wait_for_the_failure_that_began_a_delay_is_told_nothing() {
        String first = "INSERT INTO login_failures VALUES (limit_key(?), '', 3, '2026-11-23T09:00:00Z', '2026-11-23T09:00:09Z')";
        assertThat(sql.whileWaitingFor(first, ANN, () -> record(false, AWAY, NOW))).isEqualTo(1L);
        assertThat(failures()).isEqualTo("3");

        for (boolean right : new boolean[] {true, false}) {
            assertThat(sql.whileWaitingFor("UPDATE login_failures SET until = '2026-11-23T09:01:09Z' WHERE address = limit_key(?)",
                    ANN, () -> record(right, AWAY, NOW.plusMinutes(1)))).isEqualTo(9L);
            sql.execute("UPDATE login_failures SET until = ?", NOW);
        }
        assertThat(failures()).isEqualTo("3");
    }

    @Test
    void a_refused_login_is_audited_without_the_address_or_the_password() {
        record(false, AWAY, NOW);

        assertThat(sql.text("SELECT concat_ws(' ', rfc3339(at), actor, action, subject, address, details) FROM audit_events"))
                .isEqualTo("2026-11-23T09:00:00.000Z anonymous login-refuse " + ID + " " + AWAY
                        + " {\"failures\": 1, \"operation\": \"login\"}");
    }

    @Test
    void without_limits_nothing_is_counted_but_a_refused_login_is_audited_all_the_same() {
        for (int i = 0; i < 9; i++) {
            Map<String, Object> wrong = recording(false, AWAY, NOW);
            wrong.put("rate_limits", "off");
            assertThat(sql.one("login-failure/record.sql", wrong)).isNull();
        }

        assertThat(failures()).isNull();
        assertThat(sql.text("SELECT count(*) FROM audit_events")).isEqualTo("9");
    }

    @Test
    void a_login_without_a_client_address_counts_and_is_let_through() {
        assertThat(record(true, null, NOW)).isNull();
        fail(3, null);

        assertThat(wait(null, NOW)).isEqualTo(1L);
        assertThat(clients()).isNull();
    }

    @Test
    void a_client_is_noted_anew_once_a_day_so_that_a_login_seldom_writes() {
        record(true, HOME, NOW);
        record(true, HOME, NOW.plusDays(1).minusNanos(1_000));
        assertThat(seen()).isEqualTo("2026-11-23T09:00:00.000Z");

        record(true, HOME, NOW.plusDays(1));
        assertThat(seen()).isEqualTo("2026-11-24T09:00:00.000Z");
    }

    @Test
    void counts_and_clients_are_deleted_when_they_are_old_so_many_at_a_time() {
        record(true, HOME, NOW);
        fail(3, AWAY);
        Map<String, Object> purging = new HashMap<>(Map.of("login_failures_kept", "1d", "login_clients_kept", "2d", "batch", 1));

        purging.put("now", NOW.plusDays(1).minusNanos(1_000));
        assertThat(sql.one("login-failure/purge.sql", purging)).isEqualTo(0L);
        purging.put("now", NOW.plusDays(1));
        assertThat(sql.one("login-failure/purge.sql", purging)).isEqualTo(1L);
        assertThat(sql.one("login-client/purge.sql", purging)).isEqualTo(0L);
        purging.put("now", NOW.plusDays(2));
        assertThat(sql.one("login-client/purge.sql", purging)).isEqualTo(1L);
        assertThat(sql.one("login-client/purge.sql", purging)).isEqualTo(0L);
    }

    private static void fail(int times, String client) {
        for (int i = 0; i < times; i++) {
            record(false, client, NOW);
        }
    }

    private static Object record(boolean right, String client, OffsetDateTime now) {
        return sql.one("login-failure/record.sql", recording(right, client, now));
    }

    private static Object wait(String client, OffsetDateTime now) {
        return sql.one("login-failure/find-wait.sql", recording(false, client, now));
    }

    private static Map<String, Object> recording(boolean right, String client, OffsetDateTime now) {
        Map<String, Object> variables = new HashMap<>(Map.of(
                "email", ANN, "is_right", right, "now", now, "user", Map.of("id", ID, "is_active", true), "limited", "login",
                "rate_limits", "on", "login_free_failures", "3", "login_delay_max", "1m", "login_failures_kept", "1d"));
        variables.put("remote_address", client);
        return variables;
    }

    private static String failures() {
        return sql.text("SELECT string_agg(failures::text, ',' ORDER BY network) FROM login_failures");
    }

    private static String clients() {
        return sql.text("SELECT string_agg(network, ',' ORDER BY network) FROM login_clients");
    }

    private static String seen() {
        return sql.text("SELECT rfc3339(seen_at) FROM login_clients");
    }
}
