package smap.identity.limit;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How often something may be asked for: requests for one address in a window, and requests of one client in another. A window is a duration
 * as settings have it, {@code 15m}.
 */
public record RateLimit(int addressPermits, String addressWindow, int clientPermits, String clientWindow) {

    private static final String PERMITS_IN_A_WINDOW = "([1-9][0-9]{0,6})/([1-9][0-9]{0,5}(?:s|m|h|d))";
    private static final Pattern BOTH = Pattern.compile(PERMITS_IN_A_WINDOW + ",\\s*" + PERMITS_IN_A_WINDOW);

    /** Whether a value has the form {@code 20/15m,300/15m}: for one address, for one client. */
    public static boolean isOne(String value) {
        return BOTH.matcher(value).matches();
    }

    /** @throws IllegalArgumentException if the value {@linkplain #isOne is none} */
    public static RateLimit parse(String value) {
        Matcher both = BOTH.matcher(value);
        if (!both.matches()) {
            throw new IllegalArgumentException(value);
        }
        return new RateLimit(Integer.parseInt(both.group(1)), both.group(2), Integer.parseInt(both.group(3)), both.group(4));
    }
}
