-- What a user cannot have, said once for the statements that ask before they write, so that they can tell the field at fault; the tables
-- refuse it all the same.

-- Why a user cannot have such a subscription, as the name of a problem and the field at fault; null if nothing is against it. Own: its id
-- if it is there already. A function, because it is to see what others have done while the statement waited: for the user's row before a
-- new one, for the row of the subscription otherwise.
CREATE FUNCTION subscription_fault(
    own uuid, owner uuid, state text, begins timestamptz, trial_ends timestamptz, ends timestamptz, ended timestamptz) RETURNS text
    LANGUAGE sql VOLATILE
AS $$
    SELECT CASE
               WHEN state = 'trialing' AND trial_ends IS NULL THEN 'SUBSCRIPTION_NOT_VALID trial_ends_at is required'
               WHEN trial_ends <= begins THEN 'SUBSCRIPTION_NOT_VALID trial_ends_at must be later than starts_at'
               WHEN ends <= begins THEN 'SUBSCRIPTION_NOT_VALID ends_at must be later than starts_at'
               WHEN trial_ends > ends THEN 'SUBSCRIPTION_NOT_VALID trial_ends_at must not be later than ends_at'
               WHEN ended IS NULL AND EXISTS (
                   SELECT FROM subscriptions s WHERE s.user_id = owner AND s.live AND s.id IS DISTINCT FROM own)
                   THEN 'LIVE_SUBSCRIPTION_EXISTS'
               WHEN EXISTS (
                   SELECT FROM subscriptions s
                   WHERE s.user_id = owner AND s.deleted_at IS NULL AND s.id IS DISTINCT FROM own
                     AND subscription_period(s.starts_at, s.ended_at, s.ends_at, s.live)
                         && subscription_period(begins, ended, ends, ended IS NULL))
                   THEN 'SUBSCRIPTION_EXISTS'
           END
$$;
