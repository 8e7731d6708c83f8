package smap.identity.account;

import java.time.Instant;

/** A signed access token in its compact form (RFC 7515, section 3.1) and the moment it stops being accepted. */
public record AccessToken(String token, Instant expiresAt) {

    @Override
    public String toString() {
        return "AccessToken[expiresAt=" + expiresAt + ']';
    }
}
