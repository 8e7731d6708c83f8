-- Deletes copies of jobs that were kept long enough, oldest first, so many at a time, and returns how many.
WITH old AS (
    SELECT id
    FROM mail_archive
    WHERE archived_at <= CAST(:#now AS timestamptz) - CAST(:#backup_retention AS interval)
    ORDER BY archived_at
    LIMIT CAST(:#batch AS integer)
    FOR UPDATE SKIP LOCKED
), purged AS (
    DELETE FROM mail_archive a
    USING old
    WHERE a.id = old.id
    RETURNING a.id
)
SELECT count(*)
FROM purged
