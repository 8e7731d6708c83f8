-- Returns the answer that shows how far a run is; no row if there is no such run.
SELECT success(dead_letter_replay_json(r, (SELECT count(d.id) FROM dead_letters d WHERE d.replay_id = r.id AND d.status = 'replaying')))
FROM dead_letter_replays r
WHERE r.id = CAST(:#id AS uuid)
