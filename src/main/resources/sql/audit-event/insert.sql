-- Notes a security event that changes nothing else, such as a login that was refused; what changes something notes it in its own statement.
INSERT INTO audit_events (at, actor, action, subject, address, details)
VALUES (CAST(:#now AS timestamptz), :#actor, :#action, :#subject, CAST(:#${variable.remote_address} AS text),
        CAST(:#${variable.details} AS jsonb))
