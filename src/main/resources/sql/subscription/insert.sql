-- Creates a subscription and begins its history; returns the answer that shows it; in its place, why not, as the name of a problem. The
-- user's row is held from the first step to the last, so that of many at once for one user each sees what the one before did;
-- the plan's is held against its deletion.
WITH owner AS MATERIALIZED (
    SELECT u.id
    FROM users u
    WHERE u.id = CAST(:#user_id AS uuid) AND u.deleted_at IS NULL
    FOR NO KEY UPDATE
), plan AS MATERIALIZED (
    SELECT p.id, p.trial_days, p.interval
    FROM plans p
    WHERE p.id = CAST(:#plan_id AS uuid) AND p.deleted_at IS NULL AND EXISTS (SELECT FROM owner)
    FOR KEY SHARE
), trial AS (
    SELECT plan.id AS plan_id, plan.interval,
           coalesce(CAST(:#${variable.trial_ends_at} AS timestamptz),
                    CASE WHEN :#status = 'trialing' AND plan.trial_days > 0
                         THEN trial_end(CAST(:#starts_at AS timestamptz), plan.trial_days) END) AS ends_at
    FROM plan
), wanted AS (
    SELECT owner.id AS user_id, trial.plan_id, trial.ends_at AS trial_ends_at,
           coalesce(CAST(:#${variable.ends_at} AS timestamptz),
                    CASE :#status WHEN 'trialing' THEN trial.ends_at
                                  ELSE period_end(CAST(:#starts_at AS timestamptz), trial.interval, CAST(:#starts_at AS timestamptz)) END)
               AS ends_at,
           coalesce(CAST(:#${variable.ends_at} AS timestamptz),
                    CASE :#status WHEN 'trialing' THEN trial.ends_at ELSE CAST(:#starts_at AS timestamptz) END) AS anchored_at
    FROM owner
    CROSS JOIN trial
), verdict AS MATERIALIZED (
    SELECT CASE
               WHEN NOT EXISTS (SELECT FROM owner) THEN 'ACCOUNT_NOT_FOUND'
               WHEN NOT EXISTS (SELECT FROM plan) THEN 'PLAN_NOT_FOUND'
               WHEN NOT EXISTS (SELECT FROM subscription_transitions t WHERE t.from_status = 'new' AND t.to_status = :#status)
                   THEN 'SUBSCRIPTION_STATUS_NOT_VALID'
               ELSE (SELECT subscription_fault(NULL, wanted.user_id, :#status, CAST(:#starts_at AS timestamptz), wanted.trial_ends_at,
                                               wanted.ends_at, NULL)
                     FROM wanted)
           END AS problem
), created AS (
    INSERT INTO subscriptions (user_id, plan_id, status, starts_at, trial_ends_at, ends_at, anchored_at, created_at, updated_at)
    SELECT wanted.user_id, wanted.plan_id, :#status, CAST(:#starts_at AS timestamptz), wanted.trial_ends_at, wanted.ends_at,
           wanted.anchored_at, CAST(:#now AS timestamptz), CAST(:#now AS timestamptz)
    FROM wanted
    CROSS JOIN verdict
    WHERE verdict.problem IS NULL
    ON CONFLICT DO NOTHING
    RETURNING id, version, subscription_json(subscriptions) AS json, subscription_state(subscriptions) AS state
), noted AS (
    INSERT INTO subscription_history (subscription_id, version, at, actor, change, reason, to_state)
    SELECT id, version, CAST(:#now AS timestamptz), :#actor, 'subscription-create', CAST(:#${variable.reason} AS text), state
    FROM created
)
SELECT coalesce(verdict.problem, CASE WHEN created.id IS NULL THEN 'SUBSCRIPTION_EXISTS' END) AS problem,
       CASE WHEN created.id IS NOT NULL THEN kept(CAST(:#${variable.idempotency_lease} AS uuid), 201, success(created.json)) END AS answer
FROM verdict
LEFT JOIN created ON true
