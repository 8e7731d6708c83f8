-- Changes a user's password, ends the other sessions, makes a code that was to set another one worthless and queues the notice; returns the
-- notice's id and the answer, or no row if the password was changed since its hash was read.
WITH changed AS (
    UPDATE users
    SET password_hash = :#password_hash, password_changed_at = CAST(:#now AS timestamptz), updated_at = CAST(:#now AS timestamptz)
    WHERE id = :#${variable.user[id]} AND password_hash = :#${variable.user[password_hash]} AND is_active AND deleted_at IS NULL
    RETURNING id, email
), ended AS (
    SELECT changed.id, end_sessions(changed.id, CAST(:#${variable.session_id} AS uuid), 'password-change', CAST(:#now AS timestamptz))
               AS sessions
    FROM changed
), revoked AS (
    UPDATE one_time_codes c
    SET consumed_at = CAST(:#now AS timestamptz)
    FROM changed
    WHERE c.user_id = changed.id AND c.purpose = 'password-reset' AND c.consumed_at IS NULL
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT CAST(:#now AS timestamptz), :#actor, 'user-change-password', id::text, CAST(:#${variable.remote_address} AS text),
           jsonb_build_object('sessions_ended', sessions)
    FROM ended
), queued AS (
    INSERT INTO mails (id, user_id, purpose, recipient, job, status, traceparent, created_at, relay_at, updated_at)
    SELECT gen_random_uuid(), id, 'password-changed', email, CAST(:#job AS json), 'queued', :#traceparent, CAST(:#now AS timestamptz),
           CAST(:#now AS timestamptz) + CAST(:#relay_delay AS interval), CAST(:#now AS timestamptz)
    FROM changed
    RETURNING id
)
SELECT id AS mail_id, success(NULL) AS answer
FROM queued
