-- Stores a copy of a job, once: the relay may publish a job again, and the broker may hand a message out again.
INSERT INTO mail_archive (id, purpose, recipient, subject, job, archived_at)
VALUES (CAST(:#mail_id AS uuid), :#purpose, :#${variable.mail?.recipient}, :#${variable.subject}, :#${variable.job},
        CAST(:#now AS timestamptz))
ON CONFLICT (id) DO NOTHING
