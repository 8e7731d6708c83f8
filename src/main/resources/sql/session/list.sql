-- Returns the answer that lists the caller's live sessions, the one used last first, and tells which of them is asking.
SELECT success(json_build_object('sessions', coalesce(json_agg(json_build_object(
           'id', s.id, 'created_at', rfc3339(s.created_at), 'last_used_at', rfc3339(s.last_used_at), 'expires_at', rfc3339(s.expires_at),
           'address', s.address, 'user_agent', s.user_agent,
           'current', s.id IS NOT DISTINCT FROM CAST(:#${variable.session_id} AS uuid))
           ORDER BY s.last_used_at DESC, s.id), '[]')))
FROM (
    SELECT id, created_at, last_used_at, expires_at, address, user_agent
    FROM sessions
    WHERE user_id = :#caller_id AND ended_at IS NULL AND expires_at > CAST(:#now AS timestamptz)
    ORDER BY last_used_at DESC
    LIMIT 100
) AS s
