-- Deletes a plan, softly, so that its code and its name are free, and notes it; returns the answer; in its place, why not, as the name of a
-- problem. One that a live subscription has, or is to have next, fails by a foreign key of subscriptions.
WITH held AS MATERIALIZED (
    SELECT p.id, p.version
    FROM plans p
    WHERE p.id = CAST(:#id AS uuid) AND p.deleted_at IS NULL
    FOR UPDATE
), verdict AS (
    SELECT CASE
               WHEN held.id IS NULL THEN 'PLAN_NOT_FOUND'
               WHEN NOT matches(held.version, CAST(:#${variable.If-Match} AS text)) THEN 'PRECONDITION_FAILED'
           END AS problem
    FROM (VALUES (0)) AS one (row)
    LEFT JOIN held ON true
), deleted AS (
    UPDATE plans p
    SET deleted_at = CAST(:#now AS timestamptz), updated_at = CAST(:#now AS timestamptz)
    FROM verdict
    WHERE p.id = CAST(:#id AS uuid) AND verdict.problem IS NULL
    RETURNING p.id, p.code, p.name
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT CAST(:#now AS timestamptz), :#actor, 'plan-delete', id::text, CAST(:#${variable.remote_address} AS text),
           jsonb_build_object('code', code, 'name', name)
    FROM deleted
)
SELECT problem, CASE WHEN problem IS NULL THEN success(NULL) END AS answer
FROM verdict
