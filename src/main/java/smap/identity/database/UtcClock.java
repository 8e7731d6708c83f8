package smap.identity.database;

import java.time.Clock;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;

/**
 * The time as the database is told it: routes hand it to their statements as {@code :#now}, so that no statement asks PostgreSQL
 * for the time and tests can move it. Microseconds, because that is what a {@code timestamptz} holds. Thread-safe.
 */
public final class UtcClock {

    private final Clock clock;

    public UtcClock(Clock clock) {
        this.clock = clock;
    }

    public OffsetDateTime now() {
        return OffsetDateTime.ofInstant(clock.instant(), ZoneOffset.UTC).truncatedTo(ChronoUnit.MICROS);
    }
}
