package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import smap.identity.support.MovableClock;

class DeferredRecipientsTest {

    private static final EmailData ANN = mail("ann@example.com");
    private static final EmailData BOB = mail("bob@example.com");

    private final MovableClock clock = new MovableClock();
    private final DeferredRecipients recipients = new DeferredRecipients(clock);

    @Test
    void a_recipient_whose_mails_are_put_off_five_times_is_one_of_them_and_nobody_else() {
        defer(4);
        assertThat(recipients.contains(ANN)).isFalse();

        defer(1);

        assertThat(recipients.contains(ANN)).isTrue();
        assertThat(recipients.contains(BOB)).isFalse();
    }

    @Test
    void a_minute_without_another_makes_a_recipient_as_good_as_any() {
        defer(5);
        clock.move(Duration.ofSeconds(59));
        assertThat(recipients.contains(ANN)).isTrue();

        clock.move(Duration.ofSeconds(1));

        assertThat(recipients.contains(ANN)).isFalse();
        defer(4);
        assertThat(recipients.contains(ANN)).as("counted anew").isFalse();
    }

    @Test
    void one_that_is_put_off_again_and_again_stays() {
        for (int i = 0; i < 10; i++) {
            defer(1);
            clock.move(Duration.ofSeconds(40));
        }

        assertThat(recipients.contains(ANN)).isTrue();
    }

    @Test
    void a_job_that_could_not_be_read_has_no_recipient() {
        recipients.add(null);

        assertThat(recipients.contains(ANN)).isFalse();
    }

    @Test
    void of_too_many_recipients_those_are_kept_that_were_put_off_last() {
        defer(5);
        for (int i = 0; i < 10_000; i++) {
            recipients.add(mail("r" + i + "@example.com"));
        }

        assertThat(recipients.contains(ANN)).isFalse();
    }

    private void defer(int times) {
        for (int i = 0; i < times; i++) {
            recipients.add(ANN);
        }
    }

    private static EmailData mail(String recipient) {
        return new EmailData("Hello", recipient, "b", null, null, List.of(), List.of(), List.of());
    }
}
