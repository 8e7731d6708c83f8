-- Returns notices that have no mail yet, oldest first, so many at a time, with what their mails tell: whom they greet and in which
-- language, the end, and the plan that has ended, or that follows the trial if one does. Those that somebody is at are passed over; none is
-- held any longer than this statement: its mail is queued by another.
SELECT n.subscription_id, n.template, n.ends_at, u.email, u.full_name, u.language,
       CASE n.template
           WHEN 'trial-ending' THEN CASE WHEN goes_on(s, p.interval) THEN p.name END
           WHEN 'subscription-ended' THEN p.name
       END AS plan_name
FROM subscription_notices n
JOIN subscriptions s ON s.id = n.subscription_id
JOIN plans p ON p.id = coalesce(s.next_plan_id, s.plan_id)
JOIN users u ON u.id = s.user_id
WHERE n.queued_at IS NULL
ORDER BY n.created_at, n.subscription_id
LIMIT CAST(:#batch AS integer)
FOR UPDATE OF n SKIP LOCKED
