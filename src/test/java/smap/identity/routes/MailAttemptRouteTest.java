package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.camel.Variable;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.broker.MailQueues;
import smap.identity.mail.DeferredRecipients;
import smap.identity.mail.DeliveryLog;
import smap.identity.mail.EmailData;
import smap.identity.mail.EmailDataReader;
import smap.identity.mail.RetryLadder;
import smap.identity.mail.UnreadableJobException;

class MailAttemptRouteTest extends RouteTestSupport {

    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";
    private static final String EXPIRES_AT = "2030-01-02T03:09:05.000Z";
    private static final String FIND = "sql:mail/find-delivery";
    private static final String SEND = "direct:mail-send";
    private static final String RECORD = "direct:mail-outcome-record";
    private static final String JOB = "{\"Subject\":\"Grüße\",\"Recipient\":\"ann@example.com\",\"Body\":\"<b>123456</b>\"}";

    /** What {@code MailClaims} is asked. */
    public static final class Claims {

        private final List<String> claimed = new ArrayList<>();
        private RuntimeException refusal;

        public void claim(@Variable("mail_id") String id) {
            if (refusal != null) {
                throw refusal;
            }
            claimed.add(id);
        }
    }

    private final DeferredRecipients deferred = new DeferredRecipients(CLOCK);
    private final Claims claims = new Claims();

    MailAttemptRouteTest() {
        super("consumer/mail-attempt");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("emailDataReader", new EmailDataReader(1_000));
        beans.bind("retryLadder", new RetryLadder(
                new MailQueues("exc", "work", "bulk", "dead", null, Map.of("retry.5s", Duration.ofSeconds(5))), CLOCK));
        beans.bind("deferredRecipients", deferred);
        beans.bind("mailClaims", claims);
        beans.bind("deliveryLog", new DeliveryLog("masked"));
    }

    @BeforeEach
    void the_job_is_to_be_delivered_and_the_server_takes_it() {
        found("deliver");
        direct("mail-send").sets("outcome", "sent");
    }

    private void found(String outcome) {
        sql("mail/find-delivery").answers(Map.of("outcome", outcome, "expires_at", EXPIRES_AT));
    }

    @Test
    void a_job_is_sent_and_recorded() {
        assertThat(attempt(JOB, Map.of()).failure()).isNull();

        assertThat(visited()).containsExactly(FIND, SEND, RECORD);
        assertThat(sql("mail/find-delivery").parameters()).isEqualTo(Map.of("mail_id", ID, "now", NOW));
        assertThat(direct("mail-send").variables()).containsEntry("code_expires_at", EXPIRES_AT).containsEntry("mail",
                new EmailData("Grüße", "ann@example.com", "<b>123456</b>", null, null, List.of(), List.of(), List.of()));
        assertThat(direct("mail-outcome-record").variables()).containsEntry("outcome", "sent");
    }

    @Test
    void a_job_is_claimed_before_its_row_is_read_and_left_alone_if_another_worker_has_it() {
        attempt(JOB, Map.of());
        assertThat(claims.claimed).containsExactly(ID);

        claims.refusal = new IllegalStateException("another worker has it");
        assertThat(attempt(JOB, Map.of()).failure()).isSameAs(claims.refusal);

        assertThat(visited()).as("by the first").containsExactly(FIND, SEND, RECORD);
    }

    @Test
    void a_job_that_was_sent_before_is_logged_and_no_more() {
        found("repeated");

        attempt(JOB, Map.of("settled", "sent"));

        assertThat(visited()).containsExactly(FIND);
        assertThat(log.lines()).singleElement().asString().startsWith("INFO Email was sent before message_id=" + ID);
    }

    @ParameterizedTest
    @ValueSource(strings = {"expired", "superseded", "cancelled"})
    void a_job_whose_code_is_of_no_more_use_is_recorded_and_not_sent(String outcome) {
        found(outcome);

        attempt(JOB, Map.of("not_before", NOW.plusHours(1)));

        assertThat(visited()).containsExactly(FIND, RECORD);
        assertThat(direct("mail-outcome-record").variables()).containsEntry("outcome", outcome);
    }

    @ParameterizedTest
    @ValueSource(strings = {"deliver", "expired", "superseded"})
    void a_copy_that_tells_of_a_mail_already_sent_is_recorded_as_sent_and_not_sent(String outcome) {
        found(outcome);

        attempt(JOB, Map.of("settled", "sent"));

        assertThat(visited()).containsExactly(FIND, RECORD);
        assertThat(direct("mail-outcome-record").variables()).containsEntry("outcome", "sent");
    }

    @Test
    void a_job_that_comes_before_its_time_waits() {
        attempt(JOB, Map.of("not_before", NOW.plusSeconds(1)));

        assertThat(visited()).containsExactly(FIND, "direct:mail-wait");
    }

    @Test
    void a_job_to_a_recipient_whose_mails_are_put_off_one_after_the_other_moves_to_the_bulk_lane_and_is_sent_there() {
        EmailData mail = new EmailData("Hello", "ann@example.com", "b", null, null, List.of(), List.of(), List.of());
        Collections.nCopies(5, mail).forEach(deferred::add);

        attempt(JOB, Map.of());
        assertThat(visited()).containsExactly(FIND, "direct:mail-move");
        assertThat(direct("mail-move").variables()).containsEntry("next_queue", "smtp_send_email.bulk").containsEntry("attempt", 1);

        attempt(JOB, Map.of("lane", "bulk"));
        assertThat(visited()).endsWith(FIND, SEND, RECORD);
    }

    @Test
    void a_job_whose_time_has_come_is_sent() {
        attempt(JOB, Map.of("not_before", NOW));

        assertThat(visited()).containsExactly(FIND, SEND, RECORD);
    }

    @Test
    void a_job_that_cannot_be_read_is_left_to_the_caller_and_nobody_is_asked_about_it() {
        assertThat(attempt("{\"Subject\":\"Grüße\"", Map.of()).failure())
                .isInstanceOf(UnreadableJobException.class);
        assertThat(attempt(JOB.replace("Grüße", "x".repeat(1_000)), Map.of()).failure())
                .isInstanceOf(UnreadableJobException.class).hasMessageContaining("1000 bytes at most");

        assertThat(visited()).isEmpty();
    }

    private Answer attempt(String job, Map<String, Object> variables) {
        return send(exchange -> {
            exchange.setVariable("job", job.getBytes(StandardCharsets.UTF_8));
            exchange.setVariable("mail_id", ID);
            exchange.setVariable("purpose", "verification");
            exchange.setVariable("attempt", 1);
            variables.forEach(exchange::setVariable);
        });
    }
}
