-- Returns the job of one mail that the broker has not confirmed; no row if somebody else was quicker, or it is cancelled.
SELECT id, purpose, job::text AS job, traceparent, rfc3339(expires_at) AS expires_at
FROM mails
WHERE id = :#mail_id AND published_at IS NULL AND job IS NOT NULL
