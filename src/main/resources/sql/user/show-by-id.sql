-- Returns the answer that shows one living user, in whatever state; no row if there is no such user.
SELECT success(user_json(u))
FROM users u
WHERE id = CAST(:#id AS uuid) AND deleted_at IS NULL
