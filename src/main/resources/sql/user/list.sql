-- Returns the answer that lists living users, newest first: those that pass the filter, so many at most.
SELECT success(json_build_object('users', coalesce(json_agg(user_json(u) ORDER BY u.created_at DESC, u.id DESC), '[]')))
FROM users u
WHERE u.id IN (
    SELECT u.id
    FROM users u
    WHERE u.deleted_at IS NULL
      AND passes(u, CAST(:#${variable.ids} AS uuid[]), CAST(:#${variable.emails} AS text[]), CAST(:#${variable.roles} AS text[]),
                 CAST(:#${variable.is_active} AS boolean))
    ORDER BY u.created_at DESC, u.id DESC
    LIMIT CAST(:#most AS integer))
