-- Discards a dead letter, forgets its job and notes who did it and why; returns the answer that shows it; in its place, why it was not
-- discarded, as the name of a problem.
WITH discarded AS (
    UPDATE dead_letters d
    SET status = 'discarded', discard_reason = :#reason, job = NULL, updated_at = CAST(:#now AS timestamptz)
    WHERE d.id = CAST(:#id AS uuid) AND d.status = 'dead'
    RETURNING d.id, dead_letter_json(d) AS json
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT CAST(:#now AS timestamptz), :#actor, 'dead-letter-discard', id::text, CAST(:#${variable.remote_address} AS text),
           jsonb_build_object('reason', CAST(:#reason AS text))
    FROM discarded
)
SELECT CASE WHEN discarded.id IS NOT NULL THEN success(discarded.json) END AS answer,
       CASE
           WHEN d.id IS NULL THEN 'DEAD_LETTER_NOT_FOUND'
           WHEN discarded.id IS NULL THEN 'DEAD_LETTER_CLOSED'
       END AS problem
FROM (VALUES (CAST(:#id AS uuid))) AS asked (id)
LEFT JOIN dead_letters d ON d.id = asked.id
LEFT JOIN discarded ON discarded.id = asked.id
