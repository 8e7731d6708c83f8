-- Looks at one guess at both codes of a change of address: counts it and, if both are right, consumes them, changes the address, ends the
-- other sessions, queues the notice to the old address and notes it, all in this statement. Returns the answer and the notice's id; in
-- their place, why not, as the name of a problem, and how many seconds to wait (at least 1) where waiting helps. Parallel guesses wait for
-- the locks and see what the ones before have left, so five are looked at however many come at once, and one right one wins.
WITH held AS MATERIALIZED (
    SELECT purpose, code_hmac, issued_at, expires_at, consumed_at, tries, hour_started_at, tries_in_hour
    FROM one_time_codes
    WHERE user_id = :#caller_id AND purpose IN ('address-confirm-old', 'address-confirm-new')
    ORDER BY purpose
    FOR UPDATE
), seen AS (
    SELECT count(*) = 2 AND bool_and(consumed_at IS NULL) AS is_pending,
           bool_or(tries >= CAST(:#otp_max_tries AS integer)) AS is_used_up,
           bool_or(expires_at <= CAST(:#now AS timestamptz)) AS has_expired,
           :#rate_limits <> 'off' AND bool_or(tries_in_hour >= CAST(:#otp_tries_per_hour AS integer)
               AND hour_started_at > CAST(:#now AS timestamptz) - interval '1 hour') AS hour_is_used_up,
           bool_and(code_hmac = CASE purpose WHEN 'address-confirm-old' THEN :#old_code_hmac ELSE :#new_code_hmac END) AS is_right,
           max(issued_at) AS issued_at,
           max(hour_started_at) AS hour_started_at
    FROM held
), verdict AS (
    SELECT CASE
               WHEN NOT is_pending THEN 'NO_ADDRESS_CHANGE'
               WHEN is_used_up THEN 'TOO_MANY_ATTEMPTS'
               WHEN has_expired THEN 'OTP_EXPIRED'
               WHEN hour_is_used_up THEN 'TOO_MANY_ATTEMPTS'
               WHEN NOT is_right THEN 'WRONG_OTP'
               WHEN EXISTS (SELECT FROM users
                            WHERE lower(email) = lower(:#new_address) AND deleted_at IS NULL AND id <> :#caller_id) THEN 'ADDRESS_TAKEN'
           END AS problem,
           greatest(1, ceil(extract(epoch FROM CASE WHEN hour_is_used_up THEN hour_started_at + interval '1 hour'
                                                    ELSE issued_at + CAST(:#otp_cooldown AS interval) END
                                               - CAST(:#now AS timestamptz))))::bigint AS wait
    FROM seen
), tried AS (
    UPDATE one_time_codes c
    SET tries           = c.tries + 1,
        hour_started_at = CASE WHEN c.hour_started_at <= CAST(:#now AS timestamptz) - interval '1 hour' THEN CAST(:#now AS timestamptz)
                               ELSE c.hour_started_at END,
        tries_in_hour   = CASE WHEN c.hour_started_at <= CAST(:#now AS timestamptz) - interval '1 hour' THEN 1 ELSE c.tries_in_hour + 1 END,
        mails_in_hour   = CASE WHEN c.hour_started_at <= CAST(:#now AS timestamptz) - interval '1 hour' THEN 0 ELSE c.mails_in_hour END,
        -- right ones are of no more use either way: an address that somebody else has by now has to be asked for anew
        consumed_at     = CASE WHEN verdict.problem IS DISTINCT FROM 'WRONG_OTP' THEN CAST(:#now AS timestamptz) END
    FROM verdict
    WHERE c.user_id = :#caller_id AND c.purpose IN ('address-confirm-old', 'address-confirm-new')
      AND coalesce(verdict.problem, 'ADDRESS_TAKEN') IN ('WRONG_OTP', 'ADDRESS_TAKEN')
), ended_change AS (
    DELETE FROM address_changes a
    USING verdict
    WHERE a.user_id = :#caller_id AND coalesce(verdict.problem, 'ADDRESS_TAKEN') = 'ADDRESS_TAKEN'
), changed AS (
    UPDATE users u
    SET email = :#new_address, verified_at = CAST(:#now AS timestamptz), updated_at = CAST(:#now AS timestamptz)
    FROM verdict
    WHERE u.id = :#caller_id AND u.is_active AND u.deleted_at IS NULL AND verdict.problem IS NULL
    RETURNING u.id, success(user_json(u)) AS answer
), ended AS (
    SELECT id, end_sessions(id, CAST(:#${variable.session_id} AS uuid), 'address-change', CAST(:#now AS timestamptz)) AS sessions
    FROM changed
), notice AS (
    INSERT INTO mails (id, user_id, purpose, recipient, job, status, traceparent, created_at, relay_at, updated_at)
    SELECT gen_random_uuid(), id, 'address-changed', :#${variable.user[email]}, CAST(:#job AS json), 'queued', :#traceparent,
           CAST(:#now AS timestamptz), CAST(:#now AS timestamptz) + CAST(:#relay_delay AS interval), CAST(:#now AS timestamptz)
    FROM changed
    RETURNING id
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT CAST(:#now AS timestamptz), :#actor, 'user-confirm-address', id::text, CAST(:#${variable.remote_address} AS text),
           jsonb_build_object('email', CAST(:#new_address AS text), 'was', CAST(:#${variable.user[email]} AS text),
                              'sessions_ended', sessions)
    FROM ended
)
SELECT coalesce(verdict.problem, CASE WHEN changed.id IS NULL THEN 'UNAUTHORIZED' END) AS problem, verdict.wait, changed.answer,
       notice.id AS mail_id
FROM verdict
LEFT JOIN changed ON true
LEFT JOIN notice ON true
