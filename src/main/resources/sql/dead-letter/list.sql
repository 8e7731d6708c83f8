-- Returns the answer that lists dead letters, newest first: one page of those that pass the filter.
WITH matching AS NOT MATERIALIZED (
    SELECT d.id, d.created_at
    FROM dead_letters d
    WHERE d.status = ANY (CAST(:#statuses AS text[]))
      AND passes(d, CAST(:#${variable.reasons} AS text[]), CAST(:#${variable.purposes} AS text[]), CAST(:#${variable.recipient} AS text),
                 CAST(:#${variable.created_from} AS timestamptz), CAST(:#${variable.created_to} AS timestamptz))
), page AS (
    SELECT id
    FROM matching
    ORDER BY created_at DESC, id DESC
    LIMIT CAST(:#limit AS bigint) OFFSET (CAST(:#page AS bigint) - 1) * CAST(:#limit AS bigint)
)
SELECT success(json_build_object(
    'dead_letters', (SELECT coalesce(json_agg(dead_letter_json(d) ORDER BY d.created_at DESC, d.id DESC), '[]')
                     FROM page JOIN dead_letters d ON d.id = page.id),
    'paginator', json_build_object(
        'total', (SELECT count(*) FROM matching), 'count', (SELECT count(*) FROM page),
        'per_page', CAST(:#limit AS bigint), 'current_page', CAST(:#page AS bigint))))
