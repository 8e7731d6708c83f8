-- Returns the job of a dead letter; it is asked for one by one, because a job may be large.
SELECT job
FROM dead_letters
WHERE id = CAST(:#id AS uuid)
