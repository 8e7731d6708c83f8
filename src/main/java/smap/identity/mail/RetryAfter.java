package smap.identity.mail;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long a server's reply asks to wait, such as "try again in 300 seconds", "retry after 300", "please wait 5 minutes". It is about
 * the delay alone: what a failure is worth never depends on words.
 */
public final class RetryAfter {

    private static final Duration LONGEST = Duration.ofDays(1);

    /** Which verbs may stand before the number, and which words between: another number nearby is then not taken for a delay. */
    private static final Pattern WITH_UNIT = Pattern.compile(
            "\\b(?:again|retry|wait|back|delayed|gr[ae]y-?listed)(?:[ :,-]+(?:in|after|for|at|least|about|another|the|next|minimum|of))*"
                    + "[ :=]+([0-9]+) ?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)\\b",
            Pattern.CASE_INSENSITIVE);

    /** As the header of that name in HTTP has it: seconds. */
    private static final Pattern WITHOUT_UNIT =
            Pattern.compile("\\bretry[ -]after[ :=]+([0-9]+)(?![0-9]*[.:/-]?[0-9a-z])", Pattern.CASE_INSENSITIVE);

    private RetryAfter() {}

    /**
     * The delay a reply names.
     *
     * @param reply may be null
     * @return empty if it names none; at most a day
     */
    public static Optional<Duration> of(String reply) {
        String line = reply == null ? "" : reply.replaceAll("\\s+", " ");
        Matcher matcher = WITH_UNIT.matcher(line);
        if (matcher.find()) {
            return delay(matcher.group(1), seconds(matcher.group(2).charAt(0)));
        }
        matcher = WITHOUT_UNIT.matcher(line);
        return matcher.find() ? delay(matcher.group(1), 1) : Optional.empty();
    }

    private static long seconds(char unit) {
        return switch (unit) {
            case 'h', 'H' -> 3_600;
            case 'm', 'M' -> 60;
            default -> 1;
        };
    }

    private static Optional<Duration> delay(String number, long unit) {
        // nine digits fit, more are more than a day in any unit
        long seconds = number.length() > 9 ? LONGEST.toSeconds() : Math.min(Long.parseLong(number) * unit, LONGEST.toSeconds());
        return seconds == 0 ? Optional.empty() : Optional.of(Duration.ofSeconds(seconds));
    }
}
