-- Returns why a guess at a code is not looked at, as the name of a problem, and how many seconds to wait (at least 1) where waiting helps.
SELECT problem,
       CASE
           WHEN problem = 'TOO_MANY_ATTEMPTS'
               THEN greatest(1, ceil(extract(epoch FROM CASE
                        WHEN c.tries_in_hour >= CAST(:#otp_tries_per_hour AS integer) THEN c.hour_started_at + interval '1 hour'
                        ELSE c.issued_at + CAST(:#otp_cooldown AS interval)
                    END - CAST(:#now AS timestamptz))))::bigint
       END AS wait
FROM (VALUES (lower(:#email))) AS asked (email)
LEFT JOIN users u ON lower(u.email) = asked.email AND u.deleted_at IS NULL
LEFT JOIN one_time_codes c ON c.user_id = u.id AND c.purpose = :#purpose
CROSS JOIN LATERAL (
    SELECT CASE
               WHEN u.id IS NULL THEN 'USER_NOT_FOUND'
               WHEN u.is_active OR (u.deactivated_at IS NOT NULL AND u.verified_at IS NOT NULL) THEN 'USER_VERIFIED'
               -- a stranger is not told
               WHEN u.deactivated_at IS NOT NULL THEN 'WRONG_OTP'
               WHEN c.user_id IS NULL OR c.consumed_at IS NOT NULL THEN 'WRONG_OTP'
               WHEN c.tries >= CAST(:#otp_max_tries AS integer) THEN 'TOO_MANY_ATTEMPTS'
               WHEN c.expires_at <= CAST(:#now AS timestamptz) THEN 'OTP_EXPIRED'
               ELSE 'TOO_MANY_ATTEMPTS'
           END AS problem) AS refusal
