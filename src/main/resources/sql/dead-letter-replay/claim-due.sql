-- Claims what the runs under way may replay now, and what a process that died has left behind, and returns it, oldest first, without
-- jobs. Each run gives at most its rate a second to all replicas together; one that was late is not owed more. What holds a code that is
-- of no more use by now is dead again and counted as refused.
WITH due AS (
    SELECT id, rate
    FROM dead_letter_replays
    WHERE finished_at IS NULL AND next_at <= CAST(:#now AS timestamptz)
    FOR UPDATE SKIP LOCKED
), of_runs AS (
    SELECT d.id
    FROM due
    CROSS JOIN LATERAL (
        SELECT id
        FROM dead_letters
        WHERE replay_id = due.id AND status = 'replaying' AND replay_at <= CAST(:#now AS timestamptz)
        ORDER BY created_at
        LIMIT due.rate
        FOR UPDATE SKIP LOCKED) AS d
), left_behind AS (
    SELECT id
    FROM dead_letters
    WHERE replay_id IS NULL AND status = 'replaying' AND replay_at <= CAST(:#now AS timestamptz)
    ORDER BY created_at
    LIMIT 100
    FOR UPDATE SKIP LOCKED
), taken AS MATERIALIZED (
    SELECT d.id, is_of_no_use(d, CAST(:#now AS timestamptz)) AS refused
    FROM dead_letters d
    WHERE d.id IN (SELECT id FROM of_runs UNION ALL SELECT id FROM left_behind)
), claimed AS (
    UPDATE dead_letters d
    SET status     = CASE WHEN taken.refused THEN 'dead' ELSE d.status END,
        replay_at  = CASE WHEN NOT taken.refused THEN CAST(:#now AS timestamptz) + CAST(:#replay_lease AS interval) END,
        updated_at = CAST(:#now AS timestamptz)
    FROM taken
    WHERE d.id = taken.id
    RETURNING d.id, d.purpose, d.reason, d.expires_at, d.traceparent, d.replay_id, d.replay_at, d.created_at, taken.refused
), awaited AS (
    UPDATE mails m
    SET status     = CASE WHEN NOT claimed.refused THEN 'published' WHEN claimed.reason = 'unknown' THEN 'unknown' ELSE 'dead' END,
        updated_at = CAST(:#now AS timestamptz)
    FROM claimed
    WHERE m.id = claimed.id AND m.status IN ('dead', 'unknown', 'published')
), moved AS (
    UPDATE dead_letter_replays r
    SET next_at = interval '1 second' + CASE WHEN r.next_at > CAST(:#now AS timestamptz) - interval '1 second' THEN r.next_at
                                             ELSE CAST(:#now AS timestamptz) END,
        refused = r.refused + (SELECT count(claimed.id) FROM claimed WHERE claimed.replay_id = r.id AND claimed.refused)
    FROM due
    WHERE r.id = due.id
)
SELECT id, purpose, rfc3339(expires_at) AS expires_at, traceparent, replay_id, replay_at
FROM claimed
WHERE NOT refused
ORDER BY created_at
