-- Changes the recipient of a dead letter, of its job and of its mail, and notes it; returns the answer that shows it, or no row if it is
-- no longer dead.
WITH before AS (
    SELECT id, recipient
    FROM dead_letters
    WHERE id = CAST(:#id AS uuid)
), updated AS (
    UPDATE dead_letters d
    SET recipient = :#recipient, job = CAST(:#job AS bytea), job_bytes = octet_length(CAST(:#job AS bytea)),
        updated_at = CAST(:#now AS timestamptz)
    FROM before
    WHERE d.id = before.id AND d.status = 'dead'
    RETURNING d.id, before.recipient AS was, dead_letter_json(d) AS json
), readdressed AS (
    UPDATE mails m
    SET recipient = :#recipient, updated_at = CAST(:#now AS timestamptz)
    FROM updated
    WHERE m.id = updated.id
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT CAST(:#now AS timestamptz), :#actor, 'dead-letter-update', id::text, CAST(:#${variable.remote_address} AS text),
           jsonb_build_object('recipient', CAST(:#recipient AS text), 'was', was)
    FROM updated
)
SELECT success(json)
FROM updated
