-- Deletes mails that have come to an end and were kept long enough, oldest first, so many at a time, and returns how many. Their attempts
-- and dead letters go with them; a dead letter that somebody may still replay keeps its mail, and so does a code (its own purge comes
-- first). What is asked of created_at is for its index: a row was changed last when it was made, or later.
WITH old AS (
    SELECT m.id
    FROM mails m
    WHERE m.status IN ('sent', 'expired', 'superseded', 'cancelled', 'unknown', 'dead')
      AND m.created_at <= CAST(:#now AS timestamptz) - CAST(:#mail_retention AS interval)
      AND m.updated_at <= CAST(:#now AS timestamptz) - CAST(:#mail_retention AS interval)
      AND NOT EXISTS (SELECT FROM dead_letters d WHERE d.id = m.id AND d.status IN ('dead', 'replaying'))
      AND NOT EXISTS (SELECT FROM one_time_codes c WHERE c.mail_id = m.id)
    ORDER BY m.created_at
    LIMIT CAST(:#batch AS integer)
    FOR UPDATE OF m SKIP LOCKED
), purged AS (
    DELETE FROM mails m
    USING old
    WHERE m.id = old.id
    RETURNING m.id
)
SELECT count(*)
FROM purged
