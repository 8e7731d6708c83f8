-- Returns the living user with an address, whatever its case; no row if there is none.
SELECT id, email, password_hash, full_name, role, is_active, deactivated_at, password_changed_at, user_json(u)::text AS json
FROM users u
WHERE lower(email) = lower(:#email) AND deleted_at IS NULL
