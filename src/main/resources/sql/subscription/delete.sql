-- Deletes a subscription, softly, in whatever state it is, and notes it: its owner may have another at once. Returns the answer; in its
-- place, why not, as the name of a problem.
WITH held AS MATERIALIZED (
    SELECT s.id, s.version, subscription_state(s) AS was
    FROM subscriptions s
    WHERE s.id = CAST(:#id AS uuid) AND s.deleted_at IS NULL
    FOR UPDATE
), verdict AS (
    SELECT CASE
               WHEN NOT EXISTS (SELECT FROM held) THEN 'SUBSCRIPTION_NOT_FOUND'
               WHEN NOT matches((SELECT version FROM held), CAST(:#${variable.If-Match} AS text)) THEN 'PRECONDITION_FAILED'
           END AS problem
), deleted AS (
    UPDATE subscriptions s
    SET deleted_at = CAST(:#now AS timestamptz), updated_at = CAST(:#now AS timestamptz)
    FROM held
    CROSS JOIN verdict
    WHERE s.id = held.id AND verdict.problem IS NULL
    RETURNING s.id, s.version, held.was, subscription_state(s) AS state
), noted AS (
    INSERT INTO subscription_history (subscription_id, version, at, actor, change, reason, from_state, to_state)
    SELECT id, version, CAST(:#now AS timestamptz), :#actor, 'subscription-delete', CAST(:#${variable.reason} AS text), was, state
    FROM deleted
)
SELECT verdict.problem, CASE WHEN verdict.problem IS NULL THEN success(NULL) END AS answer
FROM verdict
