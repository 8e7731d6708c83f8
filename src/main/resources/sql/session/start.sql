-- Starts a session of a user, with its first refresh token, and notes the login; returns the session, or no row if the account was deleted
-- or deactivated since it was read, or its password or role changed. The lock lets whoever does that, and ends the user's sessions, go
-- before or after, and never past this one: no token tells a role that was taken away before its session began.
WITH owner AS (
    SELECT u.id
    FROM users u
    WHERE u.id = :#${variable.user[id]} AND u.role = :#${variable.user[role]} AND u.is_active AND u.deleted_at IS NULL
      AND u.password_changed_at IS NOT DISTINCT FROM CAST(:#${variable.user[password_changed_at]} AS timestamptz)
    FOR SHARE
), started AS (
    INSERT INTO sessions (user_id, remember, address, user_agent, created_at, last_used_at, expires_at)
    SELECT id, CAST(:#remember AS boolean), CAST(:#${variable.remote_address} AS text), CAST(:#${variable.user_agent} AS text),
           CAST(:#now AS timestamptz), CAST(:#now AS timestamptz),
           CAST(:#now AS timestamptz) + CASE
               WHEN CAST(:#remember AS boolean) THEN CAST(:#session_remember_ttl AS interval)
               ELSE CAST(:#session_ttl AS interval)
           END
    FROM owner
    RETURNING id, user_id, remember, created_at, expires_at
), token AS (
    INSERT INTO refresh_tokens (hash, session_id, created_at)
    SELECT CAST(:#refresh_hash AS bytea), id, created_at
    FROM started
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT created_at, user_id::text, 'authentication-login', user_id::text, CAST(:#${variable.remote_address} AS text),
           jsonb_build_object('session', id, 'remember', remember)
    FROM started
)
SELECT id AS session_id, remember, floor(extract(epoch FROM expires_at - created_at))::bigint AS seconds_left
FROM started
