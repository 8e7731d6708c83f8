-- Records whether a password was right, and returns how many seconds to wait (at least 1) if that may not be told, else null. This is
-- decided here, after the password was checked, because many may be checked at once: their outcomes take turns at the row's lock, and
-- those that come within the delay of an earlier failure are neither counted nor told. A right one clears the count, and its client is
-- known from then on. Refused logins are audited; not those within the delay, of which nothing was learned.
WITH client AS (
    SELECT limit_key(CAST(:#email AS text)) AS address,
           known_client(CAST(:#email AS text), CAST(:#${variable.remote_address} AS text)) AS network
), held AS (
    SELECT f.until
    FROM login_failures f
    JOIN client c ON f.address = c.address AND f.network = c.network
    WHERE :#rate_limits = 'on'
    FOR UPDATE OF f
), waiting AS (
    SELECT until
    FROM held
    WHERE until > CAST(:#now AS timestamptz)
), counted AS (
    INSERT INTO login_failures AS f (address, network, failures, last_at, until)
    SELECT address, network, 1, CAST(:#now AS timestamptz),
           CAST(:#now AS timestamptz)
           + login_delay(1, CAST(:#login_free_failures AS integer), CAST(:#login_delay_max AS interval))
    FROM client
    WHERE NOT CAST(:#is_right AS boolean) AND :#rate_limits = 'on' AND NOT EXISTS (SELECT FROM waiting)
    ON CONFLICT (address, network) DO UPDATE
    SET failures = CASE WHEN f.last_at <= excluded.last_at - CAST(:#login_failures_kept AS interval) THEN 1 ELSE f.failures + 1 END,
        last_at  = excluded.last_at,
        until    = excluded.last_at
                   + login_delay(CASE WHEN f.last_at <= excluded.last_at - CAST(:#login_failures_kept AS interval) THEN 1
                                      ELSE f.failures + 1 END,
                                 CAST(:#login_free_failures AS integer), CAST(:#login_delay_max AS interval))
    WHERE f.until <= excluded.last_at
    RETURNING failures
), outcome AS (
    -- a row that was made after this statement began is seen by what counts and by nothing else: its delay has just begun
    SELECT CASE WHEN EXISTS (SELECT FROM waiting)
                    THEN (SELECT greatest(1, ceil(extract(epoch FROM until - CAST(:#now AS timestamptz))))::bigint FROM waiting)
                WHEN NOT CAST(:#is_right AS boolean) AND :#rate_limits = 'on' AND NOT EXISTS (SELECT FROM counted) THEN 1
           END AS wait
), cleared AS (
    DELETE FROM login_failures f
    USING client c, outcome o
    WHERE CAST(:#is_right AS boolean) AND o.wait IS NULL AND f.address = c.address AND f.network = c.network
), known AS (
    INSERT INTO login_clients AS k (address, network, seen_at)
    SELECT c.address, client_network(CAST(:#${variable.remote_address} AS text)), CAST(:#now AS timestamptz)
    FROM client c, outcome o
    WHERE CAST(:#is_right AS boolean) AND o.wait IS NULL AND CAST(:#${variable.remote_address} AS text) IS NOT NULL
      AND CAST(:#${variable.user[is_active]} AS boolean)
    ON CONFLICT (address, network) DO UPDATE
    SET seen_at = excluded.seen_at
    WHERE k.seen_at <= excluded.seen_at - interval '1 day'
), audited AS (
    INSERT INTO audit_events (at, actor, action, subject, address, details)
    SELECT CAST(:#now AS timestamptz), 'anonymous', 'login-refuse', coalesce(CAST(:#${variable.user[id]} AS text), 'nobody'),
           CAST(:#${variable.remote_address} AS text),
           jsonb_build_object('operation', CAST(:#${variable.limited} AS text), 'failures', (SELECT failures FROM counted))
    FROM outcome
    WHERE NOT CAST(:#is_right AS boolean) AND wait IS NULL
)
SELECT wait
FROM outcome
