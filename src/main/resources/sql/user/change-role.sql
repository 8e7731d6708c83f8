-- Changes a user's role, ends the user's sessions, whose tokens tell the old one, and notes it, unless it is the role already; returns the
-- answer that shows the user; in its place, why not, as the name of a problem. Who asks has to be an administrator still (see
-- deactivate.sql).
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
), changed AS (
    UPDATE users u
    SET role = :#role, updated_at = CAST(:#now AS timestamptz)
    FROM verdict
    WHERE u.id = CAST(:#id AS uuid) AND u.role <> :#role AND verdict.problem IS NULL
    RETURNING u.id, u.role, user_json(u) AS json
), ended AS (
    SELECT id, role, end_sessions(id, NULL, 'role-change', CAST(:#now AS timestamptz)) AS sessions
    FROM changed
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT CAST(:#now AS timestamptz), :#actor, 'user-change-role', ended.id::text, CAST(:#${variable.remote_address} AS text),
           jsonb_build_object('role', ended.role, 'was', held.role, 'sessions_ended', ended.sessions)
    FROM ended
    JOIN held ON held.id = ended.id
)
SELECT verdict.problem, CASE WHEN verdict.problem IS NULL THEN success(coalesce(c.json, held.json)) END AS answer
FROM verdict
LEFT JOIN held ON held.id = CAST(:#id AS uuid)
LEFT JOIN changed c ON true
