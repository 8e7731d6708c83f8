-- Deletes a key whose request was refused and changed nothing, so that the key can be used again.
DELETE FROM idempotency_keys
WHERE lease = CAST(:#${variable.idempotency_lease} AS uuid) AND answer IS NULL
