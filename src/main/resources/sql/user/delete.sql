-- Deletes the caller's own account, softly, and notes it: its address is free, its sessions and its subscription are ended, its codes
-- gone, its mails that are not sent cancelled, and the notice of this is queued, in one statement. Returns the notice's id and the answer;
-- in their place, why not, as the name of a problem. The rows of administrators are locked, so that of the last two only one can go.
WITH held AS MATERIALIZED (
    SELECT id, role
    FROM users
    WHERE deleted_at IS NULL AND is_active
      AND (id = :#caller_id OR (role = 'ADMIN' AND EXISTS (SELECT FROM users me WHERE me.id = :#caller_id AND me.role = 'ADMIN')))
    ORDER BY id
    FOR UPDATE
), verdict AS (
    SELECT CASE
               WHEN NOT EXISTS (SELECT FROM held WHERE id = :#caller_id) THEN 'UNAUTHORIZED'
               WHEN EXISTS (SELECT FROM held WHERE id = :#caller_id AND role = 'ADMIN')
                    AND NOT EXISTS (SELECT FROM held WHERE id <> :#caller_id AND role = 'ADMIN') THEN 'LAST_ADMIN'
           END AS problem
), deleted AS (
    UPDATE users u
    -- nobody can log in with it any more, so nobody needs its hash
    SET deleted_at = CAST(:#now AS timestamptz), is_active = false, password_hash = '', updated_at = CAST(:#now AS timestamptz)
    FROM verdict
    WHERE u.id = :#caller_id AND u.deleted_at IS NULL AND verdict.problem IS NULL
    RETURNING u.id, u.email, u.deleted_at
), ended AS (
    SELECT id, deleted_at, end_sessions(id, NULL, 'deleted', deleted_at) AS sessions
    FROM deleted
), unsubscribed AS (
    SELECT end_subscriptions(id, CAST(:#actor AS text), 'user-delete', deleted_at) AS subscriptions
    FROM deleted
), forgotten AS (
    DELETE FROM one_time_codes c
    USING deleted d
    WHERE c.user_id = d.id
), cancelled AS (
    UPDATE mails m
    SET status = 'cancelled', job = NULL, relay_at = NULL, updated_at = d.deleted_at
    FROM deleted d
    WHERE m.user_id = d.id AND m.status IN ('queued', 'published')
    RETURNING m.id
), discarded AS (
    UPDATE dead_letters l
    SET status = 'discarded', discard_reason = 'account deleted', job = NULL, updated_at = d.deleted_at
    FROM deleted d
    JOIN mails m ON m.user_id = d.id
    WHERE l.id = m.id AND l.status = 'dead'
), notice AS (
    INSERT INTO mails (id, user_id, purpose, recipient, job, status, traceparent, created_at, relay_at, updated_at)
    SELECT gen_random_uuid(), id, 'account-deleted', email, CAST(:#job AS json), 'queued', :#traceparent, deleted_at,
           deleted_at + CAST(:#relay_delay AS interval), deleted_at
    FROM deleted
    RETURNING id
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT deleted_at, :#actor, 'user-delete', id::text, CAST(:#${variable.remote_address} AS text),
           jsonb_build_object('sessions_ended', sessions, 'subscriptions_ended', subscriptions,
                              'mails_cancelled', (SELECT count(*) FROM cancelled))
    FROM ended
    CROSS JOIN unsubscribed
)
SELECT verdict.problem, notice.id AS mail_id, CASE WHEN notice.id IS NOT NULL THEN success(NULL) END AS answer
FROM verdict
LEFT JOIN notice ON true
