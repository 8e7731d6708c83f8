-- Stores a dead letter and its last attempt, and tells the mail's row; one that was replayed and died again is the same dead letter. A job
-- that could not be read had no attempt. Told twice, it counts once, and does not come back to life when it was discarded meanwhile.
WITH job AS (
    SELECT CAST(:#mail_id AS uuid) AS id,
           CAST(:#now AS timestamptz) AS at,
           CAST(:#${variable.last_attempt_at} AS timestamptz) AS last_attempt_at,
           CAST(:#${variable.first_attempt_at} AS timestamptz) AS first_attempt_at,
           CAST(:#tries AS integer) AS tries,
           CAST(:#${variable.reply} AS text) AS reply,
           CAST(:#${variable.phase} AS text) AS phase,
           CAST(:#reason AS text) AS reason,
           CAST(:#purpose AS text) AS purpose,
           CAST(:#${variable.mail?.recipient} AS text) AS recipient
), attempt AS (
    INSERT INTO mail_attempts (mail_id, at, outcome, tries, phase, reply)
    SELECT id, coalesce(last_attempt_at, at), CASE WHEN reason IN ('permanent', 'unknown') THEN reason ELSE 'temporary' END, tries, phase,
           reply
    FROM job
    WHERE tries > 0
    ON CONFLICT (mail_id, at) DO NOTHING
    RETURNING mail_id
), mail AS (
    INSERT INTO mails AS m (id, purpose, recipient, status, attempts, last_reply, created_at, published_at, updated_at)
    SELECT id, purpose, recipient, CASE reason WHEN 'unknown' THEN 'unknown' ELSE 'dead' END, (SELECT count(*) FROM attempt), reply, at, at,
           at
    FROM job
    ON CONFLICT (id) DO UPDATE
    SET status       = excluded.status,
        attempts     = m.attempts + excluded.attempts,
        last_reply   = coalesce(excluded.last_reply, m.last_reply),
        published_at = coalesce(m.published_at, excluded.published_at),
        job          = NULL,
        updated_at   = excluded.updated_at
    WHERE m.status <> 'sent'
)
INSERT INTO dead_letters AS d (id, purpose, recipient, reason, phase, reply, attempts, first_attempt_at, last_attempt_at, job, job_bytes,
                               expires_at, traceparent, status, created_at, updated_at)
SELECT job.id, job.purpose, job.recipient, job.reason, job.phase, job.reply,
       (SELECT count(*) FROM mail_attempts a WHERE a.mail_id = job.id) + (SELECT count(*) FROM attempt),
       CASE WHEN tries > 0 THEN coalesce(job.first_attempt_at, job.last_attempt_at) END,
       CASE WHEN tries > 0 THEN job.last_attempt_at END,
       CAST(:#job AS bytea), length(CAST(:#job AS bytea)), CAST(:#${variable.expires_at} AS timestamptz), :#${variable.traceparent},
       'dead', job.at, job.at
FROM job
ON CONFLICT (id) DO UPDATE
SET reason           = excluded.reason,
    phase            = excluded.phase,
    reply            = excluded.reply,
    recipient        = excluded.recipient,
    attempts         = excluded.attempts,
    first_attempt_at = coalesce(d.first_attempt_at, excluded.first_attempt_at),
    last_attempt_at  = excluded.last_attempt_at,
    job              = excluded.job,
    job_bytes        = excluded.job_bytes,
    status           = 'dead',
    replay_id        = NULL,
    replay_at        = NULL,
    updated_at       = excluded.updated_at
WHERE d.status = 'dead' OR excluded.reason = 'unreadable' OR excluded.last_attempt_at IS DISTINCT FROM d.last_attempt_at
