-- What an answer shows of a plan is rendered when the plan is written. Plans are few and seldom change, and everybody who looks at prices
-- reads all of them. The function is as immutable as it says: it reads no setting.
CREATE FUNCTION plan_json(
    id uuid, name text, code text, description text, max_usage integer, trial_days integer, every text,
    created_at timestamptz, updated_at timestamptz) RETURNS json
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN json_build_object(
        'id', id, 'name', name, 'code', code, 'description', description, 'max_usage', max_usage, 'trial_days', trial_days,
        'interval', every, 'created_at', rfc3339(created_at), 'updated_at', rfc3339(updated_at));

ALTER TABLE plans
    ADD COLUMN shown json GENERATED ALWAYS AS (
        plan_json(id, name, code, description, max_usage, trial_days, interval, created_at, updated_at)) STORED;

CREATE OR REPLACE FUNCTION plan_json(p plans) RETURNS json
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN p.shown;
