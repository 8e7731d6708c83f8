-- Renews subscriptions that are due and go on, the longest overdue first, so many at a time, and returns how many: after a trial comes the
-- first period, after a period the next one, with the plan that was to follow. One period a turn: whoever was not looked after for months
-- gets each of them. Rows that another replica is at are passed over, and so is one whose plan somebody has just changed: its turn comes
-- with the next run.
WITH due AS MATERIALIZED (
    SELECT s.id, s.due_at, subscription_state(s) AS was, p.id AS plan_id, p.interval,
           s.status = 'trialing' AND coalesce(s.ends_at > s.trial_ends_at, false) AS has_time_left,
           -- periods of another length are counted anew
           s.status = 'trialing' OR p.interval IS DISTINCT FROM old.interval AS is_first
    FROM subscriptions s
    JOIN plans old ON old.id = s.plan_id
    JOIN plans p ON p.id = coalesce(s.next_plan_id, s.plan_id)
    WHERE s.due_at <= CAST(:#now AS timestamptz) AND NOT s.cancel_at_period_end AND goes_on(s, p.interval)
    ORDER BY s.due_at
    LIMIT CAST(:#batch AS integer)
    -- no key: the deletion of the plan that is to follow may look at the row, and each of the two would wait for the other
    FOR NO KEY UPDATE OF s SKIP LOCKED
), renewed AS (
    UPDATE subscriptions s
    SET status       = 'active',
        plan_id      = due.plan_id,
        next_plan_id = NULL,
        anchored_at  = CASE WHEN due.is_first AND NOT due.has_time_left THEN due.due_at ELSE s.anchored_at END,
        ends_at      = CASE WHEN due.has_time_left THEN s.ends_at
                            ELSE period_end(CASE WHEN due.is_first THEN due.due_at ELSE s.anchored_at END, due.interval, due.due_at) END,
        updated_at   = CAST(:#now AS timestamptz)
    FROM due
    WHERE s.id = due.id
    RETURNING s.id, s.version, due.was, subscription_state(s) AS state
), noted AS (
    INSERT INTO subscription_history (subscription_id, version, at, actor, change, from_state, to_state)
    SELECT id, version, CAST(:#now AS timestamptz), 'system', 'subscription-renew', was, state
    FROM renewed
)
SELECT count(*)
FROM renewed
