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

-- What an answer shows of a mail: never its job.
CREATE FUNCTION mail_json(m mails) RETURNS json
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object(
        'id', m.id, 'purpose', m.purpose, 'recipient', m.recipient, 'status', m.status, 'attempts', m.attempts, 'last_reply', m.last_reply,
        'created_at', rfc3339(m.created_at), 'expires_at', rfc3339(m.expires_at), 'published_at', rfc3339(m.published_at),
        'sent_at', rfc3339(m.sent_at), 'updated_at', rfc3339(m.updated_at));

-- An object with one field more, its others in the order they have.
CREATE FUNCTION json_with(object json, name text, added json) RETURNS json
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT json_object_agg(field.key, field.value)
            FROM (SELECT key, value FROM json_each(object) UNION ALL SELECT name, coalesce(added, 'null')) AS field);
