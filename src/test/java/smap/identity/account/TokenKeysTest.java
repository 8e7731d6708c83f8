package smap.identity.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import smap.identity.Role;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;
import smap.identity.settings.PemKey;
import smap.identity.settings.Settings;
import smap.identity.support.PemKeys;

/** Which key signs, which verify, and what a token cannot talk us into. */
class TokenKeysTest {

    private static final String SECRET = "0123456789abcdef0123456789abcdef";
    private static final String OTHER_SECRET = "another secret of thirty-two bytes";
    private static final Instant NOW = Instant.parse("2026-11-23T09:00:00Z");
    private static final UUID ID = UUID.fromString("6f1d6c2e-0000-4000-8000-000000000001");
    private static final Caller ANN = new Caller(ID, "USER", ID.toString(), ID);
    private static final Map<Kind, KeyPair> PAIRS = Map.of(Kind.RS256, PemKeys.rsa(2_048), Kind.EdDSA, PemKeys.ed25519());
    private static final KeyPair ANOTHER = PemKeys.ed25519();

    enum Kind { RS256, EdDSA }

    @ParameterizedTest
    @EnumSource
    void a_key_pair_signs_instead_of_a_secret(Kind kind) throws ParseException {
        Map<String, String> pair = Map.of("JWT_PRIVATE_KEY", PemKeys.privatePem(PAIRS.get(kind)), "JWT_SECRET", SECRET);

        SignedJWT token = SignedJWT.parse(issue(pair));

        assertThat(token.getHeader().getAlgorithm().getName()).isEqualTo(kind.name());
        assertThat(tokens(pair).verify(token.serialize())).isEqualTo(ANN);
        assertRefused(pair, issue(Map.of("JWT_SECRET", SECRET)));
    }

    @ParameterizedTest
    @EnumSource
    void a_service_that_has_the_published_keys_can_check_a_token_by_itself(Kind kind) throws Exception {
        Map<String, String> pair = Map.of("JWT_PRIVATE_KEY", PemKeys.privatePem(PAIRS.get(kind)));

        JWKSet published = JWKSet.parse(new String(keys(pair).jwks()));

        SignedJWT token = SignedJWT.parse(issue(pair));
        JWK key = published.getKeyByKeyId(token.getHeader().getKeyID());
        assertThat(key.isPrivate()).isFalse();
        assertThat(key.getKeyID()).isEqualTo(key.computeThumbprint().toString());
        assertThat(key.toJSONObject()).containsEntry("use", "sig").containsEntry("alg", kind.name());
        assertThat(TokenKey.of(new PemKey(null, PAIRS.get(kind).getPublic())).verifies(token)).isTrue();
        if (kind == Kind.RS256) {
            assertThat(key.toRSAKey().toRSAPublicKey()).isEqualTo(PAIRS.get(kind).getPublic());
        }
    }

    @Test
    void a_key_of_the_standard_has_the_public_half_and_thumbprint_the_standard_gives() throws IOException {
        // RFC 8037, appendix A
        byte[] seed = Base64.getUrlDecoder().decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
        byte[] pkcs8 = new byte[48];
        System.arraycopy(Base64.getDecoder().decode("MC4CAQAwBQYDK2VwBCIEIA=="), 0, pkcs8, 0, 16);
        System.arraycopy(seed, 0, pkcs8, 16, 32);
        String pem = "-----BEGIN PRIVATE KEY-----\\n" + Base64.getEncoder().encodeToString(pkcs8) + "\\n-----END PRIVATE KEY-----";

        JsonNode key = new ObjectMapper().readTree(keys(Map.of("JWT_PRIVATE_KEY", pem)).jwks()).at("/keys/0");

        assertThat(key.get("x").asText()).isEqualTo("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assertThat(key.get("kid").asText()).isEqualTo("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assertThat(key.fieldNames()).toIterable().containsExactlyInAnyOrder("kty", "crv", "x", "kid", "use", "alg");
    }

    @Test
    void a_key_may_stand_in_a_file(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("key.pem"), "a comment\n" + PemKeys.privatePem(ANOTHER));

        assertThat(tokens(Map.of("JWT_PRIVATE_KEY", PemKeys.privatePem(ANOTHER))).verify(issue(Map.of("JWT_PRIVATE_KEY", file.toString()))))
                .isEqualTo(ANN);
    }

