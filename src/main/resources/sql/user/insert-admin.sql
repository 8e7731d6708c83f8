-- Creates the administrator that the settings name, or makes one of the account that has this address, and notes it; returns what was done
-- (created, promoted), or no row if nothing was. An account is promoted only while nobody administers, and only if its address is proved;
-- none is created a second time for one that was moved or deleted since, unless nobody administers. The password of an account that is
-- there already stays its own. Several replicas may ask at once.
WITH known AS (
    SELECT EXISTS (SELECT FROM users WHERE role = 'ADMIN' AND is_active AND deleted_at IS NULL) AS has_admin,
           EXISTS (SELECT FROM audit_events
                   WHERE actor = 'settings' AND action = 'admin-create' AND lower(details ->> 'email') = lower(:#email)) AS was_made
), made AS (
    INSERT INTO users AS u (email, password_hash, role, is_active, verified_at, created_at, updated_at)
    SELECT :#email, :#password_hash, 'ADMIN', true, CAST(:#now AS timestamptz), CAST(:#now AS timestamptz), CAST(:#now AS timestamptz)
    FROM known
    WHERE NOT (known.has_admin AND known.was_made)
    ON CONFLICT (lower(email)) WHERE deleted_at IS NULL DO UPDATE
    SET role = 'ADMIN', updated_at = excluded.updated_at
    WHERE u.is_active AND u.role <> 'ADMIN' AND NOT (SELECT has_admin FROM known)
    RETURNING u.id, u.email, CASE WHEN u.password_hash = :#password_hash THEN 'created' ELSE 'promoted' END AS outcome
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, details)
    SELECT CAST(:#now AS timestamptz), 'settings', 'admin-create', id::text, jsonb_build_object('email', email, 'outcome', outcome)
    FROM made
)
SELECT outcome
FROM made
