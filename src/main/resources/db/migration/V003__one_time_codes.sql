-- The current one-time code of a user for an act. One row, updated in place, so that the counters outlive a new code and
-- every check of them happens in the statement that changes them.
CREATE TABLE one_time_codes (
    user_id         uuid        NOT NULL REFERENCES users (id),
    purpose         text        NOT NULL,
    code_hmac       text        NOT NULL,
    mail_id         uuid        NOT NULL REFERENCES mails (id),
    issued_at       timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    consumed_at     timestamptz,
    tries           integer     NOT NULL DEFAULT 0,
    -- the hourly budgets: a window that starts with its first event
    hour_started_at timestamptz NOT NULL,
    mails_in_hour   integer     NOT NULL DEFAULT 1,
    tries_in_hour   integer     NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, purpose),
    CHECK (expires_at > issued_at)
);

CREATE INDEX one_time_codes_mail ON one_time_codes (mail_id);