    @Test
    void a_token_of_the_key_of_before_is_accepted_until_that_key_is_gone() {
        String old = issue(Map.of("JWT_SECRET", SECRET));

        assertThat(tokens(Map.of("JWT_SECRET", OTHER_SECRET, "JWT_SECRET_PREVIOUS", SECRET)).verify(old)).isEqualTo(ANN);
        assertRefused(Map.of("JWT_SECRET", OTHER_SECRET), old);
    }

    @Test
    void no_token_is_signed_with_the_key_of_before() {
        Map<String, String> rotated = Map.of("JWT_SECRET", OTHER_SECRET, "JWT_SECRET_PREVIOUS", SECRET);

        assertRefused(Map.of("JWT_SECRET", SECRET), issue(rotated));
        assertThat(tokens(Map.of("JWT_SECRET", OTHER_SECRET)).verify(issue(rotated))).isEqualTo(ANN);
    }

    @Test
    void key_pairs_rotate_too_and_of_the_one_before_the_public_half_is_enough() throws ParseException {
        String old = issue(Map.of("JWT_PRIVATE_KEY", PemKeys.privatePem(PAIRS.get(Kind.RS256))));
        Map<String, String> rotated = Map.of("JWT_PRIVATE_KEY", PemKeys.privatePem(ANOTHER),
                "JWT_PRIVATE_KEY_PREVIOUS", PemKeys.publicPem(PAIRS.get(Kind.RS256)));

        assertThat(tokens(rotated).verify(old)).isEqualTo(ANN);
        assertThat(JWKSet.parse(new String(keys(rotated).jwks())).getKeys()).hasSize(2);
        assertRefused(Map.of("JWT_PRIVATE_KEY", PemKeys.privatePem(ANOTHER)), old);
    }

    @Test
    void from_a_secret_to_a_key_pair_nobody_is_logged_out() {
        Map<String, String> moved = Map.of("JWT_PRIVATE_KEY", PemKeys.privatePem(ANOTHER), "JWT_SECRET_PREVIOUS", SECRET);

        assertThat(tokens(moved).verify(issue(Map.of("JWT_SECRET", SECRET)))).isEqualTo(ANN);
        assertThat(tokens(moved).verify(issue(moved))).isEqualTo(ANN);
    }

    @ParameterizedTest
    @EnumSource
    void a_public_key_is_no_secret_to_sign_with(Kind kind) throws JOSEException {
        KeyPair pair = PAIRS.get(kind);
        Map<String, String> settings = Map.of(
                "JWT_PRIVATE_KEY", PemKeys.privatePem(pair), "JWT_SECRET", SECRET, "JWT_SECRET_PREVIOUS", OTHER_SECRET);
        String kid = keys(settings).signing().id();
        for (String id : new String[] {kid, null, TokenKey.ofSecret(OTHER_SECRET).id()}) {
            for (byte[] known : Set.of(pair.getPublic().getEncoded(), PemKeys.publicPem(pair).getBytes(), keys(settings).jwks())) {
                assertRefused(settings, signed(known, id));
            }
        }
    }

