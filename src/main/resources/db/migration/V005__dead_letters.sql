-- Mails that were given up, until somebody replays or discards them. One row a mail: one that is replayed and dies again is the same
-- dead letter, with more attempts.
CREATE TABLE dead_letters (
    id               uuid        PRIMARY KEY REFERENCES mails (id) ON DELETE CASCADE,
    purpose          text        NOT NULL,
    -- null: a job that could not be read
    recipient        text,
    -- unknown: the server may have taken it, and MAIL_UNKNOWN says to hold such a mail
    reason           text        NOT NULL CHECK (reason IN ('unreadable', 'permanent', 'exhausted', 'unknown')),
    phase            text,
    reply            text,
    attempts         integer     NOT NULL CHECK (attempts >= 0),
    first_attempt_at timestamptz,
    last_attempt_at  timestamptz,
    -- the message's body as it came; null once it was replayed or discarded, or once the code in it is of no more use
    job              bytea,
    job_bytes        integer     NOT NULL,
    -- when the code in it dies
    expires_at       timestamptz,
    traceparent      text,
    status           text        NOT NULL CHECK (status IN ('dead', 'replaying', 'replayed', 'discarded')),
    -- the run that is to replay it or has replayed it
    replay_id        uuid,
    replays          integer     NOT NULL DEFAULT 0,
    discard_reason   text,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL
);

CREATE INDEX dead_letters_created ON dead_letters (created_at, id);
-- those whose body is to be forgotten when their code dies
CREATE INDEX dead_letters_code ON dead_letters (expires_at) WHERE job IS NOT NULL;
CREATE INDEX dead_letters_replaying ON dead_letters (replay_id, created_at) WHERE status = 'replaying';

-- Runs that replay dead letters, some a second. The rows of a run are claimed by whichever process comes first.
CREATE TABLE dead_letter_replays (
    id          uuid        PRIMARY KEY,
    created_by  text        NOT NULL,
    filter      jsonb       NOT NULL,
    -- mails a second
    rate        integer     NOT NULL CHECK (rate >= 1),
    total       integer     NOT NULL,
    replayed    integer     NOT NULL DEFAULT 0,
    -- not replayed after all: the code in it was of no more use
    refused     integer     NOT NULL DEFAULT 0,
    -- from when the next ones may be taken
    next_at     timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    finished_at timestamptz
);

CREATE INDEX dead_letter_replays_unfinished ON dead_letter_replays (next_at) WHERE finished_at IS NULL;
