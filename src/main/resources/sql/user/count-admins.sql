-- Returns how many administer.
SELECT count(*)
FROM users
WHERE role = 'ADMIN' AND is_active AND deleted_at IS NULL
