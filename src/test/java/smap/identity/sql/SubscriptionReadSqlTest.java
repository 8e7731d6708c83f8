package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static smap.identity.sql.SubscriptionRows.NOW;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.account.Caller;

/** Who is shown which subscriptions, and what their answers say. */
class SubscriptionReadSqlTest extends SqlTestSupport {

    private static final List<String> STATUSES = List.of("trialing", "active", "past_due", "cancelled", "expired");
    private static final Caller BOSS = new Caller(UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001"), "ADMIN");

    private SubscriptionRows rows;
    private UUID ann;
    private UUID bob;
    private UUID plan;

    /** What a test knows of a row without asking the database. */
    private record Known(UUID id, UUID user, UUID plan, String status, OffsetDateTime createdAt, boolean deleted) {}

    @BeforeEach
    void a_plan_and_two_users() {
        rows = new SubscriptionRows(sql);
        ann = rows.user();
        bob = rows.user();
        plan = rows.plan("pro", "month");
    }

    @Test
    void lists_and_pages_show_what_the_caller_may_see_and_the_filter_lets_pass_as_a_reference_does() {
        Random random = new Random(20_261_123);
        List<UUID> users = Stream.concat(Stream.of(ann, bob), Stream.generate(rows::user).limit(5)).toList();
        List<UUID> plans = Stream.concat(Stream.of(plan), Stream.of("a", "b", "c").map(code -> rows.plan(code, null))).toList();
        List<Known> all = new ArrayList<>();
        for (UUID user : users) {
            int count = random.nextInt(16);
            for (int i = 0; i < count; i++) {
                all.add(known(random, user, plans.get(random.nextInt(plans.size())), i, i == count - 1));
            }
        }
        all.sort(Comparator.comparing(Known::createdAt).thenComparing(row -> row.id().toString()).reversed());
        assertThat(all).hasSizeGreaterThan(30).anyMatch(Known::deleted);
        assertThat(all.stream().map(Known::status)).containsAll(STATUSES);

        for (int i = 0; i < 400; i++) {
            Caller caller = random.nextInt(3) == 0 ? BOSS : new Caller(users.get(random.nextInt(users.size())), "USER");
            List<String> ids = filter(random, all.stream().map(Known::id).toList());
            List<String> userIds = filter(random, users);
            List<String> planIds = filter(random, plans);
            List<String> statuses = random.nextInt(3) > 0 ? null : STATUSES.stream().filter(status -> random.nextBoolean()).toList();
            Predicate<Known> passes = row -> !row.deleted()
                    && (caller == BOSS || row.user().equals(caller.id()))
                    && (ids == null || ids.contains(row.id().toString()))
                    && (userIds == null || userIds.contains(row.user().toString()))
                    && (planIds == null || planIds.contains(row.plan().toString()))
                    && (statuses == null || statuses.contains(row.status()));
            List<String> expected = all.stream().filter(passes).map(row -> row.id().toString()).toList();
            Map<String, Object> asked = new HashMap<>(by(caller));
            asked.put("ids", array(ids));
            asked.put("user_ids", array(userIds));
            asked.put("plan_ids", array(planIds));
            asked.put("statuses", array(statuses));

            int most = random.nextInt(4) == 0 ? random.nextInt(5) : 1000;
            asked.put("most", Integer.toString(most));
            assertThat(ids(data("subscription/list.sql", asked))).as(asked.toString())
                    .isEqualTo(expected.stream().limit(most).toList());
            int page = 1 + random.nextInt(4);
            int limit = 1 + random.nextInt(7);
            asked.putAll(Map.of("page", page, "limit", limit));
            JsonNode shown = data("subscription/list-page.sql", asked);
            List<String> onPage = expected.stream().skip((page - 1L) * limit).limit(limit).toList();
            assertThat(ids(shown)).as(asked.toString()).isEqualTo(onPage);
            assertThat(shown.path("paginator").toString()).isEqualTo("{\"total\":%d,\"count\":%d,\"per_page\":%d,\"current_page\":%d}"
                    .formatted(expected.size(), onPage.size(), limit, page));
        }
    }

    @Test
    void one_is_shown_whole_with_its_version_to_its_owner_and_to_administrators() {
        UUID id = rows.subscription(ann, plan, "trialing", NOW, NOW.plusDays(14));
        sql.execute("UPDATE subscriptions SET cancel_at_period_end = true, cancelled_at = starts_at WHERE id = ?", id);

        for (Caller caller : List.of(new Caller(ann, "USER"), BOSS)) {
            assertThat(sql.row("subscription/show.sql", about(id, caller))).isEqualTo(Map.of("etag", "\"2\"", "answer", """
                    {"error_code" : 0, "message" : "Success", "data" : {"id" : "%s", "user_id" : "%s", "plan_id" : "%s", \
                    "status" : "trialing", "trial_ends_at" : "2026-12-07T09:00:00.000Z", "starts_at" : "2026-11-23T09:00:00.000Z", \
                    "ends_at" : "2026-12-07T09:00:00.000Z", "grace_ends_at" : null, "cancelled_at" : "2026-11-23T09:00:00.000Z", \
                    "cancel_at_period_end" : true, "ended_at" : null, "next_plan_id" : null, \
                    "created_at" : "2026-11-23T09:00:00.000Z", "updated_at" : "2026-11-23T09:00:00.000Z"}}""".formatted(id, ann, plan)));
        }
    }

    @Test
    void one_that_is_anothers_unknown_or_deleted_is_not_there() {
        UUID id = rows.subscription(ann, plan, "active", NOW, null);
        assertThat(sql.one("subscription/show.sql", about(id, new Caller(bob, "USER")))).isNull();
        assertThat(sql.one("subscription/show.sql", about(UUID.randomUUID(), BOSS))).isNull();

        delete(id);
        assertThat(sql.one("subscription/show.sql", about(id, new Caller(ann, "USER")))).isNull();
        assertThat(sql.one("subscription/show.sql", about(id, BOSS))).isNull();
    }

    @Test
    void ones_own_is_the_live_one_whatever_there_was_before() {
        rows.ended(ann, plan, NOW.minusDays(20), NOW.minusDays(10));
        rows.subscription(bob, plan, "active", NOW, null);
        assertThat(sql.one("subscription/show-live.sql", by(new Caller(ann, "USER")))).isNull();

        UUID id = rows.subscription(ann, plan, "active", NOW, null);
        for (String status : List.of("active", "past_due")) {
            sql.execute("UPDATE subscriptions SET status = ? WHERE id = ?", status, id);
            Map<String, Object> shown = sql.row("subscription/show-live.sql", by(new Caller(ann, "USER")));
            assertThat(shown.get("answer").toString()).contains("\"id\" : \"" + id + '"', "\"status\" : \"" + status + '"');
            assertThat(shown).containsEntry("etag", status.equals("active") ? "\"2\"" : "\"3\"");
        }
        delete(id);
        assertThat(sql.one("subscription/show-live.sql", by(new Caller(ann, "USER")))).isNull();
    }

    @Test
    void the_history_tells_each_change_the_first_one_first() {
        UUID id = rows.subscription(ann, plan, "active", NOW, null);
        sql.execute("WITH changed AS (UPDATE subscriptions SET status = 'past_due', updated_at = ? WHERE id = ?"
                + " RETURNING id, version, updated_at, subscription_state(subscriptions) AS state) INSERT INTO subscription_history"
                + " SELECT id, version, updated_at, 'admin', 'subscription-update', 'card refused', '{}', state FROM changed",
                NOW.plusDays(1), id);

        for (Caller caller : List.of(new Caller(ann, "USER"), BOSS)) {
            JsonNode history = data("subscription-history/list.sql", about(id, caller)).path("history");
            assertThat(history.findValuesAsText("version")).containsExactly("1", "2");
            assertThat(history.get(0).path("from").isNull()).isTrue();
            assertThat(history.get(0).at("/to/status").asText()).isEqualTo("active");
            assertThat(history.get(0).path("reason").isNull()).isTrue();
            assertThat(history.get(1).toString()).startsWith("{\"version\":2,\"at\":\"2026-11-24T09:00:00.000Z\",\"actor\":\"admin\","
                    + "\"change\":\"subscription-update\",\"reason\":\"card refused\",\"from\":{},\"to\":{");
            assertThat(history.get(1).at("/to/status").asText()).isEqualTo("past_due");
        }
    }

    @Test
    void a_history_is_its_owners_and_the_administrators_and_theirs_alone_once_it_is_deleted() {
        UUID id = rows.subscription(ann, plan, "active", NOW, null);
        assertThat(sql.one("subscription-history/list.sql", about(id, new Caller(bob, "USER")))).isNull();
        assertThat(sql.one("subscription-history/list.sql", about(UUID.randomUUID(), BOSS))).isNull();

        delete(id);
        assertThat(sql.one("subscription-history/list.sql", about(id, new Caller(ann, "USER")))).isNull();
        assertThat(data("subscription-history/list.sql", about(id, BOSS)).path("history")).hasSize(2);
    }

    /** One of a user's, after those before it; live only if it is the last. */
    private Known known(Random random, UUID user, UUID ofPlan, int at, boolean last) {
        String status = STATUSES.get(last ? random.nextInt(3) : 3 + random.nextInt(2));
        OffsetDateTime start = NOW.plusDays(at);
        // several at the same time, so that the id decides
        OffsetDateTime createdAt = NOW.minusHours(random.nextInt(10));
        UUID id = UUID.randomUUID();
        boolean deleted = random.nextInt(6) == 0;
        sql.execute("INSERT INTO subscriptions (id, user_id, plan_id, status, starts_at, trial_ends_at, anchored_at, created_at,"
                        + " updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                id, user, ofPlan, status.equals("trialing") ? status : "active", start, start.plusHours(1), start, createdAt, createdAt);
        if (!List.of("trialing", "active").contains(status)) {
            sql.execute("UPDATE subscriptions SET status = ?, ended_at = ? WHERE id = ?", status,
                    status.equals("past_due") ? null : start.plusHours(2), id);
        }
        if (deleted) {
            delete(id);
        }
        return new Known(id, user, ofPlan, status, createdAt, deleted);
    }

    /** Some of them and one that there is not, or no filter. */
    private static List<String> filter(Random random, Collection<UUID> from) {
        if (random.nextInt(3) > 0) {
            return null;
        }
        List<String> some = new ArrayList<>(List.of(UUID.randomUUID().toString()));
        from.stream().filter(id -> random.nextInt(3) > 0).map(UUID::toString).forEach(some::add);
        return some;
    }

    private static String[] array(List<String> texts) {
        return texts == null ? null : texts.toArray(String[]::new);
    }

    private static Map<String, Object> by(Caller caller) {
        return Map.of("caller", caller, "caller_id", caller.id());
    }

    private static Map<String, Object> about(UUID id, Caller caller) {
        return Map.of("id", id.toString(), "caller", caller, "caller_id", caller.id());
    }

    private static void delete(UUID id) {
        sql.execute("UPDATE subscriptions SET deleted_at = ? WHERE id = ?", NOW, id);
    }

    private static List<String> ids(JsonNode data) {
        return data.path("subscriptions").findValuesAsText("id");
    }

    private static JsonNode data(String file, Map<String, Object> variables) {
        try {
            return new ObjectMapper().readTree((String) sql.one(file, variables)).path("data");
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }
}
