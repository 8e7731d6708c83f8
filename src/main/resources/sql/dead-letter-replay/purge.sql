-- Deletes runs of replays that are finished and were kept long enough, so many at a time, and returns how many.
WITH old AS (
    SELECT id
    FROM dead_letter_replays
    WHERE finished_at <= CAST(:#now AS timestamptz) - CAST(:#mail_retention AS interval)
    LIMIT CAST(:#batch AS integer)
    FOR UPDATE SKIP LOCKED
), purged AS (
    DELETE FROM dead_letter_replays r
    USING old
    WHERE r.id = old.id
    RETURNING r.id
)
SELECT count(*)
FROM purged
