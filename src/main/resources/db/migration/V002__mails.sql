-- Every mail the system owes somebody, from the moment it is owed. The job (the wire form, with the body) is kept until the
-- broker confirmed it and no longer. Jobs of the old services get their row when they are delivered.
CREATE TABLE mails (
    id           uuid        PRIMARY KEY,
    user_id      uuid        REFERENCES users (id),
    purpose      text        NOT NULL,
    -- null: a job that could not be read
    recipient    text,
    job          json,
    status       text        NOT NULL CHECK (status IN ('queued', 'published', 'sent', 'expired', 'superseded', 'unknown', 'dead')),
    attempts     integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    last_reply   text,
    -- of the request that caused it (W3C Trace Context)
    traceparent  text,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    -- from when the relay may publish the job: until then whoever wrote or took the row is at it
    relay_at     timestamptz,
    published_at timestamptz,
    sent_at      timestamptz,
    updated_at   timestamptz NOT NULL,
    CHECK (published_at IS NOT NULL OR (job IS NOT NULL AND relay_at IS NOT NULL))
);

CREATE INDEX mails_unpublished ON mails (relay_at) WHERE published_at IS NULL;
