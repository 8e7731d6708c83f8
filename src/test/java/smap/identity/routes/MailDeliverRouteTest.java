package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.internet.InternetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.camel.component.springrabbit.SpringRabbitMQEndpoint;
import org.apache.camel.spi.Registry;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.amqp.AmqpConnectException;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.retry.interceptor.RetryOperationsInterceptor;
import smap.identity.broker.GiveBack;
import smap.identity.mail.DeliveryLog;
import smap.identity.mail.EmailData;
import smap.identity.mail.EmailDataReader;
import smap.identity.mail.FailureSorter;
import smap.identity.mail.JobIds;
import smap.identity.mail.UnreadableJobException;

/** A job is acknowledged when the route ends without a failure, and goes back to its queue when it ends with one. */
class MailDeliverRouteTest extends RouteTestSupport {

    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";
    private static final String FIND = "sql:mail/find-delivery";
    private static final String SEND = "direct:mail-send";
    private static final String RECORD = "direct:mail-outcome-record";
    private static final String DEAD = "direct:mail-dead";
    private static final String EXPIRES_AT = "2030-01-02T03:09:05.000Z";
    private static final String JOB = "{\"Subject\":\"Grüße\",\"Recipient\":\"ann@example.com\",\"Body\":\"<b>123456</b>\"}";

    private final RetryOperationsInterceptor giveBack = GiveBack.interceptor();

    MailDeliverRouteTest() {
        super("consumer/mail-deliver");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("mail.workers", "3");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("jobIds", new JobIds());
        beans.bind("emailDataReader", new EmailDataReader());
        beans.bind("deliveryLog", new DeliveryLog("masked"));
        beans.bind("failureSorter", new FailureSorter());
        beans.bind("giveBack", giveBack);
    }

    @BeforeEach
    void the_job_is_to_be_delivered_and_the_server_takes_it() {
        sql("mail/find-delivery").answers(delivery("deliver"));
        direct("mail-send").sets("outcome", "sent");
    }

    @Test
    void a_job_is_acknowledged_after_the_route_and_given_back_when_that_fails() {
        SpringRabbitMQEndpoint queue = input(SpringRabbitMQEndpoint.class);

        assertThat(queue.getQueues()).isEqualTo("smtp_send_email");
        assertThat(queue.getAcknowledgeMode()).isEqualTo(AcknowledgeMode.AUTO);
        assertThat(queue.getRetry()).isSameAs(giveBack);
        assertThat(queue.isAsyncConsumer()).isFalse();
        assertThat(queue.isAutoDeclare()).isFalse();
        assertThat(queue.isDisableReplyTo()).isTrue();
        assertThat(queue.getConcurrentConsumers()).isEqualTo(3);
    }

    @Test
    void a_job_is_sent_recorded_and_acknowledged() {
        deliver(JOB).succeeded(200);

        assertThat(visited()).containsExactly(FIND, SEND, RECORD);
        assertThat(sql("mail/find-delivery").parameters()).isEqualTo(Map.of("mail_id", ID, "now", NOW));
        assertThat(direct("mail-send").variables())
                .containsEntry("mail_id", ID)
                .containsEntry("purpose", "verification")
                .containsEntry("attempts", 0)
                .containsEntry("outcome", "deliver")
                .containsEntry("expires_at", EXPIRES_AT)
                .containsEntry("mail",
                        new EmailData("Grüße", "ann@example.com", "<b>123456</b>", null, null, List.of(), List.of(), List.of()));
        assertThat(direct("mail-send").sent().getMessage().getHeaders()).doesNotContainKeys("purpose", "x-death", "To");
        assertThat(direct("mail-outcome-record").variables()).containsEntry("outcome", "sent");
    }

    @Test
    void a_job_that_was_sent_before_is_logged_and_acknowledged() {
        sql("mail/find-delivery").answers(delivery("repeated"));

        deliver(JOB).succeeded(200);

        assertThat(visited()).containsExactly(FIND);
        assertThat(log.lines()).hasSize(1);
        assertThat(log.lines().get(0)).startsWith("INFO Email was sent before message_id=" + ID);
    }

    @ParameterizedTest
    @ValueSource(strings = {"expired", "superseded"})
    void a_job_whose_code_is_of_no_more_use_is_recorded_and_not_sent(String outcome) {
        sql("mail/find-delivery").answers(delivery(outcome));

        deliver(JOB).succeeded(200);

        assertThat(visited()).containsExactly(FIND, RECORD);
        assertThat(direct("mail-outcome-record").variables()).containsEntry("outcome", outcome).containsEntry("attempts", 0);
    }

    @Test
    void a_job_that_cannot_be_read_goes_to_the_dead_letters_at_once_and_as_it_came() {
        assertThat(deliver("{\"Subject\":\"Grüße\"").failure()).isNull();

        assertThat(visited()).containsExactly(DEAD);
        assertDead("{\"Subject\":\"Grüße\"", UnreadableJobException.class);
    }

