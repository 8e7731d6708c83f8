-- Deletes codes that are of no more use and whose mail was kept long enough, so many at a time, and returns how many. A row also counts
-- what its owner may ask for: it stays until the cool-down and the hour of its budgets are over, however short the retention is.
WITH old AS (
    SELECT c.user_id, c.purpose
    FROM one_time_codes c
    JOIN mails m ON m.id = c.mail_id
    WHERE m.status IN ('sent', 'expired', 'superseded', 'cancelled', 'unknown', 'dead')
      AND m.updated_at <= CAST(:#now AS timestamptz) - CAST(:#mail_retention AS interval)
      AND (c.consumed_at IS NOT NULL OR c.expires_at <= CAST(:#now AS timestamptz))
      AND c.issued_at <= CAST(:#now AS timestamptz) - CAST(:#otp_cooldown AS interval)
      AND c.hour_started_at <= CAST(:#now AS timestamptz) - interval '1 hour'
    LIMIT CAST(:#batch AS integer)
    FOR UPDATE OF c SKIP LOCKED
), purged AS (
    DELETE FROM one_time_codes c
    USING old
    WHERE c.user_id = old.user_id AND c.purpose = old.purpose
    RETURNING c.user_id
)
SELECT count(*)
FROM purged
