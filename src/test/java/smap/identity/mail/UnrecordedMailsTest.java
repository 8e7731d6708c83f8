package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class UnrecordedMailsTest {

    private final AtomicLong now = new AtomicLong(-5);
    private final UnrecordedMails mails = new UnrecordedMails(now::get);

    @Test
    void a_final_dot_waits_while_the_mail_before_it_is_not_on_record() {
        mails.awaitTurn("a");
        pass(3);
        mails.taken("a");
        pass(300);

        assertThat(mails.timeToWait()).isEqualTo(Duration.ofMillis(700));
        mails.settled("a");
        assertThat(mails.timeToWait()).isZero();
    }

    @Test
    void a_mail_that_cannot_be_recorded_keeps_nobody_back_for_longer_than_a_second() {
        mails.awaitTurn("a");
        mails.taken("a");
        pass(1_000);

        assertThat(mails.timeToWait()).isZero();
    }

    @Test
    void a_server_that_answers_at_once_is_waited_for_and_not_if_it_fails_to_for_once() {
        mails.awaitTurn("a");
        pass(5);
        assertThat(mails.timeToWait()).isEqualTo(Duration.ofMillis(15));
        pass(15);
        assertThat(mails.timeToWait()).isZero();
    }

    @Test
    void a_mail_that_was_refused_keeps_nobody_back() {
        mails.awaitTurn("a");
        mails.settled("a");

        assertThat(mails.timeToWait()).isZero();
    }

    @Test
    void a_server_that_takes_its_time_is_not_waited_for_but_its_mails_rows_are() {
        while (mails.timeToWait().isZero()) {
            send("slow", 50);
            mails.awaitTurn("next");
            if (mails.timeToWait().isZero()) {
                break;
            }
            mails.settled("next");
        }

        mails.taken("next");
        assertThat(mails.timeToWait()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void a_server_that_is_quick_again_is_waited_for_again() {
        for (int i = 0; i < 10; i++) {
            send("slow", 50);
        }
        mails.awaitTurn("slow");
        assertThat(mails.timeToWait()).isZero();
        mails.settled("slow");
        for (int i = 0; i < 50; i++) {
            send("quick", 1);
        }

        mails.awaitTurn("quick");
        assertThat(mails.timeToWait()).isEqualTo(Duration.ofMillis(20));
    }

    @Test
    void who_waits_goes_on_as_soon_as_the_mail_before_is_on_record() {
        mails.awaitTurn("a");
        mails.taken("a");
        // by this clock its second takes an hour
        pass(-3_600_000);
        Thread next = waiting("b");

        mails.settled("a");

        Awaitility.await().until(() -> !next.isAlive());
        assertThat(mails.timeToWait()).as("for b").isEqualTo(Duration.ofMillis(20));
    }

    @Test
    void who_waits_goes_on_waiting_while_one_of_several_mails_is_not_on_record() {
        for (String id : List.of("a", "b")) {
            mails.taken(id);
        }
        Thread next = waiting("c");

        mails.settled("a");
        Awaitility.await().during(Duration.ofMillis(200)).until(next::isAlive);

        mails.settled("b");
        Awaitility.await().until(() -> !next.isAlive());
    }

    @Test
    void who_is_interrupted_waits_no_longer_and_stays_interrupted() {
        mails.taken("a");
        Thread.currentThread().interrupt();

        mails.awaitTurn("b");

        assertThat(Thread.interrupted()).isTrue();
    }

    private Thread waiting(String id) {
        Thread thread = new Thread(() -> mails.awaitTurn(id));
        thread.setDaemon(true);
        thread.start();
        Awaitility.await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
        return thread;
    }

    private void send(String id, long millis) {
        mails.awaitTurn(id);
        pass(millis);
        mails.taken(id);
        mails.settled(id);
    }

    private void pass(long millis) {
        now.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
    }
}
