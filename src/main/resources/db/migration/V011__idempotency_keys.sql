-- Requests that create something and came with an Idempotency-Key, so that a repeated one gets the answer of the first (ADR 0020).
CREATE TABLE idempotency_keys (
    operation    text        NOT NULL,
    -- who asked, as the audit names callers; anyone where no token is asked for
    actor        text        NOT NULL,
    key          text        NOT NULL CHECK (key ~ '^[ -~]{1,255}$'),
    -- HMAC of what was asked for: the request itself may hold a password and is not kept
    request_hash text        NOT NULL,
    -- who is at it: only this lease may keep an answer
    lease        uuid        NOT NULL UNIQUE,
    leased_until timestamptz NOT NULL,
    -- null: under way
    status       integer     CHECK (status BETWEEN 200 AND 299),
    answer       text,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (operation, actor, key),
    CHECK ((status IS NULL) = (answer IS NULL))
);

CREATE INDEX idempotency_keys_expires ON idempotency_keys (expires_at);

-- Keeps the answer of a creating statement with what it creates: called where the statement returns its answer, and returns it. Without a
-- lease it does nothing else. A lease that somebody else has by now undoes the whole statement, as a lost race for a row would (40001).
CREATE FUNCTION kept(holder uuid, answered integer, body text) RETURNS text
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF holder IS NOT NULL THEN
        UPDATE idempotency_keys k
        SET status = answered, answer = body
        WHERE k.lease = holder AND k.answer IS NULL;
        IF NOT found THEN
            RAISE EXCEPTION 'another request has the idempotency key by now' USING ERRCODE = 'serialization_failure';
        END IF;
    END IF;
    RETURN body;
END
$$;
