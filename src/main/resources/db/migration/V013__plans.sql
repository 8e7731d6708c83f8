-- What can be subscribed to (ADR 0026). Prices and charging are a billing provider's.
CREATE TABLE plans (
    id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    code        text        NOT NULL CHECK (code ~ '^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$'),
    name        text        NOT NULL CHECK (name ~ '\S' AND length(name) <= 100),
    description text        CHECK (length(description) <= 1000),
    max_usage   integer     NOT NULL CHECK (max_usage >= 0),
    -- 0: none
    trial_days  integer     NOT NULL DEFAULT 0 CHECK (trial_days BETWEEN 0 AND 730),
    -- after which a subscription is renewed; null: it is not
    interval    text        CHECK (interval IN ('month', 'year')),
    -- of the row: what an ETag says
    version     integer     NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    deleted_at  timestamptz,
    -- null once it is deleted: what live subscriptions refer to, so that their plan stays
    alive       boolean     GENERATED ALWAYS AS (CASE WHEN deleted_at IS NULL THEN true END) STORED,
    UNIQUE (id, alive)
);

-- Free again once the plan is deleted.
CREATE UNIQUE INDEX plans_code_key ON plans (lower(code)) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX plans_name_key ON plans (lower(name)) WHERE deleted_at IS NULL;
CREATE INDEX plans_created ON plans (created_at, id) WHERE deleted_at IS NULL;

-- Other systems know a plan by its code.
CREATE FUNCTION keep_plan_code() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'the code of a plan does not change' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'plans_code_kept';
END
$$;

CREATE TRIGGER plans_code_kept BEFORE UPDATE OF code ON plans
    FOR EACH ROW WHEN (NEW.code IS DISTINCT FROM OLD.code) EXECUTE FUNCTION keep_plan_code();

-- Each change of a row is a new version of it, whoever makes it.
CREATE FUNCTION count_version() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$;

CREATE TRIGGER plans_version BEFORE UPDATE ON plans
    FOR EACH ROW EXECUTE FUNCTION count_version();

-- What an answer shows of a plan.
CREATE FUNCTION plan_json(p plans) RETURNS json
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object(
        'id', p.id, 'name', p.name, 'code', p.code, 'description', p.description, 'max_usage', p.max_usage, 'trial_days', p.trial_days,
        'interval', p.interval, 'created_at', rfc3339(p.created_at), 'updated_at', rfc3339(p.updated_at));

-- Whether a plan passes a filter; what is null in the filter lets every plan pass.
CREATE FUNCTION passes(p plans, ids uuid[], codes text[]) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (ids IS NULL OR p.id = ANY (ids))
       AND (codes IS NULL OR lower(p.code) = ANY (CAST(lower(CAST(codes AS text)) AS text[])));

-- The version of a row as an ETag and as If-Match asks for it (RFC 9110, 8.8.3 and 13.1.1); without a condition every version will do.
CREATE FUNCTION etag(version integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '"' || version || '"';

CREATE FUNCTION matches(version integer, condition text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN condition IS NULL OR btrim(condition) = '*'
        OR etag(version) = ANY (regexp_split_to_array(btrim(condition), '\s*,\s*'));

-- What everybody begins with, on trial.
INSERT INTO plans (code, name, description, max_usage, trial_days, created_at, updated_at)
VALUES ('free', 'Free', 'To try it out', 100, 14, TIMESTAMPTZ '2026-01-01 00:00:00+00', TIMESTAMPTZ '2026-01-01 00:00:00+00');
