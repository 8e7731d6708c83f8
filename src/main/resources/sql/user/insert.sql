-- Creates a user who has still to prove the address, or notes that somebody tried and a living user has it. Returns the answer (null if the
-- address is taken) and whether it is new; where nobody is to be told which (ADR 0019), the answer is the same for both.
WITH created AS (
    INSERT INTO users (email, password_hash, full_name, language, created_at, updated_at)
    VALUES (:#email, :#password_hash, :#${variable.full_name}, CAST(:#${variable.language} AS text), CAST(:#now AS timestamptz),
            CAST(:#now AS timestamptz))
    ON CONFLICT (lower(email)) WHERE deleted_at IS NULL DO NOTHING
    RETURNING id, success(user_json(users)) AS answer
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address)
    SELECT CAST(:#now AS timestamptz), coalesce(created.id::text, 'anonymous'),
           CASE WHEN created.id IS NULL THEN 'register-refuse' ELSE 'authentication-register' END,
           coalesce(created.id::text,
                    (SELECT u.id::text FROM users u WHERE lower(u.email) = lower(:#email) AND u.deleted_at IS NULL), 'nobody'),
           CAST(:#${variable.remote_address} AS text)
    FROM (VALUES (0)) AS one (row)
    LEFT JOIN created ON true
)
SELECT created.id IS NOT NULL AS is_new,
       CASE WHEN told.answer IS NOT NULL THEN kept(CAST(:#${variable.idempotency_lease} AS uuid), 201, told.answer) END AS answer
FROM (VALUES (0)) AS one (row)
LEFT JOIN created ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN :#enumeration_safe = 'true' THEN success(json_build_object('email', CAST(:#email AS text)))
                ELSE created.answer END) AS told (answer)
