-- Creates a plan and notes it; returns the answer that shows it, or no row if a living plan has its code or its name.
WITH created AS (
    INSERT INTO plans (code, name, description, max_usage, trial_days, interval, created_at, updated_at)
    VALUES (:#code, :#name, CAST(:#${variable.description} AS text), CAST(:#max_usage AS integer), CAST(:#trial_days AS integer),
            CAST(:#${variable.interval} AS text), CAST(:#now AS timestamptz), CAST(:#now AS timestamptz))
    ON CONFLICT DO NOTHING
    RETURNING id, plan_json(plans) AS json
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT CAST(:#now AS timestamptz), :#actor, 'plan-create', id::text, CAST(:#${variable.remote_address} AS text),
           json::jsonb - '{id,created_at,updated_at}'::text[]
    FROM created
)
SELECT kept(CAST(:#${variable.idempotency_lease} AS uuid), 201, success(json))
FROM created
