-- Deletes clients that nobody has logged in from for long, so many at a time, and returns how many.
WITH old AS (
    SELECT address, network
    FROM login_clients
    WHERE seen_at <= CAST(:#now AS timestamptz) - CAST(:#login_clients_kept AS interval)
    LIMIT CAST(:#batch AS integer)
    FOR UPDATE SKIP LOCKED
), purged AS (
    DELETE FROM login_clients k
    USING old
    WHERE k.address = old.address AND k.network = old.network
    RETURNING k.address
)
SELECT count(*)
FROM purged
