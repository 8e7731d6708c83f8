-- Returns the caller's account with the address it is to get; no row if no change is pending.
SELECT u.id, u.email, u.full_name, a.email AS new_address
FROM address_changes a
JOIN users u ON u.id = a.user_id
WHERE a.user_id = :#caller_id AND u.is_active AND u.deleted_at IS NULL
