-- Changes a subscription to what is given and leaves the rest; notes the change, and leaves a notice to its owner if that ends it. Returns
-- the answer that shows it, and its ETag; in their place, why not, as the name of a problem. One that has ended stays as it is. The plan is
-- locked before the subscription, as whoever deletes it does, so that neither waits for the other for ever.
WITH plan AS MATERIALIZED (
    SELECT p.id
    FROM plans p
    WHERE p.id = CAST(:#${variable.plan_id} AS uuid) AND p.deleted_at IS NULL
    FOR KEY SHARE
), held AS MATERIALIZED (
    SELECT s.id, s.version, s.user_id, s.status, s.starts_at, s.trial_ends_at, s.ends_at, plan.id AS plan_id, subscription_state(s) AS was
    FROM subscriptions s
    LEFT JOIN plan ON true
    WHERE s.id = CAST(:#id AS uuid) AND s.deleted_at IS NULL
    FOR UPDATE OF s
), wanted AS (
    SELECT held.id, step.status,
           coalesce(CAST(:#${variable.starts_at} AS timestamptz), held.starts_at) AS starts_at,
           coalesce(CAST(:#${variable.trial_ends_at} AS timestamptz), held.trial_ends_at) AS trial_ends_at,
           -- a trial that is all there is takes its end along
           coalesce(CAST(:#${variable.ends_at} AS timestamptz),
                    CASE WHEN step.status = 'trialing' AND held.ends_at = held.trial_ends_at
                         THEN CAST(:#${variable.trial_ends_at} AS timestamptz) END,
                    held.ends_at) AS ends_at,
           CASE WHEN step.status IN ('cancelled', 'expired') THEN CAST(:#now AS timestamptz) END AS ended_at
    FROM held
    CROSS JOIN LATERAL (SELECT coalesce(CAST(:#${variable.status} AS text), held.status)) AS step (status)
), verdict AS MATERIALIZED (
    SELECT CASE
               WHEN held.id IS NULL THEN 'SUBSCRIPTION_NOT_FOUND'
               WHEN asked.plan_id IS NOT NULL AND held.plan_id IS NULL THEN 'PLAN_NOT_FOUND'
               WHEN NOT matches(held.version, CAST(:#${variable.If-Match} AS text)) THEN 'PRECONDITION_FAILED'
               WHEN NOT EXISTS (SELECT FROM subscription_transitions t WHERE t.from_status = held.status AND t.to_status = wanted.status)
                   THEN 'SUBSCRIPTION_STATUS_NOT_VALID'
               WHEN asked.user_id <> held.user_id THEN 'SUBSCRIPTION_NOT_VALID user_id must be the one who has it'
               ELSE subscription_fault(held.id, held.user_id, wanted.status, wanted.starts_at, wanted.trial_ends_at, wanted.ends_at,
                                       wanted.ended_at)
           END AS problem
    FROM (VALUES (CAST(:#${variable.user_id} AS uuid), CAST(:#${variable.plan_id} AS uuid))) AS asked (user_id, plan_id)
    LEFT JOIN held ON true
    LEFT JOIN wanted ON wanted.id = held.id
), changed AS (
    UPDATE subscriptions s
    SET plan_id = coalesce(plan.id, s.plan_id),
        status = wanted.status,
        starts_at = wanted.starts_at,
        trial_ends_at = wanted.trial_ends_at,
        ends_at = wanted.ends_at,
        anchored_at = CASE WHEN wanted.ends_at IS DISTINCT FROM s.ends_at THEN wanted.ends_at ELSE s.anchored_at END,
        grace_ends_at = CASE WHEN wanted.status <> 'past_due' THEN NULL
                             WHEN s.status = 'past_due' THEN s.grace_ends_at
                             ELSE CAST(:#now AS timestamptz) + CAST(:#grace AS interval) END,
        cancelled_at = CASE wanted.status WHEN 'cancelled' THEN wanted.ended_at ELSE s.cancelled_at END,
        cancel_at_period_end = s.cancel_at_period_end AND wanted.ended_at IS NULL,
        ended_at = wanted.ended_at,
        next_plan_id = CASE WHEN wanted.ended_at IS NULL THEN nullif(s.next_plan_id, coalesce(plan.id, s.plan_id)) END,
        updated_at = CAST(:#now AS timestamptz)
    FROM wanted
    CROSS JOIN verdict
    LEFT JOIN plan ON true
    WHERE s.id = wanted.id AND verdict.problem IS NULL
    RETURNING s.id, s.version, s.status, s.ended_at, subscription_json(s) AS json, subscription_state(s) AS state
), noted AS (
    INSERT INTO subscription_history (subscription_id, version, at, actor, change, reason, from_state, to_state)
    SELECT c.id, c.version, CAST(:#now AS timestamptz), :#actor, 'subscription-update', CAST(:#${variable.reason} AS text), held.was,
           c.state
    FROM changed c
    JOIN held ON held.id = c.id
), noticed AS (
    INSERT INTO subscription_notices (subscription_id, template, ends_at, created_at)
    SELECT c.id, CASE WHEN held.status = 'trialing' AND c.status = 'expired' THEN 'trial-ended' ELSE 'subscription-ended' END, c.ended_at,
           CAST(:#now AS timestamptz)
    FROM changed c
    JOIN held ON held.id = c.id
    WHERE c.ended_at IS NOT NULL
    ON CONFLICT DO NOTHING
)
SELECT verdict.problem, etag(c.version) AS etag, CASE WHEN c.id IS NOT NULL THEN success(c.json) END AS answer
FROM verdict
LEFT JOIN changed c ON true
