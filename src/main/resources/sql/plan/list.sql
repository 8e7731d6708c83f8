-- Returns the answer that lists living plans, oldest first: those that pass the filter, so many at most.
SELECT success(json_build_object('plans', coalesce(json_agg(listed.shown), '[]')))
FROM (
    SELECT p.shown
    FROM plans p
    WHERE p.deleted_at IS NULL
      AND passes(p, CAST(:#${variable.ids} AS uuid[]), CAST(:#${variable.codes} AS text[]))
    ORDER BY p.created_at, p.id
    LIMIT CAST(:#most AS integer)) AS listed
