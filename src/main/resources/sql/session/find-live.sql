-- Finds a session that is live; no row if it has ended or expired, or never was.
SELECT id
FROM sessions
WHERE id = CAST(:#${variable.session_id} AS uuid) AND ended_at IS NULL AND expires_at > CAST(:#now AS timestamptz)