    @Test
    void a_secret_that_does_not_count_any_more_signs_nothing_however_it_is_named() throws JOSEException {
        Map<String, String> settings = Map.of("JWT_PRIVATE_KEY", PemKeys.privatePem(ANOTHER), "JWT_SECRET", SECRET);
        for (String id : new String[] {keys(settings).signing().id(), null, TokenKey.ofSecret(SECRET).id(), "", "../secret"}) {
            assertRefused(settings, signed(SECRET.getBytes(), id));
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_changed_token_of_a_key_pair_is_refused(Kind kind) {
        Map<String, String> settings = Map.of("JWT_PRIVATE_KEY", PemKeys.privatePem(PAIRS.get(kind)));
        String[] parts = issue(settings).split("\\.");
        String payload = new String(Base64.getUrlDecoder().decode(parts[1])).replace("USER", "ADMIN");
        String changed = Base64.getUrlEncoder().withoutPadding().encodeToString(payload.getBytes());

        assertRefused(settings, parts[0] + '.' + changed + '.' + parts[2]);
        assertRefused(settings, parts[0] + '.' + parts[1] + '.' + parts[2].substring(4));
        assertRefused(settings, parts[0] + '.' + parts[1] + '.');
        char first = parts[2].charAt(0);
        assertRefused(settings, parts[0] + '.' + parts[1] + '.' + (first == 'A' ? 'B' : 'A') + parts[2].substring(1));
    }

    @Test
    void a_token_of_somebody_elses_key_pair_is_refused_by_whatever_name() throws JOSEException {
        Map<String, String> ours = Map.of("JWT_PRIVATE_KEY", PemKeys.privatePem(ANOTHER));
        KeyPair theirs = PAIRS.get(Kind.EdDSA);
        for (String id : new String[] {keys(ours).signing().id(), null, "theirs"}) {
            SignedJWT token = new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.EdDSA).keyID(id).build(), claims());
            token.sign(new Ed25519(theirs.getPrivate(), theirs.getPublic()));
            assertRefused(ours, token.serialize());
        }
    }

    @Test
    void a_token_of_a_key_pair_says_of_which() throws JOSEException {
        Map<String, String> ours = Map.of("JWT_PRIVATE_KEY", PemKeys.privatePem(ANOTHER));
        SignedJWT token = new SignedJWT(new JWSHeader(JWSAlgorithm.EdDSA), claims());
        token.sign(new Ed25519(ANOTHER.getPrivate(), ANOTHER.getPublic()));

        assertRefused(ours, token.serialize());
    }

    @Test
    void a_signature_that_asks_for_what_we_do_not_know_is_refused() throws JOSEException {
        Map<String, String> ours = Map.of("JWT_PRIVATE_KEY", PemKeys.privatePem(ANOTHER));
        SignedJWT token = new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.EdDSA)
                .keyID(keys(ours).signing().id()).criticalParams(Set.of("exp")).customParam("exp", 1).build(), claims());
        token.sign(new Ed25519(ANOTHER.getPrivate(), ANOTHER.getPublic()));

        assertRefused(ours, token.serialize());
    }

    @Test
    void of_a_secret_nothing_is_published() {
        assertThat(new String(keys(Map.of("JWT_SECRET", SECRET, "JWT_SECRET_PREVIOUS", OTHER_SECRET)).jwks())).isEqualTo("{\"keys\":[]}");
    }

    private static String signed(byte[] secret, String id) throws JOSEException {
        SignedJWT token = new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.HS256).keyID(id).build(), claims());
        token.sign(new MACSigner(secret));
        return token.serialize();
    }

    private static JWTClaimsSet claims() {
        return new JWTClaimsSet.Builder()
                .subject(ID.toString()).claim("role", "USER").expirationTime(Date.from(NOW.plusSeconds(60))).build();
    }

    private static String issue(Map<String, String> environment) {
        Map<String, Object> user = new HashMap<>(Map.of("id", ID, "email", "ann@example.com", "role", "USER"));
        return tokens(environment).issue(user, Map.of("session_id", ID, "seconds_left", 3_600L)).token();
    }

    private static AccessTokens tokens(Map<String, String> environment) {
        return new AccessTokens(keys(environment), Duration.ofMinutes(15), Clock.fixed(NOW, ZoneOffset.UTC));
    }

    private static TokenKeys keys(Map<String, String> environment) {
        return TokenKeys.of(Settings.read(Role.ALL, new LinkedHashMap<>(environment), new Properties()));
    }

    private static void assertRefused(Map<String, String> environment, String token) {
        ProblemException problem = catchThrowableOfType(ProblemException.class, () -> tokens(environment).verify(token));

        assertThat(problem).as("refusal of " + token).isNotNull();
        assertThat(problem.code()).isEqualTo(ProblemCode.UNAUTHORIZED);
    }
}
