-- Returns how many seconds to wait (at least 1) until a password for an address is looked at again from this client; no row if it is now.
SELECT greatest(1, ceil(extract(epoch FROM until - CAST(:#now AS timestamptz))))::bigint
FROM login_failures
WHERE address = limit_key(CAST(:#email AS text))
  AND network = known_client(CAST(:#email AS text), CAST(:#${variable.remote_address} AS text))
  AND until > CAST(:#now AS timestamptz)
