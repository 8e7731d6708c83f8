-- Returns the job of a dead letter that may be changed; in its place, why there is none, as the name of a problem.
SELECT CASE WHEN d.status = 'dead' THEN d.job END AS job,
       CASE
           WHEN d.id IS NULL THEN 'DEAD_LETTER_NOT_FOUND'
           WHEN d.status <> 'dead' THEN 'DEAD_LETTER_CLOSED'
           WHEN d.job IS NULL THEN 'CODE_OF_NO_USE'
       END AS problem
FROM (VALUES (CAST(:#id AS uuid))) AS asked (id)
LEFT JOIN dead_letters d ON d.id = asked.id
