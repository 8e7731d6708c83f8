-- Returns the caller's own, living and active account with its password hash; no row if it is no more.
SELECT id, email, password_hash, full_name, role
FROM users
WHERE id = :#caller_id AND is_active AND deleted_at IS NULL
