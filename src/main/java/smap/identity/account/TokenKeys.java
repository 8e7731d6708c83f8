package smap.identity.account;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import smap.identity.settings.PemKey;
import smap.identity.settings.Settings;

/**
 * The keys of access tokens: the first one signs, each of them verifies, so that tokens outlive a change of keys. A token says by its
 * {@code kid} which one signed it; one without may be of any secret, as the old system's are. Immutable and thread-safe.
 */
public final class TokenKeys {

    private final List<TokenKey> keys;

    /** @param keys the one that signs, then those of before */
    TokenKeys(List<TokenKey> keys) {
        this.keys = List.copyOf(keys);
    }

    /** {@code JWT_PRIVATE_KEY} where it is set, else {@code JWT_SECRET}, and what came before either. */
    public static TokenKeys of(Settings settings) {
        List<TokenKey> keys = new ArrayList<>();
        keys.add(settings.isEmpty("jwt.private.key")
                ? TokenKey.ofSecret(settings.get("jwt.secret"))
                : TokenKey.of(PemKey.read(settings.get("jwt.private.key"))));
        if (!settings.isEmpty("jwt.private.key.previous")) {
            keys.add(TokenKey.of(PemKey.read(settings.get("jwt.private.key.previous"))));
        }
        if (!settings.isEmpty("jwt.secret.previous")) {
            keys.add(TokenKey.ofSecret(settings.get("jwt.secret.previous")));
        }
        return new TokenKeys(keys);
    }

    TokenKey signing() {
        return keys.get(0);
    }

    /** Whether one of the keys has signed a token, with the algorithm of that key. */
    boolean verify(SignedJWT token) throws JOSEException {
        JWSHeader header = token.getHeader();
        for (TokenKey key : keys) {
            boolean named = header.getKeyID() == null ? key.isSecret() : header.getKeyID().equals(key.id());
            if (named && key.verifies(token)) {
                return true;
            }
        }
        return false;
    }

    /** What others check tokens with, as a JWK set (RFC 7517, section 5); empty as long as it is a secret that signs. */
    public byte[] jwks() {
        List<JWK> halves = keys.stream().map(TokenKey::publicHalf).filter(Objects::nonNull).toList();
        return new JWKSet(halves).toString(true).getBytes(StandardCharsets.UTF_8);
    }
}
