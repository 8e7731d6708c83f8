-- Changes a plan, all of it but its code, and notes it, unless it is so already; returns the answer that shows it, and its ETag; in their
-- place, why not, as the name of a problem. A name that another living plan has fails by the index plans_name_key.
WITH held AS MATERIALIZED (
    SELECT p.id, p.code, p.version, plan_json(p) AS json
    FROM plans p
    WHERE p.id = CAST(:#id AS uuid) AND p.deleted_at IS NULL
    FOR NO KEY UPDATE
), verdict AS (
    SELECT CASE
               WHEN held.id IS NULL THEN 'PLAN_NOT_FOUND'
               WHEN NOT matches(held.version, CAST(:#${variable.If-Match} AS text)) THEN 'PRECONDITION_FAILED'
               WHEN held.code <> CAST(:#${variable.code} AS text) THEN 'PLAN_NOT_VALID code cannot be changed'
           END AS problem
    FROM (VALUES (0)) AS one (row)
    LEFT JOIN held ON true
), changed AS (
    UPDATE plans p
    SET name = given.name, description = given.description, max_usage = given.max_usage, trial_days = given.trial_days,
        interval = given.interval, updated_at = CAST(:#now AS timestamptz)
    FROM verdict, (VALUES (CAST(:#name AS text), CAST(:#${variable.description} AS text), CAST(:#max_usage AS integer),
                           CAST(:#trial_days AS integer), CAST(:#${variable.interval} AS text)))
                      AS given (name, description, max_usage, trial_days, interval)
    WHERE p.id = CAST(:#id AS uuid) AND verdict.problem IS NULL
      AND (p.name, p.description, p.max_usage, p.trial_days, p.interval) IS DISTINCT FROM
          (given.name, given.description, given.max_usage, given.trial_days, given.interval)
    RETURNING p.id, p.version, plan_json(p) AS json
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT CAST(:#now AS timestamptz), :#actor, 'plan-update', held.id::text, CAST(:#${variable.remote_address} AS text),
           changed.json::jsonb - '{id,created_at,updated_at}'::text[]
               || jsonb_build_object('was', held.json::jsonb - '{id,code,created_at,updated_at}'::text[])
    FROM changed
    JOIN held ON held.id = changed.id
)
SELECT verdict.problem, CASE WHEN verdict.problem IS NULL THEN etag(coalesce(c.version, held.version)) END AS etag,
       CASE WHEN verdict.problem IS NULL THEN success(coalesce(c.json, held.json)) END AS answer
FROM verdict
LEFT JOIN held ON true
LEFT JOIN changed c ON true
