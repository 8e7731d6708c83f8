-- Returns the answer that lists living users, newest first: one page of those that pass the filter.
WITH matching AS NOT MATERIALIZED (
    SELECT u.id, u.created_at
    FROM users u
    WHERE u.deleted_at IS NULL
      AND passes(u, CAST(:#${variable.ids} AS uuid[]), CAST(:#${variable.emails} AS text[]), CAST(:#${variable.roles} AS text[]),
                 CAST(:#${variable.is_active} AS boolean))
), page AS (
    SELECT id
    FROM matching
    ORDER BY created_at DESC, id DESC
    LIMIT CAST(:#limit AS bigint) OFFSET (CAST(:#page AS bigint) - 1) * CAST(:#limit AS bigint)
)
SELECT success(json_build_object(
    'users', (SELECT coalesce(json_agg(user_json(u) ORDER BY u.created_at DESC, u.id DESC), '[]') FROM page JOIN users u ON u.id = page.id),
    'paginator', json_build_object(
        'total', (SELECT count(*) FROM matching), 'count', (SELECT count(*) FROM page),
        'per_page', CAST(:#limit AS bigint), 'current_page', CAST(:#page AS bigint))))
