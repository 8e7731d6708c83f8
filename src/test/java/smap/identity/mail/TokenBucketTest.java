package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TokenBucketTest {

    private final AtomicLong now = new AtomicLong(-5);

    @Test
    void tokens_come_evenly() {
        TokenBucket bucket = new TokenBucket(4, now::get);

        bucket.take();
        assertThat(bucket.nanosUntilNext()).isEqualTo(Duration.ofMillis(250).toNanos());
        pass(100);
        assertThat(bucket.nanosUntilNext()).isEqualTo(Duration.ofMillis(150).toNanos());
        pass(150);
        assertThat(bucket.nanosUntilNext()).isZero();
        bucket.take();
        assertThat(bucket.nanosUntilNext()).isEqualTo(Duration.ofMillis(250).toNanos());
    }

    @Test
    void what_is_not_used_is_kept_for_a_tenth_of_a_second() {
        TokenBucket bucket = new TokenBucket(50, now::get);
        pass(60_000);

        assertThat(takeAll(bucket)).isEqualTo(6);
        pass(100);
        assertThat(takeAll(bucket)).isEqualTo(5);
    }

    @Test
    void a_low_rate_keeps_little_more_than_one() {
        TokenBucket bucket = new TokenBucket(0.5, now::get);
        pass(60_000);

        assertThat(takeAll(bucket)).isEqualTo(1);
        assertThat(bucket.nanosUntilNext()).isEqualTo(Duration.ofMillis(1_900).toNanos());
    }

    @Test
    void in_a_minute_no_more_are_taken_than_the_rate_allows() {
        TokenBucket bucket = new TokenBucket(7, now::get);
        int taken = 0;
        for (int i = 0; i < 60_000; i += 10) {
            taken += takeAll(bucket);
            pass(10);
        }

        assertThat(taken).isBetween(419, 421);
    }

    @Test
    void without_a_limit_nobody_waits() {
        TokenBucket bucket = new TokenBucket(TokenBucket.UNLIMITED, now::get);
        for (int i = 0; i < 1_000; i++) {
            bucket.take();
        }

        assertThat(bucket.nanosUntilNext()).isZero();
    }

    @Test
    void a_limit_that_begins_begins_with_a_pause_and_one_that_ends_leaves_no_debt() {
        TokenBucket bucket = new TokenBucket(TokenBucket.UNLIMITED, now::get);
        pass(1_000);

        bucket.setRate(10);
        assertThat(bucket.nanosUntilNext()).isEqualTo(Duration.ofMillis(100).toNanos());
        bucket.setRate(20);
        assertThat(bucket.nanosUntilNext()).isEqualTo(Duration.ofMillis(50).toNanos());
        bucket.setRate(TokenBucket.UNLIMITED);
        assertThat(bucket.nanosUntilNext()).isZero();
    }

    private static int takeAll(TokenBucket bucket) {
        int taken = 0;
        while (bucket.nanosUntilNext() == 0) {
            bucket.take();
            taken++;
        }
        return taken;
    }

    private void pass(long millis) {
        now.addAndGet(Duration.ofMillis(millis).toNanos());
    }
}
