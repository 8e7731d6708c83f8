-- What holds floods and guessing back, shared by all replicas (ADR 0019). The first two tables are written by nearly every request of a
-- stranger and worth nothing after a crash: unlogged, so that a permit costs no wait for the disk. Rows are updated in place, and half of
-- each page is left free for that. Addresses are kept as digests: rows are narrow, and who was tried is not told in passing.
CREATE UNLOGGED TABLE rate_limits (
    -- of what, and by whom: login address, login client
    scope   text        NOT NULL,
    key     bytea       NOT NULL,
    -- permits taken, and one more if somebody was refused
    taken   integer     NOT NULL,
    ends_at timestamptz NOT NULL,
    PRIMARY KEY (scope, key)
) WITH (fillfactor = 50);

-- Wrong passwords in a row, by address, whether it has an account or not. Clients from which the owner has logged in count for themselves.
CREATE UNLOGGED TABLE login_failures (
    address  bytea       NOT NULL,
    -- of such a client; empty for all others together
    network  text        NOT NULL,
    failures integer     NOT NULL,
    last_at  timestamptz NOT NULL,
    -- no password is looked at before
    until    timestamptz NOT NULL,
    PRIMARY KEY (address, network)
) WITH (fillfactor = 50);

-- Where the owners of addresses have logged in from.
CREATE TABLE login_clients (
    address bytea       NOT NULL,
    network text        NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (address, network)
);

CREATE INDEX login_clients_seen ON login_clients (seen_at);

CREATE FUNCTION limit_key(name text) RETURNS bytea
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    RETURN sha256(convert_to(lower(name), 'UTF8'));

-- What counts as one client: an IPv4 address, and the /64 of an IPv6 address, which is what one customer gets.
CREATE FUNCTION client_network(address text) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN family(CAST(address AS inet)) = 6 THEN text(network(set_masklen(CAST(address AS inet), 64)))
                ELSE host(CAST(address AS inet)) END;

-- The network of a client from which the owner of an address has logged in; empty for any other.
CREATE FUNCTION known_client(email text, client text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce((SELECT k.network FROM login_clients k
                     WHERE k.address = limit_key(email) AND k.network = client_network(client)), '');

-- How long nobody is listened to after so many wrong passwords in a row: twice as long each time.
CREATE FUNCTION login_delay(failures integer, free integer, longest interval) RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN failures < free THEN interval '0'
                ELSE least(longest, interval '1 second' * power(2, least(failures - free, 30))) END;
