-- Returns whom a mail to an address greets, and whether a code may set a new password: the living user with the address, whatever its case,
-- else the address alone. There is a row in any case, so that whoever goes on from it does the same for an address that nobody has.
SELECT u.id, coalesce(u.email, asked.email) AS email, u.full_name, u.id IS NOT NULL AND u.deactivated_at IS NULL AS may_reset
FROM (VALUES (CAST(:#email AS text))) AS asked (email)
LEFT JOIN users u ON lower(u.email) = lower(asked.email) AND u.deleted_at IS NULL
