-- Deletes keys that have expired, so many at a time, and returns how many.
WITH old AS (
    SELECT operation, actor, key
    FROM idempotency_keys
    WHERE expires_at <= CAST(:#now AS timestamptz)
    ORDER BY expires_at
    LIMIT CAST(:#batch AS integer)
    FOR UPDATE SKIP LOCKED
), purged AS (
    DELETE FROM idempotency_keys k
    USING old
    WHERE (k.operation, k.actor, k.key) = (old.operation, old.actor, old.key)
    RETURNING k.key
)
SELECT count(*)
FROM purged
