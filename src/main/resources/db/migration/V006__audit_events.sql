-- Who did what that somebody may ask about later. No secrets, and nothing is ever changed.
CREATE TABLE audit_events (
    id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL,
    -- id of a user, or cli: and the name of the account on the machine
    actor   text        NOT NULL,
    -- such as dead-letter-discard
    action  text        NOT NULL,
    -- id of what it was done to
    subject text        NOT NULL,
    -- of the caller, where there was a connection
    address text,
    details jsonb
);

CREATE INDEX audit_events_subject ON audit_events (subject, at);
CREATE INDEX audit_events_actor ON audit_events (actor, at);
