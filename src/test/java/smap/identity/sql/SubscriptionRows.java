package smap.identity.sql;

import java.time.OffsetDateTime;
import java.util.UUID;
import org.postgresql.util.PSQLException;

/** Users, plans and subscriptions as tests of statements find them, written by plain SQL; and what the tables say of them. */
final class SubscriptionRows {

    static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");

    private final StatementRunner sql;

    SubscriptionRows(StatementRunner sql) {
        this.sql = sql;
    }

    UUID user() {
        UUID id = UUID.randomUUID();
        sql.execute("INSERT INTO users (id, email, password_hash, is_active, created_at, updated_at) VALUES (?, ?, 'h', true, ?, ?)",
                id, id + "@example.com", NOW, NOW);
        return id;
    }

    /** @param interval null for none */
    UUID plan(String code, String interval) {
        UUID id = UUID.randomUUID();
        sql.execute("INSERT INTO plans (id, code, name, max_usage, interval, created_at, updated_at) VALUES (?, ?, ?, 1, ?, ?, ?)",
                id, code, code, interval, NOW, NOW);
        return id;
    }

    /** The plan everybody begins with. */
    UUID freePlan(String code, int trialDays) {
        UUID id = plan(code, null);
        sql.execute("UPDATE plans SET trial_days = ? WHERE id = ?", trialDays, id);
        return id;
    }

    /** @param end null for none; a trial ends with the period */
    UUID subscription(UUID user, UUID plan, String status, OffsetDateTime start, OffsetDateTime end) {
        UUID id = UUID.randomUUID();
        sql.execute("INSERT INTO subscriptions (id, user_id, plan_id, status, starts_at, trial_ends_at, ends_at, anchored_at, created_at,"
                        + " updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                id, user, plan, status, start, status.equals("trialing") ? end : null, end, end == null ? start : end, NOW, NOW);
        return id;
    }

    /** One that is active at once and then over. */
    UUID ended(UUID user, UUID plan, OffsetDateTime start, OffsetDateTime end) {
        UUID id = subscription(user, plan, "active", start, null);
        sql.execute("UPDATE subscriptions SET status = 'expired', ended_at = ? WHERE id = ?", end, id);
        return id;
    }

    /** One expression over a row of subscriptions, as text. */
    String of(UUID id, String expression) {
        return sql.text("SELECT " + expression + " FROM subscriptions s WHERE id = ?", id);
    }

    /** The row as it is and every change that is noted of it: what a refused request leaves alone. */
    String everything(UUID id) {
        return sql.text("SELECT s::text || (SELECT string_agg(h::text, ' ' ORDER BY h.version) FROM subscription_history h"
                + " WHERE h.subscription_id = s.id) || (SELECT count(*) FROM subscription_notices)"
                + " FROM subscriptions s WHERE s.id = ?", id);
    }

    /** An expression over each row of the history, oldest first, from the second on: the first is the fixture's own. */
    String history(UUID id, String expression) {
        return sql.text("SELECT string_agg(concat_ws(' ', " + expression + "), ', ' ORDER BY version) FROM subscription_history h"
                + " WHERE subscription_id = ? AND version > 1", id);
    }

    /** The constraint that refuses an action; null if nothing does. */
    static String refusing(Runnable action) {
        try {
            action.run();
            return null;
        } catch (IllegalStateException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof PSQLException refusal && refusal.getServerErrorMessage() != null) {
                    String constraint = refusal.getServerErrorMessage().getConstraint();
                    return constraint == null ? refusal.getSQLState() : constraint;
                }
            }
            throw e;
        }
    }
}
