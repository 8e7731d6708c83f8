package smap.identity.settings;

import java.util.Locale;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * One setting: its key in {@code application.properties} and what a value has to look like.
 *
 * @param expected completes the sentence "expected …"
 * @param secret whether a refusal must not quote the value
 * @param culprit the part of a wrong value that is to be quoted: of a list, the entry at fault
 */
public record Setting(String key, String expected, Predicate<String> accepts, boolean secret, UnaryOperator<String> culprit) {

    public Setting(String key, String expected, Predicate<String> accepts, boolean secret) {
        this(key, expected, accepts, secret, UnaryOperator.identity());
    }

    /** The environment variable that sets it: {@code OTP_TTL} for {@code otp.ttl}. */
    public String variable() {
        return key.replace('.', '_').toUpperCase(Locale.ROOT);
    }
}
