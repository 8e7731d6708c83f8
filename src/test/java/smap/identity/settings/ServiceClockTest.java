package smap.identity.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import smap.identity.Role;

class ServiceClockTest {

    @ParameterizedTest
    @CsvSource({"12d,PT288H", "+12d,PT288H", "-5m,PT-5M", "90s,PT1M30S", "-250ms,PT-0.25S", "36h,PT36H", "0s,PT0S", "-0s,PT0S"})
    void the_clock_is_so_far_from_the_machines(String offset, Duration expected) {
        Settings settings = settings(Map.of("SMAP_CLOCK_OFFSET", offset));

        assertThat(ServiceClock.offset(settings)).isEqualTo(expected);
        assertThat(ServiceClock.of(settings).instant()).isCloseTo(Instant.now().plus(expected), within(10, ChronoUnit.SECONDS));
    }

    @Test
    void where_nobody_moves_it_it_is_the_machines_in_utc() {
        assertThat(ServiceClock.of(settings(Map.of()))).isEqualTo(Clock.systemUTC());
        assertThat(ServiceClock.of(settings(Map.of("SMAP_CLOCK_OFFSET", "30d"))).getZone()).isEqualTo(ZoneOffset.UTC);
    }

    @Test
    void it_goes_on_from_where_it_was_moved_to() {
        Clock clock = ServiceClock.of(settings(Map.of("SMAP_CLOCK_OFFSET", "30d")));

        assertThat(clock).isEqualTo(Clock.offset(Clock.systemUTC(), Duration.ofDays(30)));
    }

    private static Settings settings(Map<String, String> environment) {
        return Settings.read(Role.ALL, environment, new Properties());
    }
}
