-- Starts a run that replays the dead letters that pass a filter, marks them as its own and notes who asked for it; returns the answer that
-- shows the run. Those whose code is of no more use are counted as refused and left as they are.
WITH made AS MATERIALIZED (
    SELECT gen_random_uuid() AS id
), matching AS MATERIALIZED (
    SELECT d.id, is_of_no_use(d, CAST(:#now AS timestamptz)) AS refused
    FROM dead_letters d
    WHERE d.status = 'dead'
      AND passes(d, CAST(:#${variable.reasons} AS text[]), CAST(:#${variable.purposes} AS text[]), CAST(:#${variable.recipient} AS text),
                 CAST(:#${variable.created_from} AS timestamptz), CAST(:#${variable.created_to} AS timestamptz))
    FOR UPDATE SKIP LOCKED
), marked AS (
    UPDATE dead_letters d
    SET status = 'replaying', replay_id = made.id, replay_at = CAST(:#now AS timestamptz), updated_at = CAST(:#now AS timestamptz)
    FROM matching, made
    WHERE d.id = matching.id AND NOT matching.refused
), started AS (
    INSERT INTO dead_letter_replays AS r (id, created_by, filter, rate, total, refused, next_at, created_at, finished_at)
    SELECT made.id, :#actor,
           jsonb_strip_nulls(jsonb_build_object(
               'reasons', CAST(:#${variable.reasons} AS text[]), 'purposes', CAST(:#${variable.purposes} AS text[]),
               'recipient', CAST(:#${variable.recipient} AS text),
               'created_from', rfc3339(CAST(:#${variable.created_from} AS timestamptz)),
               'created_to', rfc3339(CAST(:#${variable.created_to} AS timestamptz)))),
           CAST(:#rate AS integer), counts.total, counts.refused, CAST(:#now AS timestamptz), CAST(:#now AS timestamptz),
           CASE WHEN counts.total = counts.refused THEN CAST(:#now AS timestamptz) END
    FROM made, (SELECT count(id) AS total, count(id) FILTER (WHERE refused) AS refused FROM matching) AS counts
    RETURNING r.id, r.filter, r.rate, r.total, dead_letter_replay_json(r, r.total - r.refused) AS json
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT CAST(:#now AS timestamptz), :#actor, 'dead-letter-replay-many', id::text, CAST(:#${variable.remote_address} AS text),
           jsonb_build_object('filter', filter, 'rate', rate, 'total', total)
    FROM started
)
SELECT kept(CAST(:#${variable.idempotency_lease} AS uuid), 202, success(json))
FROM started
