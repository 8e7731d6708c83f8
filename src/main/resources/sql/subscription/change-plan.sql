-- Changes the plan of a subscription, now or when its period ends, and notes it. Now, another interval begins a new period, but for a
-- trial, which goes on. Returns the answer that shows it, with its ETag; in their place, why not, as the name of a problem. The plan is
-- locked before the subscription, as whoever deletes it does, so that neither waits for the other for ever.
WITH wanted AS MATERIALIZED (
    SELECT p.id, p.interval
    FROM plans p
    WHERE p.id = CAST(:#plan_id AS uuid) AND p.deleted_at IS NULL
    FOR KEY SHARE
), held AS MATERIALIZED (
    SELECT s.id, s.version, s.live, s.status, s.plan_id, s.next_plan_id, s.starts_at, s.ends_at, s.cancel_at_period_end,
           subscription_state(s) AS state, subscription_json(s) AS json, wanted.id AS wanted_id, wanted.interval AS wanted_interval
    FROM subscriptions s
    LEFT JOIN wanted ON true
    WHERE s.id = CAST(:#id AS uuid) AND s.deleted_at IS NULL
      AND (s.user_id = :#caller_id OR CAST(:#${variable.caller.role} AS text) = 'ADMIN')
    FOR UPDATE OF s
), period AS (
    SELECT begins.at AS begins_at, period_end(begins.at, held.wanted_interval, begins.at) AS ends_at
    FROM held
    CROSS JOIN LATERAL (SELECT greatest(CAST(:#now AS timestamptz), held.starts_at)) AS begins (at)
    WHERE NOT CAST(:#at_period_end AS boolean) AND held.status <> 'trialing'
      AND held.wanted_interval IS DISTINCT FROM (SELECT p.interval FROM plans p WHERE p.id = held.plan_id)
), verdict AS (
    SELECT CASE
               WHEN held.id IS NULL THEN 'SUBSCRIPTION_NOT_FOUND'
               WHEN held.wanted_id IS NULL THEN 'PLAN_NOT_FOUND'
               WHEN NOT matches(held.version, CAST(:#${variable.If-Match} AS text)) THEN 'PRECONDITION_FAILED'
               WHEN held.live IS NULL THEN 'SUBSCRIPTION_STATUS_NOT_VALID'
               WHEN held.plan_id = held.wanted_id THEN 'SUBSCRIPTION_NOT_VALID plan_id is the plan already'
               WHEN asked.at_period_end AND held.ends_at IS NULL
                   THEN 'SUBSCRIPTION_NOT_VALID at_period_end must be false, because the subscription has no end'
               WHEN held.cancel_at_period_end AND EXISTS (SELECT FROM period WHERE period.ends_at IS NULL)
                   THEN 'SUBSCRIPTION_NOT_VALID plan_id must be a plan with an interval, because the subscription ends with its period'
           END AS problem,
           asked.at_period_end
    FROM (VALUES (CAST(:#at_period_end AS boolean))) AS asked (at_period_end)
    LEFT JOIN held ON true
), changed AS (
    UPDATE subscriptions s
    SET plan_id = CASE WHEN verdict.at_period_end THEN s.plan_id ELSE held.wanted_id END,
        next_plan_id = CASE WHEN verdict.at_period_end THEN held.wanted_id END,
        anchored_at = coalesce(period.begins_at, s.anchored_at),
        ends_at = CASE WHEN period.begins_at IS NULL THEN s.ends_at ELSE period.ends_at END,
        -- the trial of one that is paid for already is no part of the new period
        trial_ends_at = CASE WHEN period.ends_at < s.trial_ends_at THEN NULL ELSE s.trial_ends_at END,
        updated_at = CAST(:#now AS timestamptz)
    FROM held
    CROSS JOIN verdict
    LEFT JOIN period ON true
    WHERE s.id = held.id AND verdict.problem IS NULL AND (NOT verdict.at_period_end OR held.next_plan_id IS DISTINCT FROM held.wanted_id)
    RETURNING s.id, s.version, subscription_state(s) AS state, subscription_json(s) AS json
), noted AS (
    INSERT INTO subscription_history (subscription_id, version, at, actor, change, reason, from_state, to_state)
    SELECT changed.id, changed.version, CAST(:#now AS timestamptz), :#actor, 'subscription-change-plan', CAST(:#${variable.reason} AS text),
           held.state, changed.state
    FROM changed
    JOIN held ON held.id = changed.id
)
SELECT verdict.problem,
       CASE WHEN verdict.problem IS NULL THEN success(coalesce(changed.json, held.json)) END AS answer,
       CASE WHEN verdict.problem IS NULL THEN etag(coalesce(changed.version, held.version)) END AS etag
FROM verdict
LEFT JOIN held ON true
LEFT JOIN changed ON true
