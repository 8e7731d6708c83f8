-- Makes the two codes that confirm a change of address, the mails that bring them and the change itself, all or nothing, and notes it;
-- returns the ids of the mails and the answer, or no row while the cool-down or the hourly budget of mails forbids it. The code for the old
-- address counts for both: its row is locked first. The mail to the new address is of another purpose where that belongs to somebody.
WITH old_code AS (
    INSERT INTO one_time_codes AS c (user_id, purpose, code_hmac, mail_id, issued_at, expires_at, hour_started_at)
    VALUES (:#${variable.user[id]}, 'address-confirm-old', :#code_hmac, gen_random_uuid(), CAST(:#now AS timestamptz),
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
    RETURNING user_id, mail_id, issued_at, expires_at
), new_code AS (
    INSERT INTO one_time_codes (user_id, purpose, code_hmac, mail_id, issued_at, expires_at, hour_started_at)
    SELECT user_id, 'address-confirm-new', :#new_code_hmac, gen_random_uuid(), issued_at, expires_at, issued_at
    FROM old_code
    ON CONFLICT (user_id, purpose) DO UPDATE
    SET code_hmac = excluded.code_hmac, mail_id = excluded.mail_id, issued_at = excluded.issued_at, expires_at = excluded.expires_at,
        consumed_at = NULL, tries = 0
    RETURNING user_id, mail_id, issued_at, expires_at
), asked AS (
    INSERT INTO address_changes (user_id, email, requested_at)
    SELECT user_id, :#new_address, issued_at
    FROM new_code
    ON CONFLICT (user_id) DO UPDATE
    SET email = excluded.email, requested_at = excluded.requested_at
), queued AS (
    INSERT INTO mails (id, user_id, purpose, recipient, job, status, traceparent, created_at, expires_at, relay_at, updated_at)
    SELECT mail_id, user_id, 'address-confirm-old', :#${variable.user[email]}, CAST(:#job AS json), 'queued', :#traceparent,
           issued_at, expires_at, issued_at + CAST(:#relay_delay AS interval), issued_at
    FROM old_code
    UNION ALL
    SELECT mail_id, CAST(:#${variable.new_owner_id} AS uuid), :#new_purpose, :#new_recipient, CAST(:#new_job AS json), 'queued',
           :#traceparent, issued_at, CASE WHEN :#new_purpose = 'address-confirm-new' THEN expires_at END,
           issued_at + CAST(:#relay_delay AS interval), issued_at
    FROM new_code
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT issued_at, :#actor, 'user-change-address', user_id::text, CAST(:#${variable.remote_address} AS text),
           jsonb_build_object('email', CAST(:#new_address AS text), 'was', CAST(:#${variable.user[email]} AS text))
    FROM old_code
)
SELECT old_code.mail_id AS old_mail_id, new_code.mail_id AS new_mail_id,
       success(json_build_object('expires_at', rfc3339(old_code.expires_at))) AS answer
FROM old_code
CROSS JOIN new_code