    @Test
    void a_temporary_failure_is_tried_three_times_in_all_and_then_goes_to_the_dead_letters_as_it_came() {
        direct("mail-send").does(exchange -> {
            exchange.setVariable("attempts", exchange.getVariable("attempts", Integer.class) + 1);
            throw new MessagingException("451 try again later");
        });

        assertThat(deliver(JOB).failure()).isNull();

        assertThat(visited()).containsExactly(FIND, SEND, SEND, SEND, DEAD);
        assertThat(direct("mail-dead").variables()).containsEntry("attempts", 3);
        assertDead(JOB, MessagingException.class);
    }

    @Test
    void a_refusal_for_good_is_tried_once_and_goes_to_the_dead_letters_as_it_came() throws Exception {
        MessagingException refusal = new SendFailedException("Invalid Addresses", new SMTPAddressFailedException(
                new InternetAddress("ann@example.com"), "RCPT TO:<ann@example.com>", 550, "550 5.1.1 no such user"));
        // the pool marks what it throws so, and Camel would hand a bean the mark in place of the exception
        refusal.addSuppressed(new Exception("phase RCPT"));
        direct("mail-send").fails(refusal);

        assertThat(deliver(JOB).failure()).isNull();

        assertThat(visited()).containsExactly(FIND, SEND, DEAD);
        assertDead(JOB, SendFailedException.class);
    }

    @Test
    void a_failure_that_passes_is_forgotten() {
        direct("mail-send").failsTimes(2, new MessagingException("451 try again later"));

        assertThat(deliver(JOB).failure()).isNull();

        assertThat(visited()).containsExactly(FIND, SEND, SEND, SEND, RECORD);
        assertThat(direct("mail-outcome-record").variables()).containsEntry("outcome", "sent");
    }

    @Test
    void a_job_that_waited_for_the_database_is_sent_once() {
        sql("mail/find-delivery").failsTimes(5, databaseAway());

        assertThat(deliver(JOB).failure()).isNull();

        assertThat(visited()).containsExactly(FIND, FIND, FIND, FIND, FIND, FIND, SEND, RECORD);
    }

    @Test
    void a_database_that_is_away_while_the_outcome_is_recorded_is_waited_for_and_the_mail_not_sent_twice() {
        direct("mail-outcome-record").failsTimes(5, databaseAway());

        assertThat(deliver(JOB).failure()).isNull();

        assertThat(visited()).startsWith(FIND, SEND, RECORD).containsOnlyOnce(SEND);
        assertThat(Collections.frequency(visited(), RECORD)).isEqualTo(6);
    }

    @Test
    void dead_letters_that_cannot_be_written_give_the_job_back() {
        direct("mail-send").fails(new MessagingException("550 no such user"));
        direct("mail-dead").fails(new AmqpConnectException(new IllegalStateException("refused")));

        assertThat(deliver(JOB).failure()).isInstanceOf(AmqpConnectException.class);
    }

    @Test
    void a_fault_of_ours_is_tried_three_times_and_then_gives_the_job_back() {
        sql("mail/find-delivery").fails(new IllegalStateException("bad grammar"));

        assertThat(deliver(JOB).failure()).isInstanceOf(IllegalStateException.class);

        assertThat(visited()).containsExactly(FIND, FIND, FIND);
    }

    @Test
    void a_mail_that_was_sent_and_cannot_be_recorded_for_good_is_not_handed_out_again() {
        direct("mail-outcome-record").fails(new IllegalStateException("constraint violated"));

        assertThat(deliver(JOB).failure()).isNull();

        assertThat(visited()).containsExactly(FIND, SEND, RECORD, RECORD, RECORD);
        assertThat(log.lines()).singleElement().asString().contains("Email was sent, but that could not be recorded");
    }

    private void assertDead(String job, Class<? extends Exception> cause) {
        Map<String, Object> variables = direct("mail-dead").variables();
        assertThat(variables.get("job")).isEqualTo(job.getBytes(StandardCharsets.UTF_8));
        assertThat(variables).containsEntry("mail_id", ID).containsEntry("purpose", "verification");
        assertThat(direct("mail-dead").sent().getProperty("CamelExceptionCaught")).isInstanceOf(cause);
    }

    private static Map<String, Object> delivery(String outcome) {
        return Map.of("outcome", outcome, "expires_at", EXPIRES_AT);
    }

    private Answer deliver(String job) {
        return send(exchange -> {
            exchange.getMessage().setBody(job.getBytes(StandardCharsets.UTF_8));
            exchange.getMessage().setHeader("CamelSpringRabbitmqMessageId", ID);
            exchange.getMessage().setHeader("purpose", "verification");
            exchange.getMessage().setHeader("x-death", "…");
            exchange.getMessage().setHeader("To", "eve@example.com");
        });
    }
}
