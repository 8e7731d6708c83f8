-- Returns the answer that shows one subscription, and its version as an ETag; no row if there is none, or it is somebody else's and the
-- caller no administrator.
SELECT success(subscription_json(s)) AS answer, etag(s.version) AS etag
FROM subscriptions s
WHERE s.id = CAST(:#id AS uuid) AND s.deleted_at IS NULL AND (s.user_id = :#caller_id OR :#${variable.caller.role} = 'ADMIN')
