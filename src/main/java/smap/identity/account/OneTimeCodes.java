package smap.identity.account;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Locale;
import org.apache.camel.Variable;
import smap.identity.settings.Settings;

/**
 * Makes one-time codes and the HMAC-SHA-256 (RFC 2104) under which they are kept. The code itself is never stored where it is
 * looked up: six digits are guessed in a moment from a plain hash. Thread-safe.
 */
public final class OneTimeCodes {

    private static final int CODES = 1_000_000;

    private final HmacSha256 hmac;
    private final SecureRandom random;

    /** @param secret the server's key, at least 32 bytes */
    public OneTimeCodes(String secret, SecureRandom random) {
        this.hmac = new HmacSha256(secret.getBytes(StandardCharsets.UTF_8));
        this.random = random;
    }

    public static OneTimeCodes of(Settings settings, SecureRandom random) {
        return new OneTimeCodes(settings.get("otp.secret"), random);
    }

    /** Six digits, every one of the million as likely as the next. */
    public String generate() {
        return String.format(Locale.ROOT, "%06d", random.nextInt(CODES));
    }

    /**
     * Hexadecimal HMAC of a code. Address and purpose are part of it, so that a code is of no use for another account or act.
     */
    public String hmac(@Variable("purpose") String purpose, @Variable("email") String email, @Variable("otp") String code) {
        String text = purpose + '\n' + email.toLowerCase(Locale.ROOT) + '\n' + code;
        return HexFormat.of().formatHex(hmac.of(text.getBytes(StandardCharsets.UTF_8)));
    }
}
