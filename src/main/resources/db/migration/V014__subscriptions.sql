-- Who has subscribed to what (ADR 0026). What must never happen is impossible here, whoever writes: a second live subscription of a user,
-- two periods that overlap, a step from one status to another that is no legal one, a change without a trace, a live subscription to a
-- deleted plan or of a deleted user.
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- Which status may follow which; 'new' is none. One that has ended stays as it is.
CREATE TABLE subscription_transitions (
    from_status text NOT NULL,
    to_status   text NOT NULL,
    PRIMARY KEY (from_status, to_status)
);

INSERT INTO subscription_transitions (from_status, to_status)
VALUES ('new', 'trialing'), ('new', 'active'),
       ('trialing', 'trialing'), ('trialing', 'active'), ('trialing', 'past_due'), ('trialing', 'cancelled'), ('trialing', 'expired'),
       ('active', 'active'), ('active', 'past_due'), ('active', 'cancelled'), ('active', 'expired'),
       ('past_due', 'past_due'), ('past_due', 'active'), ('past_due', 'cancelled'), ('past_due', 'expired');

-- Null once deleted: what live subscriptions refer to.
ALTER TABLE users
    ADD COLUMN alive boolean GENERATED ALWAYS AS (CASE WHEN deleted_at IS NULL THEN true END) STORED,
    ADD CONSTRAINT users_id_alive_key UNIQUE (id, alive),
    -- in which mails that nobody asks for are written; null: not known
    ADD COLUMN language text CHECK (language ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$');

-- When a user has a subscription: a live one may go on for ever, so that neither its renewal nor its end can meet another. Null: never,
-- of one that ended before it began, or by hand and nobody knows when.
CREATE FUNCTION subscription_period(begins timestamptz, ended timestamptz, ends timestamptz, is_live boolean) RETURNS tstzrange
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN is_live THEN tstzrange(begins, NULL)
                WHEN coalesce(ended, ends) > begins THEN tstzrange(begins, coalesce(ended, ends)) END;

CREATE TABLE subscriptions (
    id                   uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id              uuid        NOT NULL REFERENCES users (id),
    plan_id              uuid        NOT NULL REFERENCES plans (id),
    status               text        NOT NULL CHECK (status IN ('trialing', 'active', 'past_due', 'cancelled', 'expired')),
    starts_at            timestamptz NOT NULL,
    trial_ends_at        timestamptz CONSTRAINT subscriptions_trial_ends_at_check CHECK (trial_ends_at > starts_at),
    -- of the period that is paid for; null: it has no end
    ends_at              timestamptz CONSTRAINT subscriptions_ends_at_check CHECK (ends_at > starts_at),
    -- periods are counted from here, so that one that began on the 31st does not end on the 28th for ever
    anchored_at          timestamptz NOT NULL,
    -- how long a payment that failed is waited for
    grace_ends_at        timestamptz,
    cancel_at_period_end boolean     NOT NULL DEFAULT false,
    cancelled_at         timestamptz,
    -- when it ceased to be live
    ended_at             timestamptz,
    -- which plan follows when the period ends
    next_plan_id         uuid,
    version              integer     NOT NULL DEFAULT 1,
    created_at           timestamptz NOT NULL,
    updated_at           timestamptz NOT NULL,
    deleted_at           timestamptz,
    live                 boolean     GENERATED ALWAYS AS (
        CASE WHEN deleted_at IS NULL AND status IN ('trialing', 'active', 'past_due') THEN true END) STORED,
    -- when something is to be done about it
    due_at               timestamptz GENERATED ALWAYS AS (
        CASE WHEN deleted_at IS NOT NULL THEN NULL
             WHEN status = 'trialing' THEN trial_ends_at
             WHEN status = 'active' THEN ends_at
             WHEN status = 'past_due' AND cancel_at_period_end THEN least(ends_at, grace_ends_at)
             WHEN status = 'past_due' THEN coalesce(grace_ends_at, ends_at)
        END) STORED,
    CONSTRAINT subscriptions_trial_check CHECK (status <> 'trialing' OR trial_ends_at IS NOT NULL),
    CONSTRAINT subscriptions_trial_in_period_check CHECK (trial_ends_at <= ends_at),
    CONSTRAINT subscriptions_cancel_check CHECK (NOT cancel_at_period_end OR (cancelled_at IS NOT NULL AND ends_at IS NOT NULL)),
    CONSTRAINT subscriptions_ended_check CHECK (ended_at IS NULL OR status IN ('cancelled', 'expired')),
    -- whoever is deleted has no live one, and whatever is subscribed to is not deleted
    CONSTRAINT subscriptions_user_alive_fkey FOREIGN KEY (user_id, live) REFERENCES users (id, alive),
    CONSTRAINT subscriptions_plan_alive_fkey FOREIGN KEY (plan_id, live) REFERENCES plans (id, alive),
    CONSTRAINT subscriptions_next_plan_alive_fkey FOREIGN KEY (next_plan_id, live) REFERENCES plans (id, alive),
    CONSTRAINT subscriptions_periods_excl EXCLUDE USING gist (
        user_id WITH =, subscription_period(starts_at, ended_at, ends_at, live) WITH &&)
        WHERE (deleted_at IS NULL)
);

CREATE UNIQUE INDEX subscriptions_live_key ON subscriptions (user_id) WHERE live;
-- of all, because the foreign keys and start_trial look among the deleted too
CREATE INDEX subscriptions_user ON subscriptions (user_id, created_at, id);
CREATE INDEX subscriptions_plan ON subscriptions (plan_id);
CREATE INDEX subscriptions_next_plan ON subscriptions (next_plan_id) WHERE next_plan_id IS NOT NULL;
CREATE INDEX subscriptions_created ON subscriptions (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX subscriptions_due ON subscriptions (due_at) WHERE due_at IS NOT NULL;

CREATE TRIGGER subscriptions_version BEFORE UPDATE ON subscriptions
    FOR EACH ROW EXECUTE FUNCTION count_version();

CREATE FUNCTION check_subscription_transition() RETURNS trigger
    LANGUAGE plpgsql
AS $$
DECLARE
    was text := CASE TG_OP WHEN 'INSERT' THEN 'new' ELSE OLD.status END;
BEGIN
    IF NOT EXISTS (SELECT FROM subscription_transitions t WHERE t.from_status = was AND t.to_status = NEW.status) THEN
        RAISE EXCEPTION 'a subscription does not go from % to %', was, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'subscription_transitions';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER subscriptions_begin BEFORE INSERT ON subscriptions
    FOR EACH ROW EXECUTE FUNCTION check_subscription_transition();
-- to delete one is no step
CREATE TRIGGER subscriptions_transition BEFORE UPDATE ON subscriptions
    FOR EACH ROW WHEN (NEW.deleted_at IS NULL OR NEW.status <> OLD.status) EXECUTE FUNCTION check_subscription_transition();

-- Each change: who, when, from, to and why. The statement that makes the change writes it; a change by hand is noted by the table itself.
CREATE TABLE subscription_history (
    subscription_id uuid        NOT NULL REFERENCES subscriptions (id),
    -- which it made
    version         integer     NOT NULL,
    at              timestamptz NOT NULL,
    -- the id of a user; 'system' for a timer; 'database:' and the role for a change by hand
    actor           text        NOT NULL,
    -- the operation or timer that made it
    change          text        NOT NULL,
    -- what whoever asked for it said
    reason          text,
    from_state      jsonb,
    to_state        jsonb       NOT NULL,
    PRIMARY KEY (subscription_id, version)
);

-- What of a subscription changes.
CREATE FUNCTION subscription_state(s subscriptions) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN jsonb_build_object(
        'status', s.status, 'plan_id', s.plan_id, 'next_plan_id', s.next_plan_id, 'starts_at', rfc3339(s.starts_at),
        'trial_ends_at', rfc3339(s.trial_ends_at), 'ends_at', rfc3339(s.ends_at), 'grace_ends_at', rfc3339(s.grace_ends_at),
        'cancel_at_period_end', s.cancel_at_period_end, 'ended_at', rfc3339(s.ended_at), 'deleted_at', rfc3339(s.deleted_at));

CREATE FUNCTION note_subscription_change() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO subscription_history (subscription_id, version, at, actor, change, from_state, to_state)
    VALUES (NEW.id, NEW.version, NEW.updated_at, 'database:' || session_user, lower(TG_OP),
            CASE TG_OP WHEN 'UPDATE' THEN subscription_state(OLD) END, subscription_state(NEW))
    ON CONFLICT (subscription_id, version) DO NOTHING;
    RETURN NULL;
END
$$;

-- After the statement, which has written its own row by then.
CREATE TRIGGER subscriptions_noted AFTER INSERT OR UPDATE ON subscriptions
    FOR EACH ROW EXECUTE FUNCTION note_subscription_change();

-- The history is only added to, as the audit is.
CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP <> 'UPDATE' AND current_setting('smap.audit_purge', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is only added to: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER subscription_history_kept BEFORE UPDATE OR DELETE ON subscription_history
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER subscription_history_not_emptied BEFORE TRUNCATE ON subscription_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- What a subscriber is to be told: each once, and written as a mail afterwards by whoever comes first.
CREATE TABLE subscription_notices (
    subscription_id uuid        NOT NULL REFERENCES subscriptions (id),
    -- of the mail
    template        text        NOT NULL CHECK (template IN ('trial-ending', 'trial-ended', 'subscription-ended')),
    -- the end it tells of: a trial that is prolonged ends again
    ends_at         timestamptz NOT NULL,
    created_at      timestamptz NOT NULL,
    -- null: no mail yet
    queued_at       timestamptz,
    PRIMARY KEY (subscription_id, template, ends_at)
);

CREATE INDEX subscription_notices_waiting ON subscription_notices (created_at) WHERE queued_at IS NULL;

-- What an answer shows of a subscription.
CREATE FUNCTION subscription_json(s subscriptions) RETURNS json
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object(
        'id', s.id, 'user_id', s.user_id, 'plan_id', s.plan_id, 'status', s.status, 'trial_ends_at', rfc3339(s.trial_ends_at),
        'starts_at', rfc3339(s.starts_at), 'ends_at', rfc3339(s.ends_at), 'grace_ends_at', rfc3339(s.grace_ends_at),
        'cancelled_at', rfc3339(s.cancelled_at), 'cancel_at_period_end', s.cancel_at_period_end, 'ended_at', rfc3339(s.ended_at),
        'next_plan_id', s.next_plan_id, 'created_at', rfc3339(s.created_at), 'updated_at', rfc3339(s.updated_at));

-- Whether a subscription passes a filter; what is null in the filter lets every subscription pass.
CREATE FUNCTION passes(s subscriptions, ids uuid[], user_ids uuid[], plan_ids uuid[], statuses text[]) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (ids IS NULL OR s.id = ANY (ids))
       AND (user_ids IS NULL OR s.user_id = ANY (user_ids))
       AND (plan_ids IS NULL OR s.plan_id = ANY (plan_ids))
       AND (statuses IS NULL OR s.status = ANY (statuses));

-- The first end of a period after a moment: so many months or years after the anchor, by the calendar of UTC. Null without an interval.
CREATE FUNCTION period_end(anchor timestamptz, step text, moment timestamptz) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (
        SELECT min(period.ends_at)
        FROM (SELECT CASE step WHEN 'month' THEN 1 WHEN 'year' THEN 12 END) AS length (months)
        CROSS JOIN LATERAL (SELECT age(moment AT TIME ZONE 'UTC', anchor AT TIME ZONE 'UTC')) AS since (age)
        CROSS JOIN LATERAL (SELECT greatest(0, CAST(extract(YEAR FROM since.age) * 12 + extract(MONTH FROM since.age) AS integer)
                                               / length.months - 1)) AS passed (periods)
        CROSS JOIN LATERAL generate_series(passed.periods, passed.periods + 3) AS candidate (periods)
        CROSS JOIN LATERAL (SELECT (anchor AT TIME ZONE 'UTC' + make_interval(months => candidate.periods * length.months))
                                   AT TIME ZONE 'UTC') AS period (ends_at)
        WHERE candidate.periods > 0 AND period.ends_at > moment);

-- The end of a trial that begins at a moment: days of UTC, whatever the time zone of the session.
CREATE FUNCTION trial_end(moment timestamptz, days integer) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN moment + make_interval(hours => 24 * days);

-- Begins the trial that everybody gets once, and returns it; null where the plan for it is gone or the user has had a subscription. A
-- function, because it is to see what others have done while the statement waited for the user's row.
CREATE FUNCTION start_trial(owner uuid, moment timestamptz) RETURNS uuid
    LANGUAGE sql VOLATILE
AS $$
    WITH started AS (
        INSERT INTO subscriptions (user_id, plan_id, status, starts_at, trial_ends_at, ends_at, anchored_at, created_at, updated_at)
        SELECT owner, p.id, 'trialing', moment, trial.ends_at, trial.ends_at, trial.ends_at, moment, moment
        FROM plans p
        CROSS JOIN LATERAL (SELECT trial_end(moment, p.trial_days)) AS trial (ends_at)
        WHERE lower(p.code) = 'free' AND p.deleted_at IS NULL AND p.trial_days > 0
          AND NOT EXISTS (SELECT FROM subscriptions s WHERE s.user_id = owner)
        ON CONFLICT DO NOTHING
        RETURNING id, version, subscription_state(subscriptions) AS state
    ), noted AS (
        INSERT INTO subscription_history (subscription_id, version, at, actor, change, to_state)
        SELECT id, version, moment, owner::text, 'start-trial', state
        FROM started
    )
    SELECT id
    FROM started
$$;

-- Ends what a user has, with the account, and returns how many. A function, as end_sessions is.
CREATE FUNCTION end_subscriptions(owner uuid, who text, why text, moment timestamptz) RETURNS bigint
    LANGUAGE sql VOLATILE
AS $$
    WITH held AS MATERIALIZED (
        SELECT s.id, subscription_state(s) AS state
        FROM subscriptions s
        WHERE s.user_id = owner AND s.live
        FOR UPDATE
    ), ended AS (
        UPDATE subscriptions s
        SET status = 'cancelled', cancel_at_period_end = false, cancelled_at = coalesce(s.cancelled_at, moment), ended_at = moment,
            grace_ends_at = NULL, next_plan_id = NULL, updated_at = moment
        FROM held
        WHERE s.id = held.id AND s.live
        RETURNING s.id, s.version, held.state AS was, subscription_state(s) AS state
    ), noted AS (
        INSERT INTO subscription_history (subscription_id, version, at, actor, change, from_state, to_state)
        SELECT id, version, moment, who, why, was, state
        FROM ended
    )
    SELECT count(*)
    FROM ended
$$;
