-- What came of each attempt to send a mail. An attempt is one hand-out of the job by the broker; the quick tries within it are counted.
CREATE TABLE mail_attempts (
    id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mail_id uuid        NOT NULL REFERENCES mails (id) ON DELETE CASCADE,
    at      timestamptz NOT NULL,
    outcome text        NOT NULL CHECK (outcome IN ('sent', 'temporary', 'permanent', 'unknown')),
    tries   integer     NOT NULL CHECK (tries >= 1),
    -- how far the last try had come (SMTP phase), and what the server said; null after one that was sent
    phase   text,
    reply   text,
    UNIQUE (mail_id, at)
);

-- Listing, newest first, and the purge.
CREATE INDEX mails_created ON mails (created_at, id);
