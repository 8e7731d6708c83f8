-- Replaces a user's password hash, unless the password was changed since the old hash was read.
UPDATE users
SET password_hash = :#password_hash, updated_at = CAST(:#now AS timestamptz)
WHERE id = :#${variable.user[id]} AND password_hash = :#${variable.user[password_hash]}
