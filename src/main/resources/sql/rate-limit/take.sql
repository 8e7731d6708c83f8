-- Takes a permit of the client and then one of the address, and returns how many seconds to wait if one of them has none left, else null.
-- A client that is refused takes nothing from the address, so nobody uses up another's permits for longer than his own last; and rows are
-- locked in that order by everybody. A window begins with its first request. Clients the owner has logged in from have permits of their
-- own for the address. What is refused is counted once, so that a row says whether it was.
WITH client AS (
    INSERT INTO rate_limits AS r (scope, key, taken, ends_at)
    VALUES (:#limited || ' client', limit_key(coalesce(client_network(CAST(:#${variable.remote_address} AS text)), '')), 1,
            CAST(:#now AS timestamptz) + CAST(:#${variable.limit.clientWindow} AS interval))
    ON CONFLICT (scope, key) DO UPDATE
    SET taken   = CASE WHEN r.ends_at <= CAST(:#now AS timestamptz) THEN 1
                       ELSE least(r.taken, CAST(:#${variable.limit.clientPermits} AS integer)) + 1 END,
        ends_at = CASE WHEN r.ends_at <= CAST(:#now AS timestamptz) THEN excluded.ends_at ELSE r.ends_at END
    RETURNING r.taken <= CAST(:#${variable.limit.clientPermits} AS integer) AS granted, r.ends_at
), address AS (
    INSERT INTO rate_limits AS r (scope, key, taken, ends_at)
    SELECT :#limited || ' address',
           limit_key(CAST(:#${variable.email} AS text) || ' '
                     || known_client(CAST(:#${variable.email} AS text), CAST(:#${variable.remote_address} AS text))),
           1, CAST(:#now AS timestamptz) + CAST(:#${variable.limit.addressWindow} AS interval)
    FROM client
    WHERE client.granted AND CAST(:#${variable.email} AS text) IS NOT NULL
    ON CONFLICT (scope, key) DO UPDATE
    SET taken   = CASE WHEN r.ends_at <= CAST(:#now AS timestamptz) THEN 1
                       ELSE least(r.taken, CAST(:#${variable.limit.addressPermits} AS integer)) + 1 END,
        ends_at = CASE WHEN r.ends_at <= CAST(:#now AS timestamptz) THEN excluded.ends_at ELSE r.ends_at END
    RETURNING r.taken <= CAST(:#${variable.limit.addressPermits} AS integer) AS granted, r.ends_at
)
SELECT greatest(1, ceil(extract(epoch FROM max(refused.ends_at) - CAST(:#now AS timestamptz))))::bigint
FROM (SELECT ends_at FROM client WHERE NOT granted UNION ALL SELECT ends_at FROM address WHERE NOT granted) AS refused (ends_at)
HAVING count(*) > 0
