-- Creates a user who has still to prove the address; returns the answer, or no row if a living user has the address.
INSERT INTO users (email, password_hash, full_name, created_at, updated_at)
VALUES (:#email, :#password_hash, :#${variable.full_name}, CAST(:#now AS timestamptz), CAST(:#now AS timestamptz))
ON CONFLICT (lower(email)) WHERE deleted_at IS NULL DO NOTHING
RETURNING kept(CAST(:#${variable.idempotency_lease} AS uuid), 201, success(user_json(users)))
