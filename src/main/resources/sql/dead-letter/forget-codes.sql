-- Removes the body of dead letters whose code has died: such a mail is never replayed, and nobody has any more use for what it holds.
UPDATE dead_letters
SET job = NULL, updated_at = CAST(:#now AS timestamptz)
WHERE id IN (
    SELECT id
    FROM dead_letters
    WHERE job IS NOT NULL AND expires_at <= CAST(:#now AS timestamptz)
    FOR UPDATE SKIP LOCKED)
