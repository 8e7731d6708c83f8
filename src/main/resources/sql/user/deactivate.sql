-- Deactivates a user, ends the user's sessions and notes it, unless that was done before; returns the answer that shows the user; in its
-- place, why not, as the name of a problem. Who asks has to be an administrator still. Of two who deactivate each other the second is none
-- any more when its turn comes: rows are locked in the order of their ids. So there is always somebody left who administers.
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
), deactivated AS (
    UPDATE users u
    SET is_active      = false,
        -- an older replica activates without this column
        verified_at    = CASE WHEN u.is_active THEN coalesce(u.verified_at, u.updated_at) ELSE u.verified_at END,
        deactivated_at = CAST(:#now AS timestamptz),
        updated_at     = CAST(:#now AS timestamptz)
    FROM verdict
    WHERE u.id = CAST(:#id AS uuid) AND u.deactivated_at IS NULL AND verdict.problem IS NULL
    RETURNING u.id, user_json(u) AS json
), ended AS (
    SELECT id, end_sessions(id, NULL, 'deactivated', CAST(:#now AS timestamptz)) AS sessions
    FROM deactivated
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT CAST(:#now AS timestamptz), :#actor, 'user-deactivate', held.id::text, CAST(:#${variable.remote_address} AS text),
           jsonb_build_object('is_active', false, 'was', held.is_active, 'sessions_ended', ended.sessions)
    FROM ended
    JOIN held ON held.id = ended.id
)
SELECT verdict.problem, CASE WHEN verdict.problem IS NULL THEN success(coalesce(d.json, held.json)) END AS answer
FROM verdict
LEFT JOIN held ON held.id = CAST(:#id AS uuid)
LEFT JOIN deactivated d ON true
