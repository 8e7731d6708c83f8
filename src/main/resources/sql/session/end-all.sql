-- Ends every live session of the caller and notes it, if there was one; returns the answer that says how many there were.
WITH ended AS (
    UPDATE sessions
    SET ended_at = CAST(:#now AS timestamptz), end_reason = 'logout-all'
    WHERE user_id = :#caller_id AND ended_at IS NULL AND expires_at > CAST(:#now AS timestamptz)
    RETURNING id
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT CAST(:#now AS timestamptz), :#actor, 'authentication-logout-all', :#actor, CAST(:#${variable.remote_address} AS text),
           jsonb_build_object('ended', count(*))
    FROM ended
    HAVING count(*) > 0
)
SELECT success(json_build_object('ended', count(*)))
FROM ended
