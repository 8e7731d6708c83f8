package smap.identity.settings;

import java.time.Clock;
import java.time.Duration;
import org.apache.camel.util.TimeUtils;

/**
 * The time of this process, for everything that asks for it: the machine's, moved by {@code SMAP_CLOCK_OFFSET}. Who develops or tries the
 * product travels in time with it; production refuses an offset. Stateless.
 */
public final class ServiceClock {

    private static final String OFFSET = "smap.clock.offset";

    private ServiceClock() {}

    /** In UTC. */
    public static Clock of(Settings settings) {
        return Clock.offset(Clock.systemUTC(), offset(settings));
    }

    /** Forward, or back where it is negative. */
    public static Duration offset(Settings settings) {
        String given = settings.get(OFFSET);
        long millis = TimeUtils.toMilliSeconds(given.replaceFirst("^[+-]", ""));
        return Duration.ofMillis(given.startsWith("-") ? -millis : millis);
    }
}
