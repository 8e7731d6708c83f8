-- What becomes of an account: proved, deactivated by an administrator, moved to another address, deleted (ADR 0023).
ALTER TABLE users
    -- when its address was proved last; null: it waits for that
    ADD COLUMN verified_at timestamptz,
    -- by an administrator; null again once it is reactivated
    ADD COLUMN deactivated_at timestamptz,
    ADD COLUMN password_changed_at timestamptz,
    ADD CONSTRAINT users_active_check CHECK (NOT (is_active AND deactivated_at IS NOT NULL));

UPDATE users SET verified_at = updated_at WHERE is_active;

-- Those who administer, of whom one is to be left; and listing, newest first.
CREATE INDEX users_admins ON users (id) WHERE role = 'ADMIN' AND deleted_at IS NULL;
CREATE INDEX users_created ON users (created_at, id) WHERE deleted_at IS NULL;

-- Whether a user passes a filter; what is null in the filter lets everybody pass.
CREATE FUNCTION passes(u users, ids uuid[], emails text[], roles text[], active boolean) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (ids IS NULL OR u.id = ANY (ids))
       AND (emails IS NULL OR lower(u.email) = ANY (CAST(lower(CAST(emails AS text)) AS text[])))
       AND (roles IS NULL OR u.role = ANY (roles))
       AND (active IS NULL OR u.is_active = active);

-- The address an account is to get once both are confirmed; one a user, replaced by the next one that is asked for. It goes with its code,
-- so that an address nobody confirmed is not kept.
CREATE TABLE address_changes (
    user_id      uuid        PRIMARY KEY REFERENCES users (id),
    -- of the code that was sent to the new address
    purpose      text        NOT NULL DEFAULT 'address-confirm-new' CHECK (purpose = 'address-confirm-new'),
    email        text        NOT NULL CHECK (email ~ '^[^@\s]+@[^@\s]+$'),
    requested_at timestamptz NOT NULL,
    FOREIGN KEY (user_id, purpose) REFERENCES one_time_codes (user_id, purpose) ON DELETE CASCADE
);

-- The other sessions end when the address changes.
ALTER TABLE sessions
    DROP CONSTRAINT sessions_end_reason_check,
    ADD CONSTRAINT sessions_end_reason_check
        CHECK (end_reason IN ('logout', 'logout-all', 'refresh-replay', 'password-change', 'password-reset', 'address-change',
                              'deactivated', 'deleted', 'role-change', 'expired'));

-- Ends a user's sessions but the one to be kept (null: none), and returns how many. A function, because one that changes something looks at
-- the table anew when it is called: a statement that has waited for the lock of the user's row would not see the session that whoever held
-- it has begun meanwhile.
CREATE FUNCTION end_sessions(owner uuid, kept uuid, reason text, moment timestamptz) RETURNS bigint
    LANGUAGE sql VOLATILE
AS $$
    WITH ended AS (
        UPDATE sessions
        SET ended_at = moment, end_reason = reason
        WHERE user_id = owner AND ended_at IS NULL AND id IS DISTINCT FROM kept
        RETURNING id
    )
    SELECT count(*)
    FROM ended
$$;

-- A mail is cancelled when the account it is for is deleted before it was sent. Its job is forgotten, and nobody publishes it any more.
ALTER TABLE mails
    DROP CONSTRAINT mails_status_check,
    DROP CONSTRAINT mails_check,
    ADD CONSTRAINT mails_status_check
        CHECK (status IN ('queued', 'published', 'sent', 'expired', 'superseded', 'cancelled', 'unknown', 'dead')),
    ADD CONSTRAINT mails_check
        CHECK (published_at IS NOT NULL OR status = 'cancelled' OR (job IS NOT NULL AND relay_at IS NOT NULL));

CREATE INDEX mails_user ON mails (user_id) WHERE user_id IS NOT NULL;
