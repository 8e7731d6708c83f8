-- Returns the answer that lists subscriptions, newest first: those that pass the filter, so many at most. Nobody but an administrator is
-- shown another's.
SELECT success(json_build_object('subscriptions', coalesce(json_agg(subscription_json(s) ORDER BY s.created_at DESC, s.id DESC), '[]')))
FROM subscriptions s
WHERE s.id IN (
    SELECT s.id
    FROM subscriptions s
    WHERE s.deleted_at IS NULL
      AND (s.user_id = :#caller_id OR :#${variable.caller.role} = 'ADMIN')
      AND passes(s, CAST(:#${variable.ids} AS uuid[]), CAST(:#${variable.user_ids} AS uuid[]), CAST(:#${variable.plan_ids} AS uuid[]),
                 CAST(:#${variable.statuses} AS text[]))
    ORDER BY s.created_at DESC, s.id DESC
    LIMIT CAST(:#most AS integer))
