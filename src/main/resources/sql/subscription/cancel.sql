-- Cancels a subscription, now or at the end of its period, and notes it; if it is now, its subscriber is to be told. Returns the answer
-- that shows it, with its ETag; in their place, why not, as the name of a problem. One that is to end already stays as it is.
WITH held AS MATERIALIZED (
    SELECT s.id, s.version, s.live, s.ends_at, s.cancel_at_period_end, subscription_state(s) AS state, subscription_json(s) AS json
    FROM subscriptions s
    WHERE s.id = CAST(:#id AS uuid) AND s.deleted_at IS NULL
      AND (s.user_id = :#caller_id OR CAST(:#${variable.caller.role} AS text) = 'ADMIN')
    FOR UPDATE
), verdict AS (
    SELECT CASE
               WHEN held.id IS NULL THEN 'SUBSCRIPTION_NOT_FOUND'
               WHEN NOT matches(held.version, CAST(:#${variable.If-Match} AS text)) THEN 'PRECONDITION_FAILED'
               WHEN held.live IS NULL THEN 'CANNOT_CANCEL'
               WHEN asked.at_period_end AND held.ends_at IS NULL
                   THEN 'CANNOT_CANCEL at_period_end must be false, because the subscription has no end'
           END AS problem,
           asked.at_period_end
    FROM (VALUES (CAST(:#at_period_end AS boolean))) AS asked (at_period_end)
    LEFT JOIN held ON true
), changed AS (
    UPDATE subscriptions s
    SET status = CASE WHEN verdict.at_period_end THEN s.status ELSE 'cancelled' END,
        cancel_at_period_end = verdict.at_period_end, cancelled_at = CAST(:#now AS timestamptz),
        ended_at = CASE WHEN NOT verdict.at_period_end THEN CAST(:#now AS timestamptz) END,
        grace_ends_at = CASE WHEN verdict.at_period_end THEN s.grace_ends_at END,
        -- may be resumed, and then goes on as was asked for
        next_plan_id = CASE WHEN verdict.at_period_end THEN s.next_plan_id END,
        updated_at = CAST(:#now AS timestamptz)
    FROM held
    CROSS JOIN verdict
    WHERE s.id = held.id AND verdict.problem IS NULL AND NOT (verdict.at_period_end AND held.cancel_at_period_end)
    RETURNING s.id, s.version, s.ended_at, subscription_state(s) AS state, subscription_json(s) AS json
), noted AS (
    INSERT INTO subscription_history (subscription_id, version, at, actor, change, reason, from_state, to_state)
    SELECT changed.id, changed.version, CAST(:#now AS timestamptz), :#actor, 'subscription-cancel', CAST(:#${variable.reason} AS text),
           held.state, changed.state
    FROM changed
    JOIN held ON held.id = changed.id
), told AS (
    INSERT INTO subscription_notices (subscription_id, template, ends_at, created_at)
    SELECT id, 'subscription-ended', ended_at, ended_at
    FROM changed
    WHERE ended_at IS NOT NULL
)
SELECT verdict.problem,
       CASE WHEN verdict.problem IS NULL THEN success(coalesce(changed.json, held.json)) END AS answer,
       CASE WHEN verdict.problem IS NULL THEN etag(coalesce(changed.version, held.version)) END AS etag
FROM verdict
LEFT JOIN held ON true
LEFT JOIN changed ON true
