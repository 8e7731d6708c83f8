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
    -- while replaying: from when it may be taken; until then whoever took it is at it
    replay_at        timestamptz,
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

-- Whether a dead letter is not worth a replay: the code in it has expired, was used or replaced, or its job is no more.
CREATE FUNCTION is_of_no_use(d dead_letters, moment timestamptz) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN d.job IS NULL OR coalesce(d.expires_at <= moment, false) OR EXISTS (
        SELECT 1
        FROM mails m
        LEFT JOIN one_time_codes c ON c.user_id = m.user_id AND c.purpose = m.purpose
        WHERE m.id = d.id AND (m.expires_at <= moment OR c.mail_id <> m.id OR c.consumed_at IS NOT NULL));

-- Whether a dead letter passes a filter; what is null in the filter lets everything pass.
CREATE FUNCTION passes(
        d dead_letters, reasons text[], purposes text[], recipient text, created_from timestamptz, created_to timestamptz) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (reasons IS NULL OR d.reason = ANY (reasons))
       AND (purposes IS NULL OR d.purpose = ANY (purposes))
       AND (recipient IS NULL OR lower(d.recipient) = lower(recipient))
       AND (created_from IS NULL OR d.created_at >= created_from)
       AND (created_to IS NULL OR d.created_at < created_to);

-- What an answer shows of a dead letter: not its job.
CREATE FUNCTION dead_letter_json(d dead_letters) RETURNS json
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object(
        'id', d.id, 'purpose', d.purpose, 'recipient', d.recipient, 'reason', d.reason, 'phase', d.phase, 'reply', d.reply,
        'attempts', d.attempts, 'first_attempt_at', rfc3339(d.first_attempt_at), 'last_attempt_at', rfc3339(d.last_attempt_at),
        'job_bytes', d.job_bytes, 'expires_at', rfc3339(d.expires_at), 'status', d.status, 'replay_id', d.replay_id,
        'replays', d.replays, 'discard_reason', d.discard_reason,
        'created_at', rfc3339(d.created_at), 'updated_at', rfc3339(d.updated_at));

-- A job as JSON if it is an object, else its bytes in base64: an unreadable job may be anything.
CREATE FUNCTION job_json(job bytea) RETURNS json
    LANGUAGE plpgsql STABLE STRICT
AS $$
DECLARE
    object json;
BEGIN
    object := convert_from(job, 'UTF8');
    IF json_typeof(object) = 'object' THEN
        RETURN object;
    END IF;
    RETURN to_json(translate(encode(job, 'base64'), E'\n', ''));
EXCEPTION WHEN others THEN
    RETURN to_json(translate(encode(job, 'base64'), E'\n', ''));
END
$$;

-- What an answer shows of a run; how many are left is counted by whoever asks.
CREATE FUNCTION dead_letter_replay_json(r dead_letter_replays, remaining bigint) RETURNS json
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object(
        'id', r.id, 'total', r.total, 'replayed', r.replayed, 'refused', r.refused, 'remaining', remaining, 'rate', r.rate,
        'filter', r.filter, 'created_by', r.created_by, 'created_at', rfc3339(r.created_at), 'finished_at', rfc3339(r.finished_at));
