package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.internet.InternetAddress;
import java.net.ConnectException;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.component.springrabbit.SpringRabbitMQEndpoint;
import org.apache.camel.spi.Registry;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.amqp.AmqpConnectException;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.dao.RecoverableDataAccessException;
import org.springframework.retry.interceptor.RetryOperationsInterceptor;
import smap.identity.broker.DeliveryStoppedException;
import smap.identity.broker.GiveBack;
import smap.identity.mail.DeliveryLog;
import smap.identity.mail.DeliveryOutage;
import smap.identity.mail.FailureSorter;
import smap.identity.mail.MailFailures;
import smap.identity.mail.QuickRedelivery;
import smap.identity.mail.SmtpPhase;
import smap.identity.mail.UnreadableJobException;

/** A job is acknowledged when the route ends without a failure, and goes back to its queue when it ends with one. */
class MailDeliverRouteTest extends RouteTestSupport {

    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";
    private static final String TAKE = "direct:mail-take";
    private static final String ATTEMPT = "direct:mail-attempt";
    private static final String RETRY = "direct:mail-retry";
    private static final String DEAD = "direct:mail-dead";
    private static final String POSTPONE = "direct:mail-postpone";

    private final RetryOperationsInterceptor giveBack = GiveBack.interceptor(1);
    private final Followers followers = new Followers();
    private final DeliveryOutage outage = new DeliveryOutage(CLOCK, "consumer");

    MailDeliverRouteTest() {
        super("consumer/mail-deliver");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("mail.workers", "3");
    }

    @Override
    void bind(Registry beans) {
        bindFailureHandling(beans, outage);
        beans.bind("giveBack", giveBack);
        beans.bind("bulkFollowers", followers);
    }

    /** What stands behind the job, which no broker hands out here. */
    public static final class Followers {

        private int moves;

        public void move() {
            moves++;
        }
    }

    /** What the configuration mail-delivery asks. */
    static void bindFailureHandling(Registry beans, DeliveryOutage outage) {
        beans.bind("deliveryLog", new DeliveryLog("masked"));
        beans.bind("failureSorter", new FailureSorter());
        beans.bind("quickRedelivery", new QuickRedelivery(2, 3));
        beans.bind("deliveryOutage", outage);
    }

    @BeforeEach
    void the_job_is_one_of_ours() {
        direct("mail-take").does(exchange -> {
            exchange.setVariable("mail_id", ID);
            exchange.setVariable("purpose", "verification");
        });
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
        assertThat(queue.getPrefetchCount()).isEqualTo(2);
    }

    @Test
    void a_job_is_taken_and_attempted() {
        assertThat(deliver().failure()).isNull();

        assertThat(visited()).containsExactly(TAKE, ATTEMPT);
        assertThat(followers.moves).isZero();
    }

    @Test
    void a_bulk_mail_moves_to_its_own_queue_at_once_and_those_behind_it_follow() {
        direct("mail-take").sets("purpose", "bulk");

        assertThat(deliver().failure()).isNull();

        assertThat(visited()).containsExactly(TAKE, "direct:mail-move");
        assertThat(direct("mail-move").variables()).containsEntry("next_queue", "smtp_send_email.bulk");
        assertThat(followers.moves).isEqualTo(1);
    }

    @Test
    void a_bulk_mail_that_cannot_be_moved_goes_back_and_nobody_follows() {
        direct("mail-take").sets("purpose", "bulk");
        direct("mail-move").fails(new AmqpConnectException(new ConnectException("refused")));

        assertThat(deliver().failure()).isInstanceOf(AmqpConnectException.class);

        assertThat(followers.moves).isZero();
    }

    @Test
    void a_job_that_cannot_be_read_goes_to_the_dead_letters_at_once() {
        direct("mail-attempt").fails(MailFailures.unreadable());

        assertThat(deliver().failure()).isNull();

        assertThat(visited()).containsExactly(TAKE, ATTEMPT, DEAD);
        assertDead("unreadable", UnreadableJobException.class);
    }

    @Test
    void a_refusal_for_good_is_tried_once_and_goes_to_the_dead_letters() throws Exception {
        MessagingException refusal = refused("550 5.1.1 no such user", 550);
        // the pool marks what it throws so, and Camel would hand a bean the mark in place of the exception
        refusal.addSuppressed(new Exception("phase RCPT"));
        direct("mail-attempt").fails(refusal);

        assertThat(deliver().failure()).isNull();

        assertThat(visited()).containsExactly(TAKE, ATTEMPT, DEAD);
        assertDead("permanent", SendFailedException.class);
    }

    @Test
    void a_refusal_for_now_is_tried_twice_more_and_then_waits_for_its_next_attempt() throws Exception {
        direct("mail-attempt").fails(refused("451 later", 451));

        assertThat(deliver().failure()).isNull();

        assertThat(visited()).containsExactly(TAKE, ATTEMPT, ATTEMPT, ATTEMPT, RETRY);
        assertThat(direct("mail-retry").variables()).containsEntry("outcome", "retry").containsEntry("reason", "exhausted");
    }

    @Test
    void a_refusal_that_passes_is_forgotten() throws Exception {
        direct("mail-attempt").failsTimes(2, refused("451 later", 451));

        assertThat(deliver().failure()).isNull();

        assertThat(visited()).containsExactly(TAKE, ATTEMPT, ATTEMPT, ATTEMPT);
    }

