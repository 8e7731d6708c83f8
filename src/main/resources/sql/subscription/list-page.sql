-- Returns the answer that lists subscriptions, newest first: one page of those that pass the filter. Nobody but an administrator is shown
-- another's, or how many there are.
WITH matching AS NOT MATERIALIZED (
    SELECT s.id, s.created_at
    FROM subscriptions s
    WHERE s.deleted_at IS NULL
      AND (s.user_id = :#caller_id OR :#${variable.caller.role} = 'ADMIN')
      AND passes(s, CAST(:#${variable.ids} AS uuid[]), CAST(:#${variable.user_ids} AS uuid[]), CAST(:#${variable.plan_ids} AS uuid[]),
                 CAST(:#${variable.statuses} AS text[]))
), page AS (
    SELECT id
    FROM matching
    ORDER BY created_at DESC, id DESC
    LIMIT CAST(:#limit AS bigint) OFFSET (CAST(:#page AS bigint) - 1) * CAST(:#limit AS bigint)
)
SELECT success(json_build_object(
    'subscriptions', (SELECT coalesce(json_agg(subscription_json(s) ORDER BY s.created_at DESC, s.id DESC), '[]')
                      FROM page JOIN subscriptions s ON s.id = page.id),
    'paginator', json_build_object(
        'total', (SELECT count(*) FROM matching), 'count', (SELECT count(*) FROM page),
        'per_page', CAST(:#limit AS bigint), 'current_page', CAST(:#page AS bigint))))
