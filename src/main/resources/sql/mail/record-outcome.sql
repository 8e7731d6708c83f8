-- Writes what became of a job; a job of another service gets its row here. A mail once sent stays sent.
INSERT INTO mails AS m (id, purpose, recipient, status, attempts, last_reply, created_at, published_at, sent_at, updated_at)
VALUES (CAST(:#mail_id AS uuid), :#purpose, :#${variable.mail?.recipient}, :#outcome, CAST(:#attempts AS integer),
        :#${variable.reply}, CAST(:#now AS timestamptz), CAST(:#now AS timestamptz),
        CASE WHEN :#outcome = 'sent' THEN CAST(:#now AS timestamptz) END, CAST(:#now AS timestamptz))
ON CONFLICT (id) DO UPDATE
SET status       = excluded.status,
    attempts     = m.attempts + excluded.attempts,
    last_reply   = coalesce(excluded.last_reply, m.last_reply),
    published_at = coalesce(m.published_at, excluded.published_at),
    sent_at      = excluded.sent_at,
    job          = NULL,
    updated_at   = excluded.updated_at
WHERE m.status <> 'sent'
