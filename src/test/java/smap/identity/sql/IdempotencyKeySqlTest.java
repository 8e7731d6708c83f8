package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.dao.ConcurrencyFailureException;

/** Keys last an hour here, and leases a minute. */
class IdempotencyKeySqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");

    @Test
    void a_new_key_is_leased() {
        Map<String, Object> claim = claim("k", "hash", NOW);

        assertThat(claim.get("lease")).isInstanceOf(UUID.class);
        assertThat(claim).containsEntry("misused", false).containsEntry("status", null).containsEntry("answer", null);
        assertThat(sql.text("SELECT concat_ws(' ', operation, actor, key, request_hash, rfc3339(leased_until), rfc3339(expires_at))"
                + " FROM idempotency_keys"))
                .isEqualTo("authentication-register anyone k hash 2026-11-23T09:01:00.000Z 2026-11-23T10:00:00.000Z");
    }

    @Test
    void a_key_under_way_is_not_claimed_by_another_until_its_lease_is_over() {
        Object lease = claim("k", "hash", NOW).get("lease");

        assertThat(claim("k", "hash", NOW.plusSeconds(59))).isEqualTo(found(false, null, null));
        assertThat(claim("k", "other", NOW.plusSeconds(59))).isEqualTo(found(true, null, null));
        assertThat(claim("k", "hash", NOW.plusSeconds(60)).get("lease")).isNotNull().isNotEqualTo(lease);
    }

    @Test
    void a_kept_answer_is_found_for_the_same_request_until_the_key_expires() {
        keep(claim("k", "hash", NOW));

        assertThat(claim("k", "hash", NOW.plusMinutes(59))).isEqualTo(found(false, 201, "the answer"));
        assertThat(claim("k", "other", NOW.plusMinutes(59))).containsEntry("misused", true).containsEntry("lease", null);
        assertThat(claim("k", "other", NOW.plusMinutes(60)).get("lease")).as("expired").isNotNull();
        assertThat(claim("k", "other", NOW.plusMinutes(60))).isEqualTo(found(false, null, null));
    }

    @Test
    void a_key_is_one_callers_and_one_operations() {
        keep(claim("k", "hash", NOW));

        assertThat(claim("k", "hash", NOW, "authentication-register", "ann").get("lease")).isNotNull();
        assertThat(claim("k", "hash", NOW, "authentication-register", "bob").get("lease")).isNotNull();
        assertThat(claim("k", "hash", NOW, "dead-letter-replay-many", null).get("lease")).isNotNull();
        assertThat(claim("K", "hash", NOW).get("lease")).as("case counts").isNotNull();
    }

    @Test
    void of_fifty_at_once_one_has_the_lease_also_when_an_old_one_is_taken_over() {
        for (OffsetDateTime now : List.of(NOW, NOW.plusMinutes(1), NOW.plusHours(2))) {
            List<Map<String, Object>> claims = StatementRunner.inParallel(50, () -> claim("k", "hash", now));

            assertThat(claims).filteredOn(claim -> claim.get("lease") != null).hasSize(1);
            assertThat(claims).filteredOn(claim -> claim.get("lease") == null).allMatch(found(false, null, null)::equals).hasSize(49);
        }
    }

    @Test
    void a_refused_request_gives_its_key_back_and_no_other() {
        Map<String, Object> refused = claim("refused", "hash", NOW);
        Map<String, Object> done = claim("done", "hash", NOW);
        keep(done);

        assertThat(release(refused)).isEqualTo(1);
        assertThat(release(refused)).isZero();
        assertThat(release(done)).isZero();

        assertThat(claim("refused", "other", NOW).get("lease")).isNotNull();
        assertThat(claim("done", "hash", NOW)).isEqualTo(found(false, 201, "the answer"));
    }

    @Test
    void whoever_lost_the_lease_keeps_nothing_and_creates_nothing() {
        Map<String, Object> slow = claim("k", "hash", NOW);
        Map<String, Object> next = claim("k", "hash", NOW.plusMinutes(2));

        assertThatThrownBy(() -> register(slow)).hasCauseInstanceOf(ConcurrencyFailureException.class);
        assertThat(release(slow)).isZero();
        assertThat(sql.text("SELECT count(*) FROM users")).isEqualTo("0");

        assertThat(register(next)).startsWith("{\"error_code\" : 0");
        assertThatThrownBy(() -> register(next, "bob@example.com")).as("one answer a lease")
                .hasCauseInstanceOf(ConcurrencyFailureException.class);
        assertThat(sql.text("SELECT count(*) FROM users")).isEqualTo("1");
    }

    @Test
    void the_answer_is_kept_by_the_statement_that_creates() {
        String answer = register(claim("k", "hash", NOW));

        assertThat(claim("k", "hash", NOW)).isEqualTo(found(false, 201, answer));
    }

    @Test
    void a_request_that_creates_nothing_keeps_nothing() {
        register(claim("first", "hash", NOW));

        assertThat(register(claim("second", "hash", NOW))).as("the address is taken").isNull();

        assertThat(claim("second", "hash", NOW)).isEqualTo(found(false, null, null));
    }

    @Test
    void without_a_key_there_is_nothing_to_keep() {
        assertThat(register(Map.of())).startsWith("{\"error_code\" : 0");

        assertThat(sql.text("SELECT count(*) FROM idempotency_keys")).isEqualTo("0");
    }

    @Test
    void a_run_of_replays_is_kept_too() {
        Map<String, Object> variables = new HashMap<>(Map.of("now", NOW, "actor", "ann", "rate", 10));
        variables.put("idempotency_lease", claim("k", "hash", NOW, "dead-letter-replay-many", "ann").get("lease"));

        Object answer = sql.one("dead-letter-replay/start.sql", variables);

        assertThat(claim("k", "hash", NOW, "dead-letter-replay-many", "ann")).isEqualTo(found(false, 202, answer));
    }

    @Test
    void what_has_expired_is_purged_so_many_at_a_time() {
        for (int i = 0; i < 5; i++) {
            claim("old" + i, "hash", NOW.minusHours(1).minusMinutes(i));
        }
        claim("young", "hash", NOW.minusMinutes(59));

        assertThat(purge(3)).isEqualTo(3);
        sql.whileHeld("SELECT key FROM idempotency_keys WHERE key = ? FOR UPDATE", "old0", () -> assertThat(purge(3)).isEqualTo(1));
        assertThat(purge(3)).isEqualTo(1);
        assertThat(purge(3)).isZero();

        assertThat(sql.text("SELECT string_agg(key, ',') FROM idempotency_keys")).isEqualTo("young");
    }

    private static Map<String, Object> claim(String key, String hash, OffsetDateTime now) {
        return claim(key, hash, now, "authentication-register", null);
    }

    private static Map<String, Object> claim(String key, String hash, OffsetDateTime now, String operation, String actor) {
        Map<String, Object> variables = new HashMap<>(Map.of("Idempotency-Key", key, "request_hash", hash, "now", now,
                "operation", operation, "idempotency_ttl", "1h", "lease_time", "1m"));
        variables.put("actor", actor);
        return sql.row("idempotency-key/claim.sql", variables);
    }

    private static Map<String, Object> found(boolean misused, Integer status, Object answer) {
        Map<String, Object> found = new HashMap<>();
        found.put("lease", null);
        found.put("misused", misused);
        found.put("status", status);
        found.put("answer", answer);
        return found;
    }

    private static void keep(Map<String, Object> claim) {
        assertThat(sql.text("SELECT kept(?, 201, 'the answer')", claim.get("lease"))).isEqualTo("the answer");
    }

    private static int release(Map<String, Object> claim) {
        return sql.change("idempotency-key/release.sql", Map.of("idempotency_lease", claim.get("lease")));
    }

    private static String register(Map<String, Object> claim) {
        return register(claim, "ann@example.com");
    }

    private static String register(Map<String, Object> claim, String email) {
        Map<String, Object> variables = new HashMap<>(Map.of("email", email, "password_hash", "h", "now", NOW));
        variables.put("idempotency_lease", claim.get("lease"));
        variables.put("enumeration_safe", "false");
        return (String) sql.row("user/insert.sql", variables).get("answer");
    }

    private static long purge(int batch) {
        return (Long) sql.one("idempotency-key/purge.sql", Map.of("now", NOW, "batch", String.valueOf(batch)));
    }
}
