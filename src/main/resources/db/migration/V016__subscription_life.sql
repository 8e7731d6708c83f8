-- Whether a subscription goes on by itself once it is due, with a plan that is renewed after such an interval (null: never). A trial does
-- where the plan is renewed, another one was chosen to follow, or more time was given than the trial; a period where the plan is renewed or
-- another one was chosen. Who owes does not go on. What was cancelled ends all the same: that is asked before.
CREATE FUNCTION goes_on(s subscriptions, step text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE s.status
               WHEN 'trialing' THEN step IS NOT NULL OR s.next_plan_id IS NOT NULL OR s.ends_at IS NULL OR s.ends_at > s.trial_ends_at
               WHEN 'active' THEN step IS NOT NULL OR s.next_plan_id IS NOT NULL
               ELSE false
           END;
