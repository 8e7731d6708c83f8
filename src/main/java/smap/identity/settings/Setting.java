package smap.identity.settings;

import java.util.Locale;
import java.util.function.Predicate;

/**
 * One setting: its key in {@code application.properties} and what a value has to look like.
 *
 * @param expected completes the sentence "expected …"
 * @param secret whether a refusal must not quote the value
 */
public record Setting(String key, String expected, Predicate<String> accepts, boolean secret) {

    /** The environment variable that sets it: {@code OTP_TTL} for {@code otp.ttl}. */
    public String variable() {
        return key.replace('.', '_').toUpperCase(Locale.ROOT);
    }
}
