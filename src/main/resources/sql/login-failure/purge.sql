-- Deletes counts of wrong passwords that nothing was added to for long, so many at a time, and returns how many.
WITH old AS (
    SELECT address, network
    FROM login_failures
    WHERE last_at <= CAST(:#now AS timestamptz) - CAST(:#login_failures_kept AS interval) AND until <= CAST(:#now AS timestamptz)
    LIMIT CAST(:#batch AS integer)
    FOR UPDATE SKIP LOCKED
), purged AS (
    DELETE FROM login_failures f
    USING old
    WHERE f.address = old.address AND f.network = old.network
    RETURNING f.address
)
SELECT count(*)
FROM purged
