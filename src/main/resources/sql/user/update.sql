-- Changes what the caller may change of the own account; returns the answer that shows it, or no row if it is no more.
UPDATE users u
SET full_name = :#${variable.full_name}, updated_at = CAST(:#now AS timestamptz)
WHERE id = :#caller_id AND is_active AND deleted_at IS NULL
RETURNING success(user_json(u))
