-- Gives back a claimed dead letter that the broker did not take: it is dead as before. One of a run is not: it stays with its run, which
-- takes it again when the lease is over. One that somebody else has claimed since is left alone.
WITH released AS (
    UPDATE dead_letters
    SET status = 'dead', replay_at = NULL, updated_at = CAST(:#now AS timestamptz)
    WHERE id = CAST(:#id AS uuid) AND status = 'replaying' AND replay_id IS NULL AND replay_at = CAST(:#replay_at AS timestamptz)
    RETURNING id, reason
)
UPDATE mails m
SET status = CASE released.reason WHEN 'unknown' THEN 'unknown' ELSE 'dead' END, updated_at = CAST(:#now AS timestamptz)
FROM released
WHERE m.id = released.id AND m.status = 'published'
