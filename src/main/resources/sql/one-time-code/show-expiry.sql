-- Returns the answer to a request for a code that tells when one that is made now expires, and not whether one is made.
SELECT success(json_build_object('expires_at', rfc3339(CAST(:#now AS timestamptz) + CAST(:#otp_ttl AS interval))))
