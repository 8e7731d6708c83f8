-- Returns the answer that lists living plans, oldest first: one page of those that pass the filter.
WITH matching AS NOT MATERIALIZED (
    SELECT p.id, p.created_at
    FROM plans p
    WHERE p.deleted_at IS NULL
      AND passes(p, CAST(:#${variable.ids} AS uuid[]), CAST(:#${variable.codes} AS text[]))
), page AS (
    SELECT id
    FROM matching
    ORDER BY created_at, id
    LIMIT CAST(:#limit AS bigint) OFFSET (CAST(:#page AS bigint) - 1) * CAST(:#limit AS bigint)
)
SELECT success(json_build_object(
    'plans', (SELECT coalesce(json_agg(plan_json(p) ORDER BY p.created_at, p.id), '[]') FROM page JOIN plans p ON p.id = page.id),
    'paginator', json_build_object(
        'total', (SELECT count(*) FROM matching), 'count', (SELECT count(*) FROM page),
        'per_page', CAST(:#limit AS bigint), 'current_page', CAST(:#page AS bigint))))
