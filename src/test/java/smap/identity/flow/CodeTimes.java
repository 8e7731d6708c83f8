package smap.identity.flow;

import java.time.Duration;
import java.util.Collections;
import java.util.List;

/**
 * What codes met on their way.
 *
 * @param nanos from the request to the mail server's word that it took the mail, for each code
 * @param overtaken how many mails of others the mail server answered in that time, for each code
 */
record CodeTimes(List<Long> nanos, List<Long> overtaken) {

    CodeTimes {
        nanos = nanos.stream().sorted().toList();
    }

    long mostOvertaken() {
        return Collections.max(overtaken);
    }

    /** Their time, beside that of codes that had the product to themselves. */
    String beside(CodeTimes alone) {
        return this + String.format(" (%.2f and %.2f times that)", ratio(alone, 50), ratio(alone, 95));
    }

    @Override
    public String toString() {
        return String.format("%d codes, median %d ms, 95th percentile %d ms, longest %d ms",
                nanos.size(), millis(50), millis(95), millis(100));
    }

    private double ratio(CodeTimes other, int percent) {
        return (double) percentile(percent) / other.percentile(percent);
    }

    private long millis(int percent) {
        return Duration.ofNanos(percentile(percent)).toMillis();
    }

    /** Nearest rank. */
    private long percentile(int percent) {
        return nanos.get(Math.max(1, (nanos.size() * percent + 99) / 100) - 1);
    }
}
