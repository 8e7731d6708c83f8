-- Queues a mail that tells the owner of an account what somebody did with the address, and returns its id; no row if the owner was told the
-- same a short while ago: who repeats it must not fill a mailbox. The row of the last notice is locked, so one of many at once is sent.
WITH permit AS (
    INSERT INTO rate_limits AS r (scope, key, taken, ends_at)
    VALUES ('notice ' || :#template, limit_key(CAST(:#${variable.user[id]} AS text)), 1,
            CAST(:#now AS timestamptz) + CAST(:#notice_period AS interval))
    ON CONFLICT (scope, key) DO UPDATE
    SET ends_at = excluded.ends_at
    WHERE r.ends_at <= CAST(:#now AS timestamptz)
    RETURNING r.key
)
INSERT INTO mails (id, user_id, purpose, recipient, job, status, traceparent, created_at, relay_at, updated_at)
SELECT gen_random_uuid(), :#${variable.user[id]}, :#template, :#${variable.user[email]}, CAST(:#job AS json), 'queued', :#traceparent,
       CAST(:#now AS timestamptz), CAST(:#now AS timestamptz) + CAST(:#relay_delay AS interval), CAST(:#now AS timestamptz)
FROM permit
RETURNING id
