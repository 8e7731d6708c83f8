-- Creates the users of a batch who are not there yet, and notes it; returns what became of each row: imported, present (a user with its id
-- is there) or taken (a living user with another id has its address). A dry run says what would become of them and changes nothing.
WITH batch AS MATERIALIZED (
    SELECT r.line, r.id, r.email, r.password_hash, r.full_name, r.role, r.is_active, r.created_at, r.updated_at, r.deleted_at
    FROM json_to_recordset(CAST(:#rows AS json)) AS r (
        line bigint, id uuid, email text, password_hash text, full_name text, role text, is_active boolean,
        created_at timestamptz, updated_at timestamptz, deleted_at timestamptz)
), judged AS MATERIALIZED (
    SELECT b.line, b.id,
           CASE WHEN present.id IS NOT NULL THEN 'present' WHEN taken.id IS NOT NULL THEN 'taken' ELSE 'imported' END AS outcome
    FROM batch b
    LEFT JOIN users present ON present.id = b.id
    LEFT JOIN users taken ON b.deleted_at IS NULL AND taken.deleted_at IS NULL AND lower(taken.email) = lower(b.email)
), created AS (
    INSERT INTO users (id, email, password_hash, full_name, role, is_active, verified_at, created_at, updated_at, deleted_at)
    SELECT b.id, b.email, b.password_hash, b.full_name, b.role, b.is_active,
           CASE WHEN b.is_active THEN coalesce(b.updated_at, b.created_at, CAST(:#now AS timestamptz)) END,
           coalesce(b.created_at, CAST(:#now AS timestamptz)),
           coalesce(b.updated_at, b.created_at, CAST(:#now AS timestamptz)), b.deleted_at
    FROM batch b
    JOIN judged j ON j.line = b.line
    WHERE j.outcome = 'imported' AND NOT CAST(:#dry_run AS boolean)
    -- somebody who registers this moment goes first
    ON CONFLICT DO NOTHING
    RETURNING id, role
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, details)
    SELECT CAST(:#now AS timestamptz), :#actor, 'users-import', :#import_id,
           jsonb_build_object('file', CAST(:#file AS text), 'imported', count(c.id), 'admins', count(c.id) FILTER (WHERE c.role = 'ADMIN'),
                              'first_line', min(j.line), 'last_line', max(j.line))
    FROM created c
    JOIN judged j ON j.id = c.id
    HAVING count(c.id) > 0
)
SELECT j.line,
       CASE WHEN j.outcome = 'imported' AND c.id IS NULL AND NOT CAST(:#dry_run AS boolean) THEN 'taken' ELSE j.outcome END AS outcome
FROM judged j
LEFT JOIN created c ON c.id = j.id
ORDER BY j.line
