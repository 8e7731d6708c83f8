package smap.identity.account;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.Variable;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;
import smap.identity.settings.Settings;

/**
 * Issues and checks access tokens: JWT (RFC 7519) signed with HS256 (RFC 7518, section 3.2) and nothing else, so that neither
 * {@code alg: none} nor another algorithm is ever looked at. Thread-safe.
 */
public final class AccessTokens {

    private final JWSSigner signer;
    private final JWSVerifier verifier;
    private final Duration lifetime;
    private final Clock clock;

    /**
     * @param secret at least 32 bytes (RFC 7518 asks for a key as long as the hash)
     * @throws IllegalArgumentException if the secret is shorter
     */
    public AccessTokens(String secret, Duration lifetime, Clock clock) {
        byte[] key = secret.getBytes(StandardCharsets.UTF_8);
        try {
            this.signer = new MACSigner(key);
            this.verifier = new MACVerifier(key);
        } catch (JOSEException e) {
            throw new IllegalArgumentException("JWT_SECRET: expected at least 32 bytes, got " + key.length, e);
        }
        this.lifetime = lifetime;
        this.clock = clock;
    }

    public static AccessTokens of(Settings settings, Clock clock) {
        return new AccessTokens(settings.get("jwt.secret"), settings.duration("jwt.ttl"), clock);
    }

    /**
     * A token for a user's row.
     *
     * @param user columns {@code id}, {@code email} and {@code role}
     */
    public AccessToken issue(@Variable("user") Map<String, Object> user) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        Instant expiry = now.plus(lifetime);
        JWTClaimsSet claims = new JWTClaimsSet.Builder()
                .subject(user.get("id").toString())
                .claim("username", user.get("email").toString())
                .claim("role", user.get("role").toString())
                .issueTime(Date.from(now))
                .expirationTime(Date.from(expiry))
                .jwtID(UUID.randomUUID().toString())
                .build();
        SignedJWT token = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims);
        try {
            token.sign(signer);
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
            boolean ours = JWSAlgorithm.HS256.equals(jwt.getHeader().getAlgorithm()) && jwt.verify(verifier);
            Date expiry = claims.getExpirationTime();
            if (!ours || expiry == null || !clock.instant().isBefore(expiry.toInstant())) {
                throw new ProblemException(ProblemCode.UNAUTHORIZED);
            }
            return new Caller(UUID.fromString(claims.getSubject()), claims.getStringClaim("role"));
        } catch (ParseException | JOSEException | IllegalArgumentException | NullPointerException e) {
            // all of these say the same: whoever made this token, it was not us
            throw new ProblemException(ProblemCode.UNAUTHORIZED);
        }
    }
}
