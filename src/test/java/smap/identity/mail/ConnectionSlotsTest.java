package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConnectionSlotsTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final AtomicLong now = new AtomicLong();
    private final List<Thread> waiting = new ArrayList<>();
    /** Names of those that got a slot, in order. */
    private final List<String> served = new CopyOnWriteArrayList<>();

    @AfterEach
    void stopWaiting() {
        waiting.forEach(Thread::interrupt);
    }

    @Test
    void no_more_slots_are_taken_than_there_are() throws Exception {
        ConnectionSlots slots = slots(2);

        assertThat(slots.acquire(SendingLane.NORMAL, Duration.ZERO)).isTrue();
        assertThat(slots.tryAcquire()).isTrue();
        assertThat(slots.acquire(SendingLane.NORMAL, Duration.ofMillis(20))).isFalse();
        assertThat(slots.tryAcquire()).isFalse();
        slots.release(SendingLane.NORMAL);
        assertThat(slots.acquire(SendingLane.NORMAL, Duration.ZERO)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"1,1", "2,1", "3,2", "4,3", "8,6", "16,12"})
    void bulk_mail_never_takes_the_last_quarter(int limit, int bulk) throws Exception {
        ConnectionSlots slots = slots(limit);
        int taken = 0;
        while (slots.acquire(SendingLane.BULK, Duration.ZERO)) {
            taken++;
        }

        assertThat(taken).isEqualTo(bulk);
        for (int i = bulk; i < limit; i++) {
            assertThat(slots.acquire(SendingLane.NORMAL, Duration.ZERO)).isTrue();
        }
        assertThat(slots.tryAcquire()).isFalse();
        slots.release(SendingLane.BULK);
        assertThat(slots.acquire(SendingLane.BULK, Duration.ZERO)).as("at least one is always possible").isTrue();
    }

    @Test
    void normal_mail_may_take_all() throws Exception {
        ConnectionSlots slots = slots(4);
        for (int i = 0; i < 4; i++) {
            assertThat(slots.acquire(SendingLane.NORMAL, Duration.ZERO)).isTrue();
        }

        assertThat(slots.acquire(SendingLane.BULK, Duration.ZERO)).isFalse();
    }

    @Test
    void normal_mail_goes_before_bulk_and_each_lane_in_its_order() throws Exception {
        ConnectionSlots slots = slots(1);
        slots.acquire(SendingLane.NORMAL, Duration.ZERO);
        wait(slots, SendingLane.BULK, "bulk 1");
        wait(slots, SendingLane.BULK, "bulk 2");
        wait(slots, SendingLane.NORMAL, "normal 1");
        wait(slots, SendingLane.NORMAL, "normal 2");

        List<SendingLane> lanes = List.of(
                SendingLane.NORMAL, SendingLane.NORMAL, SendingLane.NORMAL, SendingLane.BULK, SendingLane.BULK);
        for (int i = 0; i < lanes.size(); i++) {
            int before = i;
            await().until(() -> served.size() == before);
            slots.release(lanes.get(i));
        }

        await().until(() -> served.size() == 4);
        assertThat(served).containsExactly("normal 1", "normal 2", "bulk 1", "bulk 2");
    }

    @Test
    void bulk_mail_goes_on_when_the_normal_one_before_it_gives_up() throws Exception {
        ConnectionSlots slots = slots(1);
        slots.acquire(SendingLane.NORMAL, Duration.ZERO);
        wait(slots, SendingLane.BULK, "bulk");
        wait(slots, SendingLane.NORMAL, "normal");
        waiting.get(1).interrupt();
        waiting.get(1).join();

        slots.release(SendingLane.NORMAL);

        await().until(() -> served.equals(List.of("bulk")));
    }

    @Test
    void a_higher_limit_serves_those_who_wait_and_a_lower_one_takes_nothing_back() throws Exception {
        ConnectionSlots slots = slots(1);
        slots.acquire(SendingLane.NORMAL, Duration.ZERO);
        wait(slots, SendingLane.NORMAL, "a");
        wait(slots, SendingLane.NORMAL, "b");

        slots.setLimit(3);
        await().until(() -> served.size() == 2);

        slots.setLimit(1);
        slots.release(SendingLane.NORMAL);
        slots.release(SendingLane.NORMAL);
        assertThat(slots.tryAcquire()).isFalse();
        slots.release(SendingLane.NORMAL);
        assertThat(slots.tryAcquire()).isTrue();
    }

    @Test
    void mails_have_their_turn_by_the_rate_the_normal_ones_first() throws Exception {
        ConnectionSlots slots = new ConnectionSlots(8, 2, now::get);
        assertThat(slots.acquireForMail(SendingLane.NORMAL, Duration.ZERO)).isTrue();
        waitForTurn(slots, SendingLane.BULK, "bulk");
        waitForTurn(slots, SendingLane.NORMAL, "normal");
        assertThat(slots.acquire(SendingLane.NORMAL, Duration.ZERO)).as("what is not a mail").isTrue();
        assertThat(slots.tryAcquire()).as("nobody waits for a slot").isTrue();

        pass(Duration.ofMillis(500));
        slots.setLimit(8);
        await().until(() -> served.equals(List.of("normal")));
        pass(Duration.ofMillis(500));
        slots.setLimit(8);
        await().until(() -> served.equals(List.of("normal", "bulk")));
    }

    @Test
    void bulk_mail_that_comes_when_a_turn_is_due_leaves_it_to_the_normal_one() throws Exception {
        ConnectionSlots slots = new ConnectionSlots(8, 2, now::get);
        slots.acquireForMail(SendingLane.NORMAL, Duration.ZERO);
        waitForTurn(slots, SendingLane.NORMAL, "normal");

        pass(Duration.ofMillis(500));
        waitForTurn(slots, SendingLane.BULK, "bulk");

        await().until(() -> served.equals(List.of("normal")));
    }

    @Test
    void waiting_for_the_rate_has_no_limit_but_waiting_for_a_slot_has() throws Exception {
        ConnectionSlots slots = new ConnectionSlots(1, 1, now::get);
        assertThat(slots.acquireForMail(SendingLane.NORMAL, Duration.ZERO)).isTrue();
        assertThat(slots.acquireForMail(SendingLane.NORMAL, Duration.ofMillis(1))).isFalse();
        slots.release(SendingLane.NORMAL);

        waitForTurn(slots, SendingLane.NORMAL, "patient", Duration.ZERO);
        pass(Duration.ofSeconds(1));
        slots.setLimit(1);

        await().until(() -> served.equals(List.of("patient")));
    }

    @Test
    void nobody_gets_a_slot_after_the_end_and_those_who_wait_are_told() throws Exception {
        ConnectionSlots slots = new ConnectionSlots(1, 1, now::get);
        slots.acquireForMail(SendingLane.NORMAL, Duration.ZERO);
        wait(slots, SendingLane.NORMAL, "normal");
        wait(slots, SendingLane.BULK, "bulk");

        slots.close();

        for (Thread thread : waiting) {
            thread.join();
        }
        assertThat(served).isEmpty();
        assertThat(slots.awaitAllReleased(Duration.ofMillis(20))).isFalse();
        slots.release(SendingLane.NORMAL);
        assertThat(slots.awaitAllReleased(Duration.ZERO)).isTrue();
        assertThat(slots.tryAcquire()).isFalse();
        assertThat(slots.acquire(SendingLane.NORMAL, LONG)).isFalse();
    }

    private ConnectionSlots slots(int limit) {
        return new ConnectionSlots(limit, TokenBucket.UNLIMITED, now::get);
    }

    private void wait(ConnectionSlots slots, SendingLane lane, String name) {
        start(name, () -> slots.acquire(lane, LONG));
    }

    private void waitForTurn(ConnectionSlots slots, SendingLane lane, String name) {
        waitForTurn(slots, lane, name, LONG);
    }

    private void waitForTurn(ConnectionSlots slots, SendingLane lane, String name, Duration patience) {
        start(name, () -> slots.acquireForMail(lane, patience));
    }

    private interface Acquisition {
        boolean succeeds() throws InterruptedException;
    }

    /** Returns when it waits. */
    private void start(String name, Acquisition acquisition) {
        Thread thread = new Thread(() -> catchThrowable(() -> {
            if (acquisition.succeeds()) {
                served.add(name);
            }
        }));
        thread.setDaemon(true);
        thread.start();
        waiting.add(thread);
        await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }
}