    @Test
    void a_mail_that_may_have_been_taken_is_not_simply_tried_again() {
        direct("mail-attempt").fails(MailFailures.in(SmtpPhase.END_OF_DATA, "[EOF]"));

        assertThat(deliver().failure()).isNull();

        assertThat(visited()).containsExactly(TAKE, ATTEMPT, "direct:mail-unknown");
    }

    @Test
    void a_fault_of_the_account_stops_delivery_and_gives_the_job_back_without_an_attempt() {
        direct("mail-attempt").fails(new AuthenticationFailedException("535 no"));

        assertThat(deliver().failure()).isInstanceOf(DeliveryStoppedException.class);

        assertThat(visited()).containsExactly(TAKE, ATTEMPT);
        assertThat(outage.isStopped()).isTrue();
        assertThat(log.lines()).filteredOn(line -> line.contains("Delivery stopped")).singleElement().asString()
                .startsWith("WARN Delivery stopped reason=smtp");
    }

    @Test
    void without_a_free_connection_the_job_waits_without_an_attempt() {
        direct("mail-attempt").fails(MailFailures.noFreeConnection());

        assertThat(deliver().failure()).isNull();

        assertThat(visited()).containsExactly(TAKE, ATTEMPT, POSTPONE);
        assertThat(outage.isStopped()).isFalse();
    }

    @Test
    void a_job_that_another_worker_has_in_hand_waits_without_an_attempt() {
        direct("mail-attempt").fails(MailFailures.underWay());

        assertThat(deliver().failure()).isNull();

        assertThat(visited()).containsExactly(TAKE, ATTEMPT, POSTPONE);
        assertThat(direct("mail-postpone").variables()).doesNotContainKey("settled");
        assertThat(outage.isStopped()).isFalse();
    }

    /** What Spring makes of a database that is away, and {@code MailClaims} throws, by where it went away. */
    static Stream<Exception> databaseAwayInAnyWay() {
        return Stream.of(databaseAway(), new DataAccessResourceFailureException("connection reset"),
                new QueryTimeoutException("cancelled"), new RecoverableDataAccessException("in recovery"));
    }

    @ParameterizedTest
    @MethodSource("databaseAwayInAnyWay")
    void a_database_that_is_away_stops_delivery_and_gives_the_job_back(Exception away) {
        direct("mail-attempt").fails(away);

        assertThat(deliver().failure()).isInstanceOf(DeliveryStoppedException.class);

        assertThat(visited()).containsExactly(TAKE, ATTEMPT);
        assertThat(outage.isStopped()).isTrue();
    }

    @ParameterizedTest
    @MethodSource("databaseAwayInAnyWay")
    void a_mail_that_was_sent_while_the_database_went_away_is_remembered_at_the_broker_and_not_sent_again(Exception away) {
        direct("mail-attempt").does(exchange -> {
            exchange.setVariable("outcome", "sent");
            throw away;
        });

        assertThat(deliver().failure()).isNull();

        assertThat(visited()).containsExactly(TAKE, ATTEMPT, POSTPONE);
        assertThat(direct("mail-postpone").variables()).containsEntry("settled", "sent");
    }

    @Test
    void a_mail_that_was_sent_and_cannot_be_recorded_for_good_is_not_handed_out_again() {
        direct("mail-attempt").does(exchange -> {
            exchange.setVariable("outcome", "sent");
            throw new IllegalStateException("constraint violated");
        });

        assertThat(deliver().failure()).isNull();

        assertThat(visited()).containsExactly(TAKE, ATTEMPT);
        assertThat(log.lines()).singleElement().asString().contains("Email was sent, but that could not be recorded");
    }

    @Test
    void a_job_that_is_not_taken_goes_back() {
        direct("mail-take").fails(new DeliveryStoppedException("smtp"));

        assertThat(deliver().failure()).isInstanceOf(DeliveryStoppedException.class);

        assertThat(visited()).containsExactly(TAKE);
    }

    @Test
    void a_copy_the_broker_did_not_take_gives_the_job_back() {
        direct("mail-attempt").fails(new AmqpConnectException(new IllegalStateException("refused")));

        assertThat(deliver().failure()).isInstanceOf(AmqpConnectException.class);

        assertThat(visited()).containsExactly(TAKE, ATTEMPT);
    }

    @Test
    void dead_letters_that_cannot_be_written_give_the_job_back() throws Exception {
        direct("mail-attempt").fails(refused("550 no such user", 550));
        direct("mail-dead").fails(new AmqpConnectException(new IllegalStateException("refused")));

        assertThat(deliver().failure()).isInstanceOf(AmqpConnectException.class);
    }

    @Test
    void a_fault_of_ours_neither_loops_nor_loses_the_mail() {
        direct("mail-attempt").fails(new IllegalStateException("bad grammar"));

        assertThat(deliver().failure()).isNull();

        assertThat(visited()).containsExactly(TAKE, ATTEMPT, RETRY);
        assertThat(direct("mail-retry").variables()).containsEntry("reason", "exhausted");
    }

    private void assertDead(String reason, Class<? extends Exception> cause) {
        assertThat(direct("mail-dead").variables()).containsEntry("reason", reason).containsEntry("mail_id", ID);
        assertThat(direct("mail-dead").sent().getProperty("CamelExceptionCaught")).isInstanceOf(cause);
    }

    private static MessagingException refused(String reply, int code) throws Exception {
        return new SendFailedException("Invalid Addresses", new SMTPAddressFailedException(
                new InternetAddress("ann@example.com"), "RCPT TO:<ann@example.com>", code, reply));
    }

    private Answer deliver() {
        return send(exchange -> exchange.getMessage().setBody(new byte[] {1}));
    }
}
