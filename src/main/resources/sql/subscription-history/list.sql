-- Returns the answer that lists the changes of one subscription, the first one first; no row if there is no such subscription, or it is
-- somebody else's and the caller no administrator. What is deleted has a history for administrators only.
SELECT success(json_build_object('history', (
           SELECT coalesce(json_agg(json_build_object(
                      'version', h.version, 'at', rfc3339(h.at), 'actor', h.actor, 'change', h.change, 'reason', h.reason,
                      'from', h.from_state, 'to', h.to_state) ORDER BY h.version), '[]')
           FROM subscription_history h
           WHERE h.subscription_id = s.id)))
FROM subscriptions s
WHERE s.id = CAST(:#id AS uuid)
  AND ((s.user_id = :#caller_id AND s.deleted_at IS NULL) OR :#${variable.caller.role} = 'ADMIN')
