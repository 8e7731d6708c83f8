-- Takes the jobs that are due and still unpublished, oldest first, and returns them. The new relay_at is a lease: no other replica takes
-- them until it is over, and somebody does if this process dies before they are published.
WITH claimed AS (
    UPDATE mails
    SET relay_at = CAST(:#now AS timestamptz) + CAST(:#relay_delay AS interval), updated_at = CAST(:#now AS timestamptz)
    WHERE id IN (
        SELECT id
        FROM mails
        WHERE published_at IS NULL AND relay_at <= CAST(:#now AS timestamptz)
        ORDER BY created_at
        LIMIT CAST(:#batch AS integer)
        FOR UPDATE SKIP LOCKED)
    RETURNING id, purpose, job::text AS job, traceparent, expires_at, created_at
)
SELECT id, purpose, job, traceparent, rfc3339(expires_at) AS expires_at
FROM claimed
ORDER BY created_at
