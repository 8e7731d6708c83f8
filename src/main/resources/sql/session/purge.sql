-- Deletes sessions that were over long enough, oldest first, so many at a time, and returns how many. Their refresh tokens go with them.
WITH old AS (
    SELECT s.id
    FROM sessions s
    WHERE least(s.ended_at, s.expires_at) <= CAST(:#now AS timestamptz) - CAST(:#session_retention AS interval)
    ORDER BY least(s.ended_at, s.expires_at)
    LIMIT CAST(:#batch AS integer)
    FOR UPDATE SKIP LOCKED
), purged AS (
    DELETE FROM sessions s
    USING old
    WHERE s.id = old.id
    RETURNING s.id
)
SELECT count(*)
FROM purged
