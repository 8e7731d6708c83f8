-- Records that the broker has a dead letter's job again and forgets it, counts it in its run and, where somebody asked for this one, notes
-- who; returns the answer that shows it. A mail that has died anew meanwhile is dead, and its job is kept.
WITH held AS (
    SELECT id, status = 'replaying' AND replay_at = CAST(:#replay_at AS timestamptz) AS waits
    FROM dead_letters
    WHERE id = CAST(:#id AS uuid)
    FOR UPDATE
), replayed AS (
    UPDATE dead_letters d
    SET status    = CASE WHEN held.waits THEN 'replayed' ELSE d.status END,
        job       = CASE WHEN NOT held.waits THEN d.job END,
        replay_at = CASE WHEN NOT held.waits THEN d.replay_at END,
        replays   = d.replays + 1, updated_at = CAST(:#now AS timestamptz)
    FROM held
    WHERE d.id = held.id
    RETURNING d.id, dead_letter_json(d) AS json
), counted AS (
    UPDATE dead_letter_replays
    SET replayed = replayed + 1
    WHERE id = CAST(:#${variable.replay_id} AS uuid)
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address)
    SELECT CAST(:#now AS timestamptz), CAST(:#${variable.actor} AS text), 'dead-letter-replay-one', id::text,
           CAST(:#${variable.remote_address} AS text)
    FROM replayed
    WHERE CAST(:#${variable.actor} AS text) IS NOT NULL
)
SELECT success(json)
FROM replayed
