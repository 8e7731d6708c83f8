-- Looks at one guess at the code that sets a new password: counts it and, if it is right, consumes the code, sets the password, takes the
-- address for proved (which begins the free trial), ends every session and queues the notice, all in this statement; returns the notice's
-- id and the answer, both null if nothing was set. Why that is, nobody is told, and something is noted in any case: the time it takes says
-- no more than the answer. Parallel guesses wait for the row's lock and are checked against its newest version, as in
-- one-time-code/try.sql.
WITH tried AS (
    UPDATE one_time_codes c
    SET tries           = c.tries + 1,
        hour_started_at = CASE WHEN c.hour_started_at <= CAST(:#now AS timestamptz) - interval '1 hour' THEN CAST(:#now AS timestamptz)
                               ELSE c.hour_started_at END,
        tries_in_hour   = CASE WHEN c.hour_started_at <= CAST(:#now AS timestamptz) - interval '1 hour' THEN 1 ELSE c.tries_in_hour + 1 END,
        mails_in_hour   = CASE WHEN c.hour_started_at <= CAST(:#now AS timestamptz) - interval '1 hour' THEN 0 ELSE c.mails_in_hour END,
        consumed_at     = CASE WHEN c.code_hmac = :#code_hmac THEN CAST(:#now AS timestamptz) END
    FROM users u
    WHERE u.id = c.user_id AND lower(u.email) = lower(:#email) AND u.deleted_at IS NULL AND u.deactivated_at IS NULL
      AND c.purpose = :#purpose AND c.consumed_at IS NULL AND c.expires_at > CAST(:#now AS timestamptz)
      AND c.tries < CAST(:#otp_max_tries AS integer)
      AND (:#rate_limits = 'off'
           OR c.tries_in_hour < CAST(:#otp_tries_per_hour AS integer)
           OR c.hour_started_at <= CAST(:#now AS timestamptz) - interval '1 hour')
    RETURNING c.user_id, c.consumed_at IS NOT NULL AS is_right
), changed AS (
    UPDATE users u
    SET password_hash = :#password_hash, password_changed_at = CAST(:#now AS timestamptz), updated_at = CAST(:#now AS timestamptz),
        is_active = true, verified_at = CAST(:#now AS timestamptz)
    FROM tried
    WHERE tried.is_right AND u.id = tried.user_id AND u.deleted_at IS NULL AND u.deactivated_at IS NULL
    RETURNING u.id, u.email
), ended AS (
    SELECT changed.id, end_sessions(changed.id, NULL, 'password-reset', CAST(:#now AS timestamptz)) AS sessions
    FROM changed
), trial AS (
    SELECT start_trial(id, CAST(:#now AS timestamptz)) AS id
    FROM changed
), listened AS (
    -- who has proved the address is its owner: wrong passwords no longer slow this client down, whatever is guessed from elsewhere
    DELETE FROM login_failures f
    USING changed
    WHERE f.address = limit_key(changed.email)
), others AS (
    DELETE FROM login_clients k
    USING changed
    WHERE k.address = limit_key(changed.email)
      AND k.network IS DISTINCT FROM client_network(CAST(:#${variable.remote_address} AS text))
), known AS (
    INSERT INTO login_clients AS k (address, network, seen_at)
    SELECT limit_key(email), client_network(CAST(:#${variable.remote_address} AS text)), CAST(:#now AS timestamptz)
    FROM changed
    WHERE CAST(:#${variable.remote_address} AS text) IS NOT NULL
    ON CONFLICT (address, network) DO UPDATE
    SET seen_at = excluded.seen_at
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT CAST(:#now AS timestamptz),
           coalesce(ended.id::text, 'anonymous'),
           CASE WHEN ended.id IS NULL THEN 'reset-password-refuse' ELSE 'authentication-reset-password' END,
           coalesce(CAST(:#${variable.user[id]} AS text), 'nobody'),
           CAST(:#${variable.remote_address} AS text),
           CASE WHEN ended.id IS NULL THEN jsonb_build_object('tried', EXISTS (SELECT FROM tried))
                ELSE jsonb_strip_nulls(jsonb_build_object('sessions_ended', ended.sessions, 'trial', trial.id)) END
    FROM (VALUES (0)) AS one (row)
    LEFT JOIN ended ON true
    LEFT JOIN trial ON true
), queued AS (
    INSERT INTO mails (id, user_id, purpose, recipient, job, status, traceparent, created_at, relay_at, updated_at)
    SELECT gen_random_uuid(), id, 'password-changed', email, CAST(:#job AS json), 'queued', :#traceparent, CAST(:#now AS timestamptz),
           CAST(:#now AS timestamptz) + CAST(:#relay_delay AS interval), CAST(:#now AS timestamptz)
    FROM changed
    RETURNING id
)
SELECT queued.id AS mail_id, CASE WHEN queued.id IS NOT NULL THEN success(NULL) END AS answer
FROM (VALUES (0)) AS one (row)
LEFT JOIN queued ON true
