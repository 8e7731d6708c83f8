-- Looks at one guess: counts it and, if it is right, consumes the code, activates the user, begins the free trial of who never had one,
-- and queues the mail that greets them (where there is a job), all in this statement. Returns whether it was right, and for that the
-- answer and the mail's id; no row if the guess may not be looked at (find-refusal.sql says why). Parallel guesses wait for the row's lock
-- and are checked against its newest version, so five are looked at however many come at once, and one right one wins. Whoever was
-- deactivated is not activated by a code: a right guess that had to wait for that is answered as a wrong one. Something is noted in any
-- case: the time it takes does not tell whether there was a code.
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
), activated AS (
    UPDATE users u
    SET is_active   = true,
        verified_at = CAST(:#now AS timestamptz),
        language    = coalesce(CAST(:#${variable.language} AS text), u.language),
        updated_at  = CAST(:#now AS timestamptz)
    FROM tried
    WHERE tried.is_right AND u.id = tried.user_id AND u.deactivated_at IS NULL AND u.deleted_at IS NULL
    RETURNING u.id, u.email, success(user_json(u)) AS answer
), greeted AS (
    INSERT INTO mails (id, user_id, purpose, recipient, job, status, traceparent, created_at, relay_at, updated_at)
    SELECT gen_random_uuid(), activated.id, 'welcome', activated.email, CAST(:#${variable.job} AS json), 'queued',
           CAST(:#${variable.traceparent} AS text), CAST(:#now AS timestamptz),
           CAST(:#now AS timestamptz) + CAST(:#relay_delay AS interval), CAST(:#now AS timestamptz)
    FROM activated
    -- as it was before: who has been active is no newcomer
    JOIN users u ON u.id = activated.id AND NOT u.is_active
    WHERE CAST(:#${variable.job} AS json) IS NOT NULL
    RETURNING id
), trial AS (
    SELECT start_trial(id, CAST(:#now AS timestamptz)) AS id
    FROM activated
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT CAST(:#now AS timestamptz), coalesce(activated.id::text, 'anonymous'),
           CASE WHEN activated.id IS NOT NULL THEN 'authentication-verify-otp' ELSE 'verify-otp-refuse' END,
           coalesce(tried.user_id::text, 'nobody'), CAST(:#${variable.remote_address} AS text),
           CASE WHEN activated.id IS NULL THEN jsonb_build_object('tried', tried.user_id IS NOT NULL)
                WHEN trial.id IS NOT NULL THEN jsonb_build_object('trial', trial.id) END
    FROM (VALUES (0)) AS one (row)
    LEFT JOIN tried ON true
    LEFT JOIN activated ON true
    LEFT JOIN trial ON true
)
SELECT activated.id IS NOT NULL AS is_right, activated.answer, greeted.id AS mail_id
FROM tried LEFT JOIN activated ON true LEFT JOIN greeted ON true
