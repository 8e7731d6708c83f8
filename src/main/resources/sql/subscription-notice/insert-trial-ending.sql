-- Leaves a notice for each trial that ends soon, the first to end first, so many at a time, and returns how many: one for each end, so that
-- a trial that is prolonged is told of again. Who has cancelled knows. Rows that another replica is at are passed over.
WITH ending AS MATERIALIZED (
    SELECT s.id, s.trial_ends_at
    FROM subscriptions s
    WHERE s.status = 'trialing' AND NOT s.cancel_at_period_end
      AND s.due_at > CAST(:#now AS timestamptz) AND s.due_at <= CAST(:#now AS timestamptz) + CAST(:#trial_reminder AS interval)
      AND NOT EXISTS (
          SELECT FROM subscription_notices n
          WHERE n.subscription_id = s.id AND n.template = 'trial-ending' AND n.ends_at = s.trial_ends_at)
    ORDER BY s.due_at
    LIMIT CAST(:#batch AS integer)
    FOR UPDATE OF s SKIP LOCKED
), noticed AS (
    INSERT INTO subscription_notices (subscription_id, template, ends_at, created_at)
    SELECT id, 'trial-ending', trial_ends_at, CAST(:#now AS timestamptz)
    FROM ending
    ON CONFLICT DO NOTHING
    RETURNING subscription_id
)
SELECT count(*)
FROM noticed
