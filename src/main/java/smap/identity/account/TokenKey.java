package smap.identity.account;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import smap.identity.settings.PemKey;

/**
 * One key of access tokens and the one algorithm it is used with, whatever a token says of itself: HS256 for a secret, RS256 or EdDSA for a
 * key pair. Immutable and thread-safe.
 */
final class TokenKey {

    /** RFC 7518, section 3.2. */
    private static final int SECRET_BYTES = 32;
    private static final int ID_BYTES = 12;
    private static final int ED25519_BYTES = 32;

    private final String id;
    private final JWSAlgorithm algorithm;
    private final JWSSigner signer;
    private final JWSVerifier verifier;
    private final JWK publicHalf;

    private TokenKey(String id, JWSAlgorithm algorithm, JWSSigner signer, JWSVerifier verifier, JWK publicHalf) {
        this.id = id;
        this.algorithm = algorithm;
        this.signer = signer;
        this.verifier = verifier;
        this.publicHalf = publicHalf;
    }

    /**
     * A secret that whoever checks tokens has to have as well. Its id is an HMAC under it, and tells of it what any signature tells.
     *
     * @throws IllegalArgumentException if the secret is shorter than 32 bytes
     */
    static TokenKey ofSecret(String secret) {
        byte[] key = secret.getBytes(StandardCharsets.UTF_8);
        if (key.length < SECRET_BYTES) {
            throw new IllegalArgumentException("JWT_SECRET: expected at least " + SECRET_BYTES + " bytes, got " + key.length);
        }
        try {
            MACSigner signer = new MACSigner(key);
            byte[] hmac = signer.sign(new JWSHeader(JWSAlgorithm.HS256), "kid".getBytes(StandardCharsets.UTF_8)).decode();
            String id = Base64URL.encode(Arrays.copyOf(hmac, ID_BYTES)).toString();
            return new TokenKey(id, JWSAlgorithm.HS256, signer, new MACVerifier(key), null);
        } catch (JOSEException e) {
            throw new IllegalStateException("Every Java platform has HmacSHA256", e);
        }
    }

    /** A key pair, or only the public half of one. Its id is its thumbprint (RFC 7638). */
    static TokenKey of(PemKey pem) {
        try {
            if (pem.publicKey() instanceof RSAPublicKey rsa) {
                String id = new RSAKey.Builder(rsa).build().computeThumbprint().toString();
                JWK half = new RSAKey.Builder(rsa).keyID(id).keyUse(KeyUse.SIGNATURE).algorithm(JWSAlgorithm.RS256).build();
                JWSSigner signer = pem.privateKey() == null ? null : new RSASSASigner(pem.privateKey());
                return new TokenKey(id, JWSAlgorithm.RS256, signer, new RSASSAVerifier(rsa), half);
            }
            Base64URL point = point(pem.publicKey());
            String id = new OctetKeyPair.Builder(Curve.Ed25519, point).build().computeThumbprint().toString();
            JWK half = new OctetKeyPair.Builder(Curve.Ed25519, point)
                    .keyID(id).keyUse(KeyUse.SIGNATURE).algorithm(JWSAlgorithm.EdDSA).build();
            Ed25519 edwards = new Ed25519(pem.privateKey(), pem.publicKey());
            return new TokenKey(id, JWSAlgorithm.EdDSA, pem.privateKey() == null ? null : edwards, edwards, half);
        } catch (JOSEException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    /** The last 32 bytes of its encoding are the key itself (RFC 8410, section 4). */
    private static Base64URL point(PublicKey key) {
        byte[] encoded = key.getEncoded();
        return Base64URL.encode(Arrays.copyOfRange(encoded, encoded.length - ED25519_BYTES, encoded.length));
    }

    /** What the header of a token names it by ({@code kid}). */
    String id() {
        return id;
    }

    JWSAlgorithm algorithm() {
        return algorithm;
    }

    boolean isSecret() {
        return publicHalf == null;
    }

    /** What others check its tokens with; null for a secret. */
    JWK publicHalf() {
        return publicHalf;
    }

    void sign(SignedJWT token) throws JOSEException {
        token.sign(signer);
    }

    boolean verifies(SignedJWT token) throws JOSEException {
        return algorithm.equals(token.getHeader().getAlgorithm()) && token.verify(verifier);
    }
}
