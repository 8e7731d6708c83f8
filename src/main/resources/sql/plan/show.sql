-- Returns the answer that shows one living plan, and its ETag; no row if there is no such plan.
SELECT etag(p.version) AS etag, success(plan_json(p)) AS answer
FROM plans p
WHERE p.id = CAST(:#id AS uuid) AND p.deleted_at IS NULL
