package smap.identity.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class UtcClockTest {

    @Test
    void now_is_in_utc_and_as_exact_as_the_database_keeps_it() {
        Clock clock = Clock.fixed(Instant.parse("2026-11-23T09:00:00.123456789Z"), ZoneId.of("Asia/Ho_Chi_Minh"));

        OffsetDateTime now = new UtcClock(clock).now();

        assertThat(now).hasToString("2026-11-23T09:00:00.123456Z");
        assertThat(now.getOffset()).isEqualTo(ZoneOffset.UTC);
    }
}
