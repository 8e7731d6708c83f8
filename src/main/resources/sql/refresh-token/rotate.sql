-- Rotates a refresh token: returns the session it goes on with and its user, or no row if it does not. The same token once more is a double
-- click for as long as the grace lasts and gets the same successor; later it was stolen, from its owner or by its owner, and the session
-- ends. The lock on the session makes parallel refreshes of it take turns, and each looks at what the one before has left.
WITH session AS (
    SELECT s.id, s.user_id, s.remember, s.expires_at
    FROM sessions s
    WHERE s.id = (SELECT t.session_id FROM refresh_tokens t WHERE t.hash = CAST(:#presented_hash AS bytea))
      AND s.ended_at IS NULL AND s.expires_at > CAST(:#now AS timestamptz)
    FOR UPDATE
), presented AS (
    SELECT t.hash, t.session_id, t.rotated_at
    FROM session
    JOIN refresh_tokens t ON t.session_id = session.id
    WHERE t.hash = CAST(:#presented_hash AS bytea)
    FOR UPDATE OF t
), continued AS (
    SELECT session.id, session.remember, session.expires_at, u.id AS user_id, u.email, u.role, user_json(u)::text AS json
    FROM presented
    JOIN session ON session.id = presented.session_id
    JOIN users u ON u.id = session.user_id AND u.is_active AND u.deleted_at IS NULL
    WHERE presented.rotated_at IS NULL OR presented.rotated_at > CAST(:#now AS timestamptz) - CAST(:#session_refresh_grace AS interval)
), rotated AS (
    UPDATE refresh_tokens t
    SET rotated_at = CAST(:#now AS timestamptz)
    FROM continued
    WHERE t.hash = CAST(:#presented_hash AS bytea) AND t.rotated_at IS NULL
), succeeded AS (
    INSERT INTO refresh_tokens (hash, session_id, created_at)
    SELECT CAST(:#refresh_hash AS bytea), id, CAST(:#now AS timestamptz)
    FROM continued
    ON CONFLICT (hash) DO NOTHING
), used AS (
    UPDATE sessions s
    SET last_used_at = CAST(:#now AS timestamptz), address = CAST(:#${variable.remote_address} AS text),
        user_agent = CAST(:#${variable.user_agent} AS text)
    FROM continued
    WHERE s.id = continued.id
), revoked AS (
    UPDATE sessions s
    SET ended_at = CAST(:#now AS timestamptz), end_reason = 'refresh-replay'
    FROM presented
    WHERE s.id = presented.session_id
      AND presented.rotated_at <= CAST(:#now AS timestamptz) - CAST(:#session_refresh_grace AS interval)
    RETURNING s.id, s.user_id
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT CAST(:#now AS timestamptz), 'anonymous', 'session-refresh-replay', user_id::text,
           CAST(:#${variable.remote_address} AS text), jsonb_build_object('session', id)
    FROM revoked
)
SELECT id AS session_id, remember, floor(extract(epoch FROM expires_at - CAST(:#now AS timestamptz)))::bigint AS seconds_left,
       user_id AS id, email, role, json
FROM continued
