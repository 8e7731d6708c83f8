-- Ends one live session of the caller and notes it; returns how many were ended, which is one or none, and the answer that says so.
WITH ended AS (
    UPDATE sessions
    SET ended_at = CAST(:#now AS timestamptz), end_reason = 'logout'
    WHERE id = CAST(:#${variable.ended_id} AS uuid) AND user_id = :#caller_id
      AND ended_at IS NULL AND expires_at > CAST(:#now AS timestamptz)
    RETURNING id, user_id
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT CAST(:#now AS timestamptz), :#actor, :#action, user_id::text, CAST(:#${variable.remote_address} AS text),
           jsonb_build_object('session', id)
    FROM ended
)
SELECT count(*) AS ended, success(json_build_object('ended', count(*))) AS answer
FROM ended
