-- Claims one dead letter for its replay and returns it without its job; in its place, why it is not to be replayed, as the name of a
-- problem. Of parallel requests one gets it. replay_at is a lease: from then on the timer takes what a process that died has left behind.
-- The mail counts as published from here on and not from when it is: the consumer may be quick, and its word is the last.
WITH claimed AS (
    UPDATE dead_letters d
    SET status = 'replaying', replay_id = NULL, replay_at = CAST(:#now AS timestamptz) + CAST(:#replay_lease AS interval),
        updated_at = CAST(:#now AS timestamptz)
    WHERE d.id = CAST(:#id AS uuid) AND d.status = 'dead' AND NOT is_of_no_use(d, CAST(:#now AS timestamptz))
    RETURNING d.id, d.purpose, d.expires_at, d.traceparent, d.replay_id, d.replay_at
), awaited AS (
    UPDATE mails m
    SET status = 'published', updated_at = CAST(:#now AS timestamptz)
    FROM claimed
    WHERE m.id = claimed.id AND m.status IN ('dead', 'unknown')
)
SELECT claimed.id, claimed.purpose, rfc3339(claimed.expires_at) AS expires_at, claimed.traceparent, claimed.replay_id, claimed.replay_at,
       CASE
           WHEN claimed.id IS NOT NULL THEN NULL
           WHEN d.id IS NULL THEN 'DEAD_LETTER_NOT_FOUND'
           WHEN d.status = 'dead' AND is_of_no_use(d, CAST(:#now AS timestamptz)) THEN 'CODE_OF_NO_USE'
           ELSE 'DEAD_LETTER_CLOSED'
       END AS problem
FROM (VALUES (CAST(:#id AS uuid))) AS asked (id)
LEFT JOIN dead_letters d ON d.id = asked.id
LEFT JOIN claimed ON claimed.id = asked.id
