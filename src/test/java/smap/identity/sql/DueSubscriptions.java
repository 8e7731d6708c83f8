package smap.identity.sql;

import java.time.OffsetDateTime;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/** Plans, subscriptions and their owners as a test of statements wants to find them. */
final class DueSubscriptions {

    private final StatementRunner sql;
    private final OffsetDateTime now;

    /** @param now when all of it was made */
    DueSubscriptions(StatementRunner sql, OffsetDateTime now) {
        this.sql = sql;
        this.now = now;
    }

    /** @param interval after which it is renewed; null: it is not */
    UUID plan(String code, String interval) {
        UUID id = UUID.randomUUID();
        sql.execute("INSERT INTO plans (id, code, name, max_usage, interval, created_at, updated_at) VALUES (?, ?, ?, 1, ?, ?, ?)",
                id, code, "Plan " + code, interval, now, now);
        return id;
    }

    /** An active user. */
    UUID user(String email) {
        UUID id = UUID.randomUUID();
        sql.execute("INSERT INTO users (id, email, password_hash, full_name, is_active, verified_at, created_at, updated_at)"
                + " VALUES (?, ?, 'h', 'Ann', true, ?, ?, ?)", id, email, now, now, now);
        return id;
    }

    UUID trial(UUID plan, String startsAt, String trialEndsAt) {
        return of(UUID.randomUUID(), plan, "trialing", startsAt, Map.of("trial_ends_at", trialEndsAt, "ends_at", trialEndsAt));
    }

    UUID active(UUID plan, String startsAt, String endsAt) {
        return of(UUID.randomUUID(), plan, "active", startsAt, Map.of("ends_at", endsAt));
    }

    /**
     * A subscription of a new user.
     *
     * @param columns which it has beside those, with their texts
     */
    UUID of(UUID id, UUID plan, String status, String startsAt, Map<String, String> columns) {
        UUID owner = user(id + "@example.com");
        sql.execute("""
                INSERT INTO subscriptions (id, user_id, plan_id, status, starts_at, trial_ends_at, anchored_at, created_at, updated_at)
                VALUES (?, ?, ?, CASE WHEN ? = 'trialing' THEN 'trialing' ELSE 'active' END, CAST(? AS timestamptz),
                        CAST(? AS timestamptz), CAST(? AS timestamptz), ?, ?)""",
                id, owner, plan, status, startsAt, columns.get("trial_ends_at"), columns.getOrDefault("ends_at", startsAt), now, now);
        String set = columns.entrySet().stream().sorted(Map.Entry.comparingByKey())
                .map(column -> ", " + column.getKey() + " = '" + column.getValue() + "'").collect(Collectors.joining());
        sql.execute("UPDATE subscriptions SET status = ?" + set + " WHERE id = ?", status, id);
        return id;
    }

    /** Status, plan, end and what else is not null, as columns of the row. */
    String state(UUID id) {
        return sql.text("""
                SELECT concat_ws(' ', s.status, p.code, rfc3339(s.ends_at), 'anchored ' || rfc3339(s.anchored_at),
                                 'next ' || n.code, 'grace ' || rfc3339(s.grace_ends_at), 'ended ' || rfc3339(s.ended_at))
                FROM subscriptions s
                JOIN plans p ON p.id = s.plan_id
                LEFT JOIN plans n ON n.id = s.next_plan_id
                WHERE s.id = ?""", id).replace(":00:00.000Z", "h");
    }

    /** What timers have done to it: version, change, actor, from which status and end to which. */
    String history(UUID id) {
        String history = sql.text("""
                SELECT string_agg(concat_ws(' ', version, change, actor, from_state ->> 'status', from_state ->> 'ends_at', '->',
                                            to_state ->> 'status', to_state ->> 'ends_at'), '; ' ORDER BY version)
                FROM subscription_history
                WHERE subscription_id = ? AND actor = 'system'""", id);
        return history == null ? "" : history.replace(":00:00.000Z", "h");
    }

    /** What the owner is to be told. */
    String notices(UUID id) {
        String notices = sql.text("SELECT string_agg(template || ' ' || rfc3339(ends_at), '; ' ORDER BY template, ends_at)"
                + " FROM subscription_notices WHERE subscription_id = ?", id);
        return notices == null ? "" : notices.replace(":00:00.000Z", "h");
    }
}
