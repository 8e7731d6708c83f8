package smap.identity.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Date;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class AccessTokensTest {

    /** Long enough for HS512 too, so that what is refused is the algorithm and not the key. */
    private static final String SECRET = "0123456789abcdef".repeat(4);
    private static final Instant NOW = Instant.parse("2026-11-23T09:00:00.789Z");
    /** Computed once by hand: HMAC-SHA-256 of "kid" under the secret, its first 12 bytes. */
    private static final String KID = "5Er5l30aO9jtRvFZ";
    private static final UUID SESSION = UUID.fromString("6f1d6c2e-0000-4000-8000-000000000002");
    private static final UUID ID = UUID.fromString("6f1d6c2e-0000-4000-8000-000000000001");

    private final AccessTokens tokens = at(NOW);

    @Test
    void a_token_says_who_it_speaks_for_and_until_when() throws ParseException {
        AccessToken token = issue();

        SignedJWT jwt = SignedJWT.parse(token.token());
        assertThat(jwt.getHeader().toJSONObject()).isEqualTo(Map.of("alg", "HS256", "typ", "JWT", "kid", KID));
        JWTClaimsSet claims = jwt.getJWTClaimsSet();
        assertThat(claims.getClaims()).containsOnlyKeys("sub", "username", "role", "sid", "iat", "exp", "jti");
        assertThat(claims.getSubject()).isEqualTo(ID.toString());
        assertThat(claims.getStringClaim("username")).isEqualTo("ann@example.com");
        assertThat(claims.getStringClaim("role")).isEqualTo("USER");
        assertThat(claims.getStringClaim("sid")).isEqualTo(SESSION.toString());
        assertThat(claims.getIssueTime()).isEqualTo("2026-11-23T09:00:00Z");
        assertThat(claims.getExpirationTime()).isEqualTo("2026-11-23T09:15:00Z");
        assertThat(token.expiresAt()).isEqualTo("2026-11-23T09:15:00Z");
    }

    @Test
    void no_two_tokens_are_the_same() throws ParseException {
        assertThat(SignedJWT.parse(issue().token()).getJWTClaimsSet().getJWTID())
                .isNotEqualTo(SignedJWT.parse(issue().token()).getJWTClaimsSet().getJWTID());
    }

    @Test
    void a_token_does_not_outlive_its_session() {
        assertThat(tokens.issue(user(), session(60)).expiresAt()).isEqualTo("2026-11-23T09:01:00Z");
        assertThat(tokens.issue(user(), session(0)).expiresAt()).isEqualTo("2026-11-23T09:00:00Z");
    }

    @ParameterizedTest
    @ValueSource(strings = {"at+jwt", "JOSE", "refresh"})
    void a_token_of_another_type_is_refused(String type) throws JOSEException {
        assertRefused(signed(new JWSHeader.Builder(JWSAlgorithm.HS256).type(new JOSEObjectType(type)).build()));
    }

    @Test
    void a_token_that_names_another_key_is_refused_and_one_that_names_none_is_of_the_old_system() throws JOSEException {
        assertRefused(signed(new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("another").build()));
        assertThat(tokens.verify(signed(new JWSHeader.Builder(JWSAlgorithm.HS256).keyID(KID).build()))).isNotNull();
        assertThat(tokens.verify(signed(new JWSHeader(JWSAlgorithm.HS256)))).isEqualTo(new Caller(ID, "USER"));
    }

    @Test
    void a_token_that_asks_for_what_we_do_not_know_is_refused() throws JOSEException {
        assertRefused(signed(new JWSHeader.Builder(JWSAlgorithm.HS256).criticalParams(Set.of("exp")).customParam("exp", 1).build()));
    }

    @Test
    void a_token_does_not_reach_a_log_by_its_own_name() {
        assertThat(issue()).hasToString("AccessToken[expiresAt=2026-11-23T09:15:00Z]");
    }

    @Test
    void our_own_token_is_accepted_until_the_moment_it_expires() {
        String token = issue().token();
        Instant expiry = Instant.parse("2026-11-23T09:15:00Z");

        assertThat(tokens.verify(token)).isEqualTo(new Caller(ID, "USER", ID.toString(), SESSION));
        assertThat(at(expiry.minusNanos(1)).verify(token)).isEqualTo(new Caller(ID, "USER", ID.toString(), SESSION));
        assertRefused(at(expiry), token);
        assertRefused(at(expiry.plus(Duration.ofDays(1))), token);
    }

    @Test
    void a_changed_payload_or_signature_is_refused() {
        String[] parts = issue().token().split("\\.");
        String payload = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8).replace("USER", "ADMIN");

        assertRefused(parts[0] + '.' + base64(payload) + '.' + parts[2]);
        char first = parts[2].charAt(0);
        assertRefused(parts[0] + '.' + parts[1] + '.' + (first == 'A' ? 'B' : 'A') + parts[2].substring(1));
        assertRefused(parts[0] + '.' + parts[1] + '.' + parts[2].substring(4));
        assertRefused(parts[0] + '.' + parts[1] + '.');
    }

    @Test
    void a_token_without_a_signature_is_refused() {
        assertRefused(new PlainJWT(claims().build()).serialize());
        String[] parts = issue().token().split("\\.");
        assertRefused(base64("{\"alg\":\"none\"}") + '.' + parts[1] + '.' + parts[2]);
        assertRefused(base64("{\"alg\":\"none\"}") + '.' + parts[1] + '.');
    }

    @ParameterizedTest
    @ValueSource(strings = {"HS384", "HS512"})
    void another_algorithm_is_refused_even_with_our_key(String algorithm) throws JOSEException {
        assertRefused(signed(SECRET, JWSAlgorithm.parse(algorithm), claims().build()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"RS256", "ES256", "PS256", "HS384", "hs256", "HS256 "})
    void a_header_that_names_another_algorithm_is_refused(String algorithm) throws JOSEException {
        String header = base64("{\"alg\":\"" + algorithm + "\"}");
        String payload = base64(claims().build().toString());
        String content = header + '.' + payload;
        var signature = new MACSigner(SECRET).sign(new JWSHeader(JWSAlgorithm.HS256), content.getBytes(StandardCharsets.UTF_8));

        assertRefused(content + '.' + signature);
    }

    @Test
    void a_token_made_with_another_secret_is_refused() throws JOSEException {
        assertRefused(signed(SECRET.replace('0', '1'), JWSAlgorithm.HS256, claims().build()));
    }

    @Test
    void a_token_signed_by_us_needs_an_expiry_and_a_subject_that_is_a_user() throws JOSEException {
        assertThat(tokens.verify(signed(SECRET, JWSAlgorithm.HS256, claims().build()))).isEqualTo(new Caller(ID, "USER"));

        assertRefused(signed(SECRET, JWSAlgorithm.HS256, claims().expirationTime(null).build()));
        assertRefused(signed(SECRET, JWSAlgorithm.HS256, claims().subject(null).build()));
        assertRefused(signed(SECRET, JWSAlgorithm.HS256, claims().subject("ann").build()));
        assertRefused(signed(SECRET, JWSAlgorithm.HS256, claims().claim("role", 7).build()));
        assertRefused(signed(SECRET, JWSAlgorithm.HS256, claims().claim("sid", "mine").build()));
        assertRefused(signed(SECRET, JWSAlgorithm.HS256, claims().claim("sid", 7).build()));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " ", "a", "a.b.c", "...", "eyJhbGciOiJIUzI1NiJ9..", "\u0000", "Bearer x.y.z", "e30.e30.e30"})
    void what_is_no_token_is_refused(String token) {
        assertRefused(token);
    }

    @Test
    void a_short_secret_is_refused_by_the_name_of_its_variable_and_not_quoted() {
        String secret = "only31bytes-only31bytes-only31b";

        assertThatThrownBy(() -> new AccessTokens(secret, Duration.ofMinutes(15), Clock.systemUTC()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("JWT_SECRET: expected at least 32 bytes, got 31");
        assertThat(new AccessTokens(secret + "x", Duration.ofMinutes(15), Clock.systemUTC()).verify(
                new AccessTokens(secret + "x", Duration.ofMinutes(15), Clock.systemUTC()).issue(user(), session(60)).token())).isNotNull();
    }

    private AccessToken issue() {
        return tokens.issue(user(), session(43_200));
    }

    private static Map<String, Object> user() {
        return Map.of("id", ID, "email", "ann@example.com", "role", "USER");
    }

    private static Map<String, Object> session(long secondsLeft) {
        return Map.of("session_id", SESSION, "seconds_left", secondsLeft);
    }

    private static AccessTokens at(Instant now) {
        return new AccessTokens(SECRET, Duration.ofMinutes(15), Clock.fixed(now, ZoneOffset.UTC));
    }

    private static JWTClaimsSet.Builder claims() {
        return new JWTClaimsSet.Builder().subject(ID.toString()).claim("role", "USER").expirationTime(Date.from(NOW.plusSeconds(60)));
    }

    private static String signed(JWSHeader header) throws JOSEException {
        SignedJWT jwt = new SignedJWT(header, claims().build());
        jwt.sign(new MACSigner(SECRET));
        return jwt.serialize();
    }

    private static String signed(String secret, JWSAlgorithm algorithm, JWTClaimsSet claims) throws JOSEException {
        SignedJWT jwt = new SignedJWT(new JWSHeader(algorithm), claims);
        jwt.sign(new MACSigner(secret));
        return jwt.serialize();
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private void assertRefused(String token) {
        assertRefused(tokens, token);
    }

    private static void assertRefused(AccessTokens tokens, String token) {
        ProblemException problem = catchThrowableOfType(ProblemException.class, () -> tokens.verify(token));

        assertThat(problem).as("refusal of " + token).isNotNull();
        assertThat(problem.code()).isEqualTo(ProblemCode.UNAUTHORIZED);
    }
}
