-- Returns the answer that shows the caller's live subscription, and its version as an ETag; no row if there is none.
SELECT success(subscription_json(s)) AS answer, etag(s.version) AS etag
FROM subscriptions s
WHERE s.user_id = :#caller_id AND s.live
