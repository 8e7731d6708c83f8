-- Deletes refresh tokens of sessions that are over, which are of no more use, so many at a time, and returns how many. Looks at what was
-- over in the last day: what is older goes with its session.
WITH old AS (
    SELECT t.hash
    FROM sessions s
    JOIN refresh_tokens t ON t.session_id = s.id
    WHERE least(s.ended_at, s.expires_at) <= CAST(:#now AS timestamptz)
      AND least(s.ended_at, s.expires_at) > CAST(:#now AS timestamptz) - interval '1 day'
    LIMIT CAST(:#batch AS integer)
    FOR UPDATE OF t SKIP LOCKED
), purged AS (
    DELETE FROM refresh_tokens t
    USING old
    WHERE t.hash = old.hash
    RETURNING t.hash
)
SELECT count(*)
FROM purged
