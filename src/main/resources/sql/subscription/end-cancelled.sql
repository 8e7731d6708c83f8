-- Ends subscriptions that were cancelled at the end of a period that is over, the longest overdue first, so many at a time, and returns how
-- many. Each is noted, and a notice to its owner is left. Rows that another replica is at are passed over.
WITH due AS MATERIALIZED (
    SELECT s.id, s.due_at, subscription_state(s) AS was
    FROM subscriptions s
    WHERE s.due_at <= CAST(:#now AS timestamptz) AND s.cancel_at_period_end
    ORDER BY s.due_at
    LIMIT CAST(:#batch AS integer)
    FOR UPDATE SKIP LOCKED
), ended AS (
    UPDATE subscriptions s
    SET status = 'cancelled', ended_at = due.due_at, grace_ends_at = NULL, next_plan_id = NULL, updated_at = CAST(:#now AS timestamptz)
    FROM due
    WHERE s.id = due.id
    RETURNING s.id, s.version, s.ended_at, due.was, subscription_state(s) AS state
), noted AS (
    INSERT INTO subscription_history (subscription_id, version, at, actor, change, from_state, to_state)
    SELECT id, version, CAST(:#now AS timestamptz), 'system', 'subscription-end-cancelled', was, state
    FROM ended
), noticed AS (
    INSERT INTO subscription_notices (subscription_id, template, ends_at, created_at)
    SELECT id, 'subscription-ended', ended_at, CAST(:#now AS timestamptz)
    FROM ended
    ON CONFLICT DO NOTHING
)
SELECT count(*)
FROM ended
