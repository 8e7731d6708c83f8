-- Claims a key for a request, unless another request has it; returns the lease if it is claimed, else whether the key was used for another
-- request, and the answer that is kept for it. A row that says none of the three: a request with the key is under way. What expired, and
-- what nobody answered within its lease, is taken over.
WITH claimed AS (
    INSERT INTO idempotency_keys AS k (operation, actor, key, request_hash, lease, leased_until, created_at, expires_at)
    VALUES (:#operation, coalesce(CAST(:#${variable.actor} AS text), 'anyone'), :#${variable.Idempotency-Key}, :#request_hash,
            gen_random_uuid(), CAST(:#now AS timestamptz) + CAST(:#lease_time AS interval), CAST(:#now AS timestamptz),
            CAST(:#now AS timestamptz) + CAST(:#idempotency_ttl AS interval))
    ON CONFLICT (operation, actor, key) DO UPDATE
    SET request_hash = excluded.request_hash,
        lease        = excluded.lease,
        leased_until = excluded.leased_until,
        status       = NULL,
        answer       = NULL,
        created_at   = excluded.created_at,
        expires_at   = excluded.expires_at
    WHERE k.expires_at <= excluded.created_at OR (k.answer IS NULL AND k.leased_until <= excluded.created_at)
    RETURNING k.lease
)
SELECT claimed.lease, coalesce(k.request_hash <> :#request_hash, false) AS misused, k.status, k.answer
FROM (VALUES (true)) AS asked (once)
LEFT JOIN claimed ON asked.once
-- a row that came into being while this statement waited for it is not seen here, and said to be under way
LEFT JOIN idempotency_keys k
    ON claimed.lease IS NULL AND k.operation = :#operation AND k.actor = coalesce(CAST(:#${variable.actor} AS text), 'anyone')
    AND k.key = :#${variable.Idempotency-Key} AND k.expires_at > CAST(:#now AS timestamptz)
