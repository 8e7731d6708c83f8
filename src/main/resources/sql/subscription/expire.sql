-- Ends subscriptions that are due and do not go on, the longest overdue first, so many at a time, and returns how many: trials of a plan
-- that is not renewed, periods that nothing follows, and those whose payment was waited for long enough. Each is noted, and a notice to its
-- owner is left. Rows that another replica is at are passed over, and so is one whose plan somebody has just changed (see renew.sql).
WITH due AS MATERIALIZED (
    SELECT s.id, s.due_at, s.status, subscription_state(s) AS was
    FROM subscriptions s
    JOIN plans p ON p.id = coalesce(s.next_plan_id, s.plan_id)
    WHERE s.due_at <= CAST(:#now AS timestamptz) AND NOT s.cancel_at_period_end AND NOT goes_on(s, p.interval)
    ORDER BY s.due_at
    LIMIT CAST(:#batch AS integer)
    FOR UPDATE OF s SKIP LOCKED
), ended AS (
    UPDATE subscriptions s
    SET status = 'expired', ended_at = due.due_at, grace_ends_at = NULL, next_plan_id = NULL, updated_at = CAST(:#now AS timestamptz)
    FROM due
    WHERE s.id = due.id
    RETURNING s.id, s.version, s.ended_at, due.status AS was_status, due.was, subscription_state(s) AS state
), noted AS (
    INSERT INTO subscription_history (subscription_id, version, at, actor, change, from_state, to_state)
    SELECT id, version, CAST(:#now AS timestamptz), 'system', 'subscription-expire', was, state
    FROM ended
), noticed AS (
    INSERT INTO subscription_notices (subscription_id, template, ends_at, created_at)
    SELECT id, CASE was_status WHEN 'trialing' THEN 'trial-ended' ELSE 'subscription-ended' END, ended_at, CAST(:#now AS timestamptz)
    FROM ended
    ON CONFLICT DO NOTHING
)
SELECT count(*)
FROM ended
