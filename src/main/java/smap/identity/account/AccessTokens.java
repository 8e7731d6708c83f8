package smap.identity.account;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.Variable;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;
import smap.identity.settings.Settings;

/**
 * Issues and checks access tokens: JWT (RFC 7519), each key of {@link TokenKeys} with its own algorithm and no other, so that neither
 * {@code alg: none} nor another algorithm is ever looked at (RFC 8725, section 3.1). Thread-safe.
 */
public final class AccessTokens {

    private final TokenKeys keys;
    private final Duration lifetime;
    private final Clock clock;

    public AccessTokens(TokenKeys keys, Duration lifetime, Clock clock) {
        this.keys = keys;
        this.lifetime = lifetime;
        this.clock = clock;
    }

    /**
     * With one secret and HS256.
     *
     * @throws IllegalArgumentException if the secret is shorter than 32 bytes (RFC 7518 asks for a key as long as the hash)
     */
    public AccessTokens(String secret, Duration lifetime, Clock clock) {
        this(new TokenKeys(List.of(TokenKey.ofSecret(secret))), lifetime, clock);
    }

    public static AccessTokens of(Settings settings, TokenKeys keys, Clock clock) {
        return new AccessTokens(keys, settings.duration("jwt.ttl"), clock);
    }

    /**
     * A token for a user's row, in a session; it does not outlive the session.
     *
     * @param user columns {@code id}, {@code email} and {@code role}
     * @param session columns {@code session_id} and {@code seconds_left}
     */
    public AccessToken issue(@Variable("user") Map<String, Object> user, @Variable("session") Map<String, Object> session) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        long secondsLeft = ((Number) session.get("seconds_left")).longValue();
        Instant expiry = now.plusSeconds(Math.min(lifetime.toSeconds(), secondsLeft));
        TokenKey key = keys.signing();
        JWTClaimsSet claims = new JWTClaimsSet.Builder()
                .subject(user.get("id").toString())
                .claim("username", user.get("email").toString())
                .claim("role", user.get("role").toString())
                .claim("sid", session.get("session_id").toString())
                .issueTime(Date.from(now))
                .expirationTime(Date.from(expiry))
                .jwtID(UUID.randomUUID().toString())
                .build();
        JWSHeader header = new JWSHeader.Builder(key.algorithm()).type(JOSEObjectType.JWT).keyID(key.id()).build();
        SignedJWT token = new SignedJWT(header, claims);
        try {
            key.sign(token);
        } catch (JOSEException e) {
            throw new IllegalStateException("The access token could not be signed", e);
        }
        return new AccessToken(token.serialize(), expiry);
    }

    /**
     * The user a token speaks for.
     *
     * @throws ProblemException with {@link ProblemCode#UNAUTHORIZED} unless the token is ours, whole and not expired
     */
    public Caller verify(@Variable("token") String token) {
        if (token == null) {
            throw new ProblemException(ProblemCode.UNAUTHORIZED);
        }
        try {
            SignedJWT jwt = SignedJWT.parse(token);
            JWTClaimsSet claims = jwt.getJWTClaimsSet();
            JOSEObjectType type = jwt.getHeader().getType();
            boolean ours = (type == null || type.equals(JOSEObjectType.JWT)) && keys.verify(jwt);
            Date expiry = claims.getExpirationTime();
            if (!ours || expiry == null || !clock.instant().isBefore(expiry.toInstant())) {
                throw new ProblemException(ProblemCode.UNAUTHORIZED);
            }
            // a token of before there were sessions has none
            String session = claims.getStringClaim("sid");
            UUID id = UUID.fromString(claims.getSubject());
            return new Caller(id, claims.getStringClaim("role"), id.toString(), session == null ? null : UUID.fromString(session));
        } catch (ParseException | JOSEException | IllegalArgumentException | NullPointerException e) {
            // all of these say the same: whoever made this token, it was not us
            throw new ProblemException(ProblemCode.UNAUTHORIZED);
        }
    }
}
