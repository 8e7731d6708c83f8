-- Reactivates a user who was deactivated and notes it; who had not proved the address before has still to do so. Returns the answer that
-- shows the user; in its place, why not, as the name of a problem. Who asks has to be an administrator still (see deactivate.sql).
WITH held AS MATERIALIZED (
    SELECT u.id, u.role, u.is_active, user_json(u) AS json
    FROM users u
    WHERE u.deleted_at IS NULL AND (u.id = CAST(:#id AS uuid) OR (u.role = 'ADMIN' AND u.is_active))
    ORDER BY u.id
    FOR UPDATE
), verdict AS (
    SELECT CASE
               WHEN NOT EXISTS (SELECT FROM held WHERE id = :#caller_id AND role = 'ADMIN' AND is_active) THEN 'FORBIDDEN'
               WHEN NOT EXISTS (SELECT FROM held WHERE id = CAST(:#id AS uuid)) THEN 'ACCOUNT_NOT_FOUND'
               WHEN CAST(:#id AS uuid) = :#caller_id THEN 'OWN_ACCOUNT'
           END AS problem
), reactivated AS (
    UPDATE users u
    SET is_active = u.verified_at IS NOT NULL, deactivated_at = NULL, updated_at = CAST(:#now AS timestamptz)
    FROM verdict
    WHERE u.id = CAST(:#id AS uuid) AND u.deactivated_at IS NOT NULL AND verdict.problem IS NULL
    RETURNING u.id, u.is_active, user_json(u) AS json
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT CAST(:#now AS timestamptz), :#actor, 'user-reactivate', r.id::text, CAST(:#${variable.remote_address} AS text),
           jsonb_build_object('is_active', r.is_active, 'was', held.is_active)
    FROM reactivated r
    JOIN held ON held.id = r.id
)
SELECT verdict.problem, CASE WHEN verdict.problem IS NULL THEN success(coalesce(r.json, held.json)) END AS answer
FROM verdict
LEFT JOIN held ON held.id = CAST(:#id AS uuid)
LEFT JOIN reactivated r ON true
