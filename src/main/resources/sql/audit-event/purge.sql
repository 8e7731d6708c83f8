-- Deletes security events that were kept long enough, oldest first, so many at a time, and returns how many. It is the one statement the
-- table lets do so, for as long as its transaction lasts.
WITH permission AS MATERIALIZED (
    SELECT set_config('smap.audit_purge', 'on', true) AS given
), old AS (
    SELECT e.id
    FROM audit_events e
    CROSS JOIN permission
    WHERE permission.given = 'on' AND e.at <= CAST(:#now AS timestamptz) - CAST(:#audit_retention AS interval)
    ORDER BY e.at
    LIMIT CAST(:#batch AS integer)
    FOR UPDATE OF e SKIP LOCKED
), purged AS (
    DELETE FROM audit_events e
    USING old
    WHERE e.id = old.id
    RETURNING e.id
)
SELECT count(*)
FROM purged
