-- Queues the mail of a notice, once, and returns its id; null where nobody is to be told any more: the account is deleted or deactivated,
-- the subscription deleted, or the trial does not end then after all; no row where another replica is at it or was before, or the owner has
-- another address by now, which the next run writes to. What has become of the owner meanwhile is waited for.
WITH held AS MATERIALIZED (
    SELECT n.subscription_id, n.template, n.ends_at, s.user_id,
           s.deleted_at IS NULL
           AND (n.template <> 'trial-ending'
                OR (s.status = 'trialing' AND NOT s.cancel_at_period_end
                    AND s.trial_ends_at = n.ends_at AND n.ends_at > CAST(:#now AS timestamptz))) AS is_true
    FROM subscription_notices n
    JOIN subscriptions s ON s.id = n.subscription_id
    WHERE n.subscription_id = CAST(:#subscription_id AS uuid) AND n.template = :#template
      AND n.ends_at = CAST(:#ends_at AS timestamptz) AND n.queued_at IS NULL
    FOR UPDATE OF n SKIP LOCKED
), owner AS MATERIALIZED (
    SELECT u.id, u.email, u.deleted_at IS NULL AND u.is_active AS may_be_told
    FROM users u
    JOIN held ON held.user_id = u.id
    FOR SHARE OF u
), queued AS (
    INSERT INTO mails (id, user_id, purpose, recipient, job, status, created_at, relay_at, updated_at)
    SELECT gen_random_uuid(), owner.id, held.template, owner.email, CAST(:#${variable.job} AS json), 'queued',
           CAST(:#now AS timestamptz), CAST(:#now AS timestamptz), CAST(:#now AS timestamptz)
    FROM held
    JOIN owner ON owner.id = held.user_id
    WHERE held.is_true AND owner.may_be_told AND owner.email = :#email
    RETURNING id
), marked AS (
    UPDATE subscription_notices n
    SET queued_at = CAST(:#now AS timestamptz)
    FROM held
    JOIN owner ON owner.id = held.user_id
    WHERE n.subscription_id = held.subscription_id AND n.template = held.template AND n.ends_at = held.ends_at
      AND (owner.email = :#email OR NOT owner.may_be_told)
    RETURNING n.subscription_id
)
SELECT queued.id AS mail_id
FROM marked
LEFT JOIN queued ON true
