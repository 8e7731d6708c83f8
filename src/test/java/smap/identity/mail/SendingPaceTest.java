package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import smap.identity.support.RecordedLog;

class SendingPaceTest {

    @RegisterExtension
    final RecordedLog log = new RecordedLog(SendingPace.class.getName());

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 10);

    @Test
    void a_complaint_halves_connections_and_rate() {
        ConnectionSlots slots = slots(10, 50);
        SendingPace pace = pace(slots);

        pace.complained();

        assertThat(slots.limit()).isEqualTo(5);
        assertThat(slots.rate()).isEqualTo(25);
        assertThat(log.lines()).containsExactly("INFO The mail server asks for less connections=5 rate=25.0");
    }

    @Test
    void complaints_of_one_moment_count_once() {
        ConnectionSlots slots = slots(16, 64);
        SendingPace pace = pace(slots);

        pace.complained();
        pass(999);
        pace.complained();
        assertThat(slots.limit()).isEqualTo(8);

        pass(1);
        pace.complained();
        assertThat(slots.limit()).isEqualTo(4);
        assertThat(slots.rate()).isEqualTo(16);
        assertThat(log.lines()).hasSize(2);
    }

    @Test
    void one_connection_and_a_mail_in_ten_seconds_are_left_at_least() {
        ConnectionSlots slots = slots(3, 1);
        SendingPace pace = pace(slots);
        for (int i = 0; i < 10; i++) {
            pace.complained();
            pass(1_000);
        }

        assertThat(slots.limit()).isEqualTo(1);
        assertThat(slots.rate()).isEqualTo(0.1);
    }

    @Test
    void without_a_rate_the_busiest_second_is_halved() {
        ConnectionSlots slots = slots(10, TokenBucket.UNLIMITED);
        SendingPace pace = pace(slots);
        send(pace, 7);
        pass(1_000);
        send(pace, 40);
        pass(3_000);
        send(pace, 3);

        pace.complained();

        assertThat(slots.rate()).isEqualTo(20);
    }

    @Test
    void without_a_rate_and_without_mails_none_is_set() {
        ConnectionSlots slots = slots(10, TokenBucket.UNLIMITED);
        SendingPace pace = pace(slots);
        send(pace, 40);
        pass(10_000);

        pace.complained();

        assertThat(slots.rate()).isEqualTo(TokenBucket.UNLIMITED);
        assertThat(log.lines()).containsExactly("INFO The mail server asks for less connections=5");
    }

    @Test
    void connections_come_back_one_each_half_minute_and_the_rate_by_a_tenth_each_five_seconds() {
        ConnectionSlots slots = slots(4, 20);
        SendingPace pace = pace(slots);
        pace.complained();

        pass(4_999);
        pace.recover();
        assertThat(slots.rate()).isEqualTo(10);
        pass(1);
        pace.recover();
        pace.recover();
        assertThat(slots.rate()).isEqualTo(11);
        pass(24_999);
        pace.recover();
        assertThat(slots.limit()).isEqualTo(2);
        pass(1);
        pace.recover();
        pace.recover();
        assertThat(slots.limit()).isEqualTo(3);
        log.clear();
        for (int i = 0; i < 100; i++) {
            pass(5_000);
            pace.recover();
        }

        assertThat(slots.limit()).isEqualTo(4);
        assertThat(slots.rate()).isEqualTo(20);
        assertThat(log.lines()).containsExactly("INFO Mail is sent at full pace again connections=4 rate=20.0");
    }

    @Test
    void a_complaint_while_recovering_begins_anew() {
        ConnectionSlots slots = slots(8, 80);
        SendingPace pace = pace(slots);
        pace.complained();
        pass(29_000);
        pace.recover();
        double before = slots.rate();
        pace.complained();
        pass(4_999);
        pace.recover();

        assertThat(slots.limit()).isEqualTo(2);
        assertThat(slots.rate()).isCloseTo(before / 2, within(0.001));
    }

    @Test
    void a_limit_nobody_configured_goes_when_nobody_needs_it() {
        ConnectionSlots slots = slots(1, TokenBucket.UNLIMITED);
        SendingPace pace = pace(slots);
        send(pace, 40);
        pace.complained();

        for (int i = 0; i < 60; i++) {
            send(pace, (int) slots.rate());
            pass(5_000);
            pace.recover();
        }
        assertThat(slots.rate()).as("used up to the limit").isGreaterThan(100).isLessThan(TokenBucket.UNLIMITED);
        log.clear();
        pass(10_000);
        pace.recover();
        assertThat(slots.rate()).isEqualTo(TokenBucket.UNLIMITED);
        assertThat(log.lines()).containsExactly("INFO Mail is sent at full pace again connections=1");
    }

    @Test
    void a_pause_right_after_the_complaint_does_not_end_the_limit() {
        ConnectionSlots slots = slots(1, TokenBucket.UNLIMITED);
        SendingPace pace = pace(slots);
        send(pace, 40);
        pace.complained();
        pass(25_000);
        pace.recover();

        assertThat(slots.rate()).isCloseTo(22, within(0.001));
    }

    @Test
    void a_server_that_takes_no_more_connections_keeps_those_it_has() {
        ConnectionSlots slots = slots(16, 50);
        SendingPace pace = pace(slots);

        assertThat(pace.turnedAway(5)).isTrue();
        assertThat(pace.turnedAway(5)).isTrue();

        assertThat(slots.limit()).isEqualTo(5);
        assertThat(slots.rate()).isEqualTo(50);
        assertThat(log.lines()).containsExactly("INFO The mail server takes no more connections connections=5 rate=50.0");
    }

    @Test
    void a_server_that_takes_no_more_is_asked_again_less_and_less_often() {
        ConnectionSlots slots = slots(16, 50);
        SendingPace pace = pace(slots);
        pace.turnedAway(5);
        for (int seconds : new int[] {30, 60, 120, 240, 480, 480}) {
            pace.sent();
            pass(seconds * 1_000L - 1);
            pace.recover();
            assertThat(slots.limit()).isEqualTo(5);
            pass(1);
            pace.recover();
            assertThat(slots.limit()).isEqualTo(6);
            pace.turnedAway(5);
            assertThat(slots.limit()).isEqualTo(5);
        }
    }

    @Test
    void a_server_that_was_away_altogether_did_not_ask_for_less() {
        ConnectionSlots slots = slots(16, 50);
        SendingPace pace = pace(slots);
        pace.turnedAway(3);
        pace.turnedAway(1);

        assertThat(pace.turnedAway(0)).isFalse();

        assertThat(slots.limit()).isEqualTo(16);
        assertThat(slots.rate()).isEqualTo(50);
    }

    @Test
    void a_limit_that_was_seen_to_hold_outlives_an_outage() {
        ConnectionSlots slots = slots(16, 50);
        SendingPace pace = pace(slots);
        pace.turnedAway(3);
        pace.sent();

        pace.turnedAway(0);

        assertThat(slots.limit()).isEqualTo(3);
    }

    private ConnectionSlots slots(int connections, double rate) {
        return new ConnectionSlots(connections, rate, now::get);
    }

    private SendingPace pace(ConnectionSlots slots) {
        return new SendingPace(slots, now::get);
    }

    private static void send(SendingPace pace, int mails) {
        for (int i = 0; i < mails; i++) {
            pace.began();
        }
    }

    private void pass(long millis) {
        now.addAndGet(Duration.ofMillis(millis).toNanos());
    }
}
