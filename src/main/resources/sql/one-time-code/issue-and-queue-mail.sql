-- Makes a user's new code and the mail that brings it, both or neither, and notes it; returns the mail's id and the answer, or no row while
-- the cool-down or the hourly budget of mails forbids one. The row's own lock makes parallel requests take turns, and ON CONFLICT looks at
-- the newest version of it. Whoever has forgotten the password has proved nothing yet: the actor is then nobody we know.
WITH issued AS (
    INSERT INTO one_time_codes AS c (user_id, purpose, code_hmac, mail_id, issued_at, expires_at, hour_started_at)
    VALUES (:#${variable.user[id]}, :#purpose, :#code_hmac, gen_random_uuid(), CAST(:#now AS timestamptz),
            CAST(:#now AS timestamptz) + CAST(:#otp_ttl AS interval), CAST(:#now AS timestamptz))
    ON CONFLICT (user_id, purpose) DO UPDATE
    SET code_hmac       = excluded.code_hmac,
        mail_id         = excluded.mail_id,
        issued_at       = excluded.issued_at,
        expires_at      = excluded.expires_at,
        consumed_at     = NULL,
        tries           = 0,
        hour_started_at = CASE WHEN c.hour_started_at <= excluded.issued_at - interval '1 hour' THEN excluded.issued_at
                               ELSE c.hour_started_at END,
        mails_in_hour   = CASE WHEN c.hour_started_at <= excluded.issued_at - interval '1 hour' THEN 1 ELSE c.mails_in_hour + 1 END,
        tries_in_hour   = CASE WHEN c.hour_started_at <= excluded.issued_at - interval '1 hour' THEN 0 ELSE c.tries_in_hour END
    WHERE :#rate_limits = 'off'
       OR (c.issued_at <= excluded.issued_at - CAST(:#otp_cooldown AS interval)
           AND (c.mails_in_hour < CAST(:#otp_mails_per_hour AS integer) OR c.hour_started_at <= excluded.issued_at - interval '1 hour'))
    RETURNING user_id, purpose, mail_id, issued_at, expires_at
), queued AS (
    INSERT INTO mails (id, user_id, purpose, recipient, job, status, traceparent, created_at, expires_at, relay_at, updated_at)
    SELECT mail_id, user_id, purpose, :#${variable.user[email]}, CAST(:#job AS json), 'queued', :#traceparent, issued_at, expires_at,
           issued_at + CAST(:#relay_delay AS interval), issued_at
    FROM issued
    RETURNING id, expires_at
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT issued_at, CASE WHEN purpose = 'password-reset' THEN 'anonymous' ELSE user_id::text END, 'one-time-code-issue', user_id::text,
           CAST(:#${variable.remote_address} AS text), jsonb_build_object('purpose', purpose)
    FROM issued
)
SELECT id, success(json_build_object('expires_at', rfc3339(expires_at))) AS answer
FROM queued
