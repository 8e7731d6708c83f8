package smap.identity.account;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import org.apache.camel.Variable;
import smap.identity.settings.Settings;

/**
 * Makes refresh tokens: 256 bits at random for a login, and from then on each one's only successor, an HMAC of it under a key of the
 * server. Whoever sends one token twice, by a double click or from two pages, is thus given the same next one, and nothing but a hash of
 * any has to be kept. Thread-safe.
 */
public final class RefreshTokens {

    private static final int BYTES = 32;
    private static final byte[] PURPOSE = "refresh token: successor".getBytes(StandardCharsets.UTF_8);

    private final HmacSha256 successors;
    private final SecureRandom random;

    /** @param secret the server's key, at least 32 bytes; one of its own is derived from it */
    public RefreshTokens(String secret, SecureRandom random) {
        this.successors = new HmacSha256(new HmacSha256(secret.getBytes(StandardCharsets.UTF_8)).of(PURPOSE));
        this.random = random;
    }

    public static RefreshTokens of(Settings settings, SecureRandom random) {
        return new RefreshTokens(settings.get("otp.secret"), random);
    }

    /** The first one of a session. */
    public String generate() {
        byte[] token = new byte[BYTES];
        random.nextBytes(token);
        return text(token);
    }

    /** The one that takes the place of another; always the same. */
    public String successor(@Variable("refresh_token") String token) {
        return text(successors.of(token.getBytes(StandardCharsets.UTF_8)));
    }

    /** What is kept of a token. It needs no salt and no slow hash: nobody guesses 256 bits. */
    public byte[] hash(@Variable("refresh_token") String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    private static String text(byte[] token) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
    }
}
