package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import smap.identity.limit.RateLimit;

/** The limits here, unless a test has its own: 3 requests in 10 minutes for one address, 5 in an hour of one client. */
class RateLimitSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final RateLimit LIMIT = new RateLimit(3, "10m", 5, "1h");
    private static final String HOME = "192.0.2.7";
    private static final String AWAY = "198.51.100.1";

    @Test
    void an_address_has_so_many_permits_wherever_they_are_asked_for_and_then_waits_for_the_end_of_its_window() {
        assertThat(take("ann@example.com", HOME, NOW)).isNull();
        assertThat(take("Ann@Example.COM", AWAY, NOW.plusSeconds(1))).isNull();
        assertThat(take("ann@example.com", "2001:db8::1", NOW.plusSeconds(2))).isNull();

        assertThat(take("ann@example.com", "203.0.113.9", NOW.plusSeconds(3))).isEqualTo(597L);
        assertThat(take("ann@example.com", "203.0.113.9", NOW.plusMinutes(10).minusNanos(1_000))).as("at least a second").isEqualTo(1L);
        assertThat(take("ben@example.com", "203.0.113.9", NOW.plusSeconds(3))).as("another address").isNull();
    }

    @Test
    void a_window_that_is_over_begins_anew_with_the_next_request() {
        for (int i = 0; i < 4; i++) {
            take("ann@example.com", HOME, NOW);
        }

        assertThat(take("ann@example.com", AWAY, NOW.plusMinutes(10))).isNull();
        assertThat(take("ann@example.com", AWAY, NOW.plusMinutes(19))).isNull();
        assertThat(take("ann@example.com", AWAY, NOW.plusMinutes(19))).isNull();
        assertThat(take("ann@example.com", AWAY, NOW.plusMinutes(19))).isEqualTo(60L);
    }

    @Test
    void a_client_has_so_many_permits_for_all_addresses() {
        for (int i = 0; i < 5; i++) {
            assertThat(take("p" + i + "@example.com", HOME, NOW)).isNull();
        }

        assertThat(take("p5@example.com", HOME, NOW)).isEqualTo(3_600L);
        assertThat(take("p5@example.com", AWAY, NOW)).isNull();
        assertThat(take("p5@example.com", HOME, NOW.plusHours(1))).isNull();
    }

    @Test
    void a_client_that_is_refused_takes_nothing_from_the_address() {
        for (int i = 0; i < 5; i++) {
            take("p" + i + "@example.com", HOME, NOW);
        }
        for (int i = 0; i < 9; i++) {
            take("ann@example.com", HOME, NOW);
        }

        for (int i = 0; i < 3; i++) {
            assertThat(take("ann@example.com", AWAY, NOW)).isNull();
        }
    }

    @Test
    void what_an_address_is_refused_counts_for_the_client_that_asks() {
        for (int i = 0; i < 5; i++) {
            take("ann@example.com", HOME, NOW);
        }

        assertThat(take("ben@example.com", HOME, NOW)).isEqualTo(3_600L);
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.7,          192.0.2.7,            true",
        "192.0.2.7,          192.0.2.8,            false",
        "2001:db8:0:1::1,    2001:db8:0:1:ffff::9, true",
        "2001:db8:0:1::1,    2001:db8:0:2::1,      false",
        "::ffff:192.0.2.7,   192.0.2.7,            false"})
    void an_ipv6_client_is_the_network_of_its_customer(String one, String other, boolean same) {
        for (int i = 0; i < 5; i++) {
            take("p" + i + "@example.com", one, NOW);
        }

        assertThat(take("ann@example.com", other, NOW) != null).isEqualTo(same);
    }

    @Test
    void each_operation_counts_for_itself() {
        for (int i = 0; i < 4; i++) {
            take("ann@example.com", HOME, NOW);
        }

        assertThat(sql.one("rate-limit/take.sql", taking("verify-otp", LIMIT, "ann@example.com", HOME, NOW))).isNull();
    }

    @Test
    void without_an_address_or_a_client_the_other_is_limited_all_the_same() {
        for (int i = 0; i < 5; i++) {
            assertThat(take(null, HOME, NOW)).isNull();
        }
        assertThat(take(null, HOME, NOW)).isEqualTo(3_600L);
        for (int i = 0; i < 3; i++) {
            assertThat(take("ann@example.com", null, NOW)).isNull();
        }
        assertThat(take("ann@example.com", null, NOW)).isEqualTo(600L);
    }

    @Test
    void a_client_the_owner_has_logged_in_from_has_permits_of_its_own() {
        sql.execute("INSERT INTO login_clients VALUES (limit_key('ann@example.com'), ?, ?)", HOME, NOW);
        for (int i = 0; i < 4; i++) {
            take("ann@example.com", AWAY, NOW);
        }

        for (int i = 0; i < 3; i++) {
            assertThat(take("ANN@example.com", HOME, NOW)).isNull();
        }
        assertThat(take("ann@example.com", HOME, NOW)).isEqualTo(600L);
    }

    @Test
    void of_two_hundred_requests_at_once_as_many_are_let_through_as_there_are_permits() {
        RateLimit fifty = new RateLimit(50, "10m", 1_000, "1h");
        assertThat(granted(200, fifty, call -> "ann@example.com")).isEqualTo(50);
        RateLimit forty = new RateLimit(1_000, "10m", 40, "1h");
        sql.clear();
        assertThat(granted(200, forty, call -> "p" + call + "@example.com")).isEqualTo(40);
    }

    @Test
    void clients_and_addresses_that_cross_do_not_stand_in_one_anothers_way() {
        AtomicInteger calls = new AtomicInteger();
        RateLimit wide = new RateLimit(1_000, "10m", 1_000, "1h");
        List<Object> waits = StatementRunner.inParallel(40, () -> {
            Object wait = null;
            for (int i = 0; i < 10; i++) {
                int call = calls.incrementAndGet();
                wait = sql.one("rate-limit/take.sql",
                        taking("login", wide, "p" + call % 3 + "@example.com", "192.0.2." + call % 4, NOW));
            }
            return wait;
        });

        assertThat(waits).hasSize(40).containsOnlyNulls();
        assertThat(sql.text("SELECT sum(taken) FROM rate_limits WHERE scope = 'login client'")).isEqualTo("400");
        assertThat(sql.text("SELECT sum(taken) FROM rate_limits WHERE scope = 'login address'")).isEqualTo("400");
    }

    @Test
    void addresses_are_kept_as_digests() {
        take("ann@example.com", HOME, NOW);

        assertThat(sql.text("SELECT string_agg(r::text, ' ') FROM rate_limits r")).doesNotContain("ann", HOME);
        assertThat(sql.text("SELECT string_agg(DISTINCT relpersistence::text, ',') FROM pg_class"
                + " WHERE relname IN ('rate_limits', 'login_failures')")).as("written without a wait for the disk").isEqualTo("u");
    }

    @Test
    void windows_that_are_over_are_deleted_so_many_at_a_time() {
        for (int i = 0; i < 5; i++) {
            take("p" + i + "@example.com", HOME, NOW);
        }

        assertThat(purge(NOW.plusMinutes(10).minusNanos(1_000), 100)).isZero();
        assertThat(purge(NOW.plusMinutes(10), 3)).isEqualTo(3);
        assertThat(purge(NOW.plusMinutes(10), 3)).isEqualTo(2);
        assertThat(sql.text("SELECT string_agg(scope, ',') FROM rate_limits")).isEqualTo("login client");
        assertThat(purge(NOW.plusHours(1), 3)).isEqualTo(1);
    }

    private static long purge(OffsetDateTime now, int batch) {
        return (Long) sql.one("rate-limit/purge.sql", Map.of("now", now, "batch", batch));
    }

    private static long granted(int calls, RateLimit limit, IntFunction<String> email) {
        AtomicInteger call = new AtomicInteger();
        return StatementRunner.inParallel(calls, () -> sql.one("rate-limit/take.sql",
                taking("login", limit, email.apply(call.incrementAndGet()), HOME, NOW))).stream().filter(Objects::isNull).count();
    }

    private static Object take(String email, String client, OffsetDateTime now) {
        return sql.one("rate-limit/take.sql", taking("login", LIMIT, email, client, now));
    }

    private static Map<String, Object> taking(String operation, RateLimit limit, String email, String client, OffsetDateTime now) {
        Map<String, Object> variables = new HashMap<>(Map.of("limited", operation, "limit", limit, "now", now));
        variables.put("email", email);
        variables.put("remote_address", client);
        return variables;
    }
}
