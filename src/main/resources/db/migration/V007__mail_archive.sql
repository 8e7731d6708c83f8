-- Copies of mail jobs, for audit (MAIL_BACKUP_ENABLED): one of each, however often it is tried, retried or replayed.
CREATE TABLE mail_archive (
    id          uuid        PRIMARY KEY,
    purpose     text        NOT NULL,
    -- null: a job that could not be read
    recipient   text,
    -- null as well where the job holds a code
    subject     text,
    -- as it came; null where it holds a code
    job         bytea,
    archived_at timestamptz NOT NULL
);

CREATE INDEX mail_archive_archived ON mail_archive (archived_at);
