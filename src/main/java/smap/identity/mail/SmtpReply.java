package smap.identity.mail;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parts of a reply that have a meaning of their own.
 *
 * @param code of RFC 5321, or -1 without one
 * @param status enhanced status such as {@code 5.1.1}, or null
 */
record SmtpReply(int code, String status) {

    /** RFC 2034, section 4: the status follows the code. */
    private static final Pattern STATUS = Pattern.compile("^\\s*[245][0-9]{2}[ -]([245]\\.[0-9]{1,3}\\.[0-9]{1,3})\\b");

    /** @param text the whole reply, code first; may be null */
    static SmtpReply of(int code, String text) {
        Matcher matcher = STATUS.matcher(text == null ? "" : text);
        return new SmtpReply(code, matcher.find() ? matcher.group(1) : null);
    }
}
