-- Ends the runs that have nothing left to replay.
UPDATE dead_letter_replays r
SET finished_at = CAST(:#now AS timestamptz)
WHERE r.finished_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM dead_letters d WHERE d.replay_id = r.id AND d.status = 'replaying')
