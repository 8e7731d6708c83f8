-- Writes what came of a job: its status, and the attempt if there was one, as there may be if a code died between two tries. A job of
-- another service gets its row here. A mail once sent stays sent; one that waits for its next attempt (retry) stays published. Told twice,
-- it counts once.
WITH job AS (
    SELECT CAST(:#mail_id AS uuid) AS id,
           CAST(:#now AS timestamptz) AS at,
           CASE :#outcome WHEN 'retry' THEN 'published' ELSE :#outcome END AS status,
           CASE WHEN :#outcome IN ('sent', 'unknown') THEN :#outcome ELSE 'temporary' END AS outcome,
           CAST(:#${variable.tries} AS integer) AS tries,
           CAST(:#${variable.reply} AS text) AS reply
), attempt AS (
    INSERT INTO mail_attempts (mail_id, at, outcome, tries, phase, reply)
    SELECT id, at, outcome, tries, CASE WHEN outcome <> 'sent' THEN CAST(:#${variable.phase} AS text) END, reply
    FROM job
    WHERE tries IS NOT NULL
    ON CONFLICT (mail_id, at) DO NOTHING
    RETURNING mail_id
)
INSERT INTO mails AS m (id, purpose, recipient, status, attempts, last_reply, created_at, published_at, sent_at, updated_at)
SELECT id, :#purpose, :#${variable.mail?.recipient}, status, (SELECT count(*) FROM attempt), reply, at, at,
       CASE WHEN status = 'sent' THEN at END, at
FROM job
ON CONFLICT (id) DO UPDATE
SET status       = excluded.status,
    attempts     = m.attempts + excluded.attempts,
    last_reply   = coalesce(excluded.last_reply, m.last_reply),
    published_at = coalesce(m.published_at, excluded.published_at),
    sent_at      = excluded.sent_at,
    job          = NULL,
    updated_at   = excluded.updated_at
WHERE m.status <> 'sent'
