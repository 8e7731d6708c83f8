-- Records that the broker has a job, and forgets its body. The consumer may have been quicker: what it wrote stays.
UPDATE mails
SET published_at = coalesce(published_at, CAST(:#now AS timestamptz)),
    status       = CASE WHEN status = 'queued' THEN 'published' ELSE status END,
    job          = NULL,
    updated_at   = CAST(:#now AS timestamptz)
WHERE id = CAST(:#mail_id AS uuid)
