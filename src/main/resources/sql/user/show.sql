-- Returns the answer that shows the caller's own, living and active account; no row if it is no more.
SELECT success(user_json(u))
FROM users u
WHERE id = :#caller_id AND is_active AND deleted_at IS NULL
