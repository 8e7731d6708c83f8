-- Keeps the plan of a subscription that was to have another one from its next period on, and notes it. Returns the answer that shows it,
-- with its ETag; in their place, why not, as the name of a problem. One that keeps its plan anyway stays as it is.
WITH held AS MATERIALIZED (
    SELECT s.id, s.version, s.live, s.next_plan_id, subscription_state(s) AS state, subscription_json(s) AS json
    FROM subscriptions s
    WHERE s.id = CAST(:#id AS uuid) AND s.deleted_at IS NULL
      AND (s.user_id = :#caller_id OR CAST(:#${variable.caller.role} AS text) = 'ADMIN')
    FOR UPDATE
), verdict AS (
    SELECT CASE
               WHEN held.id IS NULL THEN 'SUBSCRIPTION_NOT_FOUND'
               WHEN NOT matches(held.version, CAST(:#${variable.If-Match} AS text)) THEN 'PRECONDITION_FAILED'
               WHEN held.live IS NULL THEN 'SUBSCRIPTION_STATUS_NOT_VALID'
           END AS problem
    FROM (VALUES (CAST(:#id AS uuid))) AS asked (id)
    LEFT JOIN held ON true
), changed AS (
    UPDATE subscriptions s
    SET next_plan_id = NULL, updated_at = CAST(:#now AS timestamptz)
    FROM held
    CROSS JOIN verdict
    WHERE s.id = held.id AND verdict.problem IS NULL AND held.next_plan_id IS NOT NULL
    RETURNING s.id, s.version, subscription_state(s) AS state, subscription_json(s) AS json
), noted AS (
    INSERT INTO subscription_history (subscription_id, version, at, actor, change, from_state, to_state)
    SELECT changed.id, changed.version, CAST(:#now AS timestamptz), :#actor, 'subscription-keep-plan', held.state, changed.state
    FROM changed
    JOIN held ON held.id = changed.id
)
SELECT verdict.problem,
       CASE WHEN verdict.problem IS NULL THEN success(coalesce(changed.json, held.json)) END AS answer,
       CASE WHEN verdict.problem IS NULL THEN etag(coalesce(changed.version, held.version)) END AS etag
FROM verdict
LEFT JOIN held ON true
LEFT JOIN changed ON true
