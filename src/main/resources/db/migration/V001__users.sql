-- People. An address is unique without regard to case among the living rows, so that a deleted one can be used again.
CREATE TABLE users (
    id            uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    email         text        NOT NULL CHECK (email ~ '^[^@\s]+@[^@\s]+$'),
    password_hash text        NOT NULL,
    full_name     text,
    role          text        NOT NULL DEFAULT 'USER' CHECK (role IN ('USER', 'ADMIN')),
    is_active     boolean     NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    deleted_at    timestamptz
);

CREATE UNIQUE INDEX users_email_key ON users (lower(email)) WHERE deleted_at IS NULL;

-- RFC 3339 in UTC, with milliseconds: the one way a time is written in an answer.
CREATE FUNCTION rfc3339(moment timestamptz) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    RETURN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

-- The envelope of an answer that is read from the database (product contract: error_code 0, message Success).
CREATE FUNCTION success(data json) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object('error_code', 0, 'message', 'Success', 'data', data)::text;

-- What an answer shows of a user.
CREATE FUNCTION user_json(u users) RETURNS json
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object(
        'id', u.id, 'email', u.email, 'full_name', u.full_name, 'role', u.role, 'is_active', u.is_active,
        'created_at', rfc3339(u.created_at), 'updated_at', rfc3339(u.updated_at));
