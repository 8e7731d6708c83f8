-- What a login begins. A session is live until it is ended or expires; access tokens name it (claim sid).
CREATE TABLE sessions (
    id           uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id      uuid        NOT NULL REFERENCES users (id),
    remember     boolean     NOT NULL,
    -- where it was used from last, as far as that was told
    address      text,
    user_agent   text,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    end_reason   text        CHECK (end_reason IN ('logout', 'logout-all', 'refresh-replay', 'password-change', 'password-reset',
                                                   'deactivated', 'deleted', 'role-change', 'expired')),
    CHECK (expires_at > created_at),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);

CREATE INDEX sessions_user ON sessions (user_id) WHERE ended_at IS NULL;
-- for the purge: when a session was over, one way or the other
CREATE INDEX sessions_over ON sessions (least(ended_at, expires_at));

-- Every refresh token of a session that is not over, as its SHA-256: the one that counts has not been rotated, any other that comes again
-- was stolen or comes from a double click.
CREATE TABLE refresh_tokens (
    hash       bytea       PRIMARY KEY CHECK (octet_length(hash) = 32),
    session_id uuid        NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    rotated_at timestamptz
);

CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);
