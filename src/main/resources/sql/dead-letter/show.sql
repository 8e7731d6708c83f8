-- Returns the answer that shows one dead letter, its job too if that is asked for, which is noted in the same statement: it may hold a code
-- or a person's data. No row if there is no such dead letter.
WITH audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT CAST(:#now AS timestamptz), :#actor, 'dead-letter-show', d.id::text, CAST(:#${variable.remote_address} AS text),
           jsonb_build_object('include', 'body')
    FROM dead_letters d
    WHERE d.id = CAST(:#id AS uuid) AND CAST(:#${variable.include} AS text) = 'body'
)
SELECT success(CASE WHEN CAST(:#${variable.include} AS text) = 'body' THEN json_with(dead_letter_json(d), 'body', job_json(d.job))
                    ELSE dead_letter_json(d) END)
FROM dead_letters d
WHERE d.id = CAST(:#id AS uuid)
