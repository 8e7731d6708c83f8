-- Returns how many seconds a user has to wait for the next mail, at least 1.
SELECT greatest(1, ceil(extract(epoch FROM greatest(
           issued_at + CAST(:#otp_cooldown AS interval),
           CASE WHEN mails_in_hour >= CAST(:#otp_mails_per_hour AS integer) THEN hour_started_at + interval '1 hour' ELSE issued_at END
       ) - CAST(:#now AS timestamptz))))::bigint
FROM one_time_codes
WHERE user_id = :#${variable.user[id]} AND purpose = :#purpose
