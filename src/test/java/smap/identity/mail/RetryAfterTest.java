package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            450 4.2.0 Please try again in 300 seconds.             | 300
            450 4.7.1 Greylisted, try again in 5 minutes           | 300
            450 4.7.1 Greylisted for 10 minutes                    | 600
            451 4.7.1 Try Again After 1 Hour                       | 3600
            421 4.7.0 retry after 300                              | 300
            421 4.7.0 Retry-After: 45                              | 45
            421 4.7.0 retry after 45; then be slower               | 45
            421 4.7.0 retry in 90s                                 | 90
            452 4.5.3 wait 5 minutes                               | 300
            452 4.5.3 please wait at least 2 hrs, then come back   | 7200
            451 4.7.1 come back in 15 min                          | 900
            451 4.7.1 Mail was delayed for 3 minutes               | 180
            """)
    void the_delay_a_reply_names_is_read(String reply, long seconds) {
        assertThat(RetryAfter.of(reply)).contains(Duration.ofSeconds(seconds));
    }

    @Test
    void a_reply_may_name_it_over_two_lines() {
        assertThat(RetryAfter.of("try again\r\n in 2\n minutes")).contains(Duration.ofMinutes(2));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "450 4.2.0 try again later",
        "450 4.2.0 try again later (id 300 s)",
        "450 4.4.1 connection to 10.0.0.7 timed out after 30 seconds",
        "550 5.1.1 user 12 minutes unknown",
        "421 4.7.0 retry after 2030-01-02",
        "421 4.7.0 retry after 10:30",
        "421 4.7.0 retry after 10th",
        "450 4.2.0 try again in 0 seconds",
        "450 4.2.0 try again in -5 seconds",
        "450 4.2.0 try again in 5 months",
        ""
    })
    void any_other_reply_names_none(String reply) {
        assertThat(RetryAfter.of(reply)).isEmpty();
    }

    @Test
    void no_reply_names_none() {
        assertThat(RetryAfter.of(null)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"try again in 25 hours", "retry after 86401", "wait 99999999999999999999 seconds", "wait 999999999 hours"})
    void nobody_waits_longer_than_a_day(String reply) {
        assertThat(RetryAfter.of(reply)).contains(Duration.ofDays(1));
    }
}
