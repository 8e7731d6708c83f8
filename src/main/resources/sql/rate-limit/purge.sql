-- Deletes windows that are over, so many at a time, and returns how many.
WITH old AS (
    SELECT scope, key
    FROM rate_limits
    WHERE ends_at <= CAST(:#now AS timestamptz)
    LIMIT CAST(:#batch AS integer)
    FOR UPDATE SKIP LOCKED
), purged AS (
    DELETE FROM rate_limits r
    USING old
    WHERE r.scope = old.scope AND r.key = old.key
    RETURNING r.key
)
SELECT count(*)
FROM purged
