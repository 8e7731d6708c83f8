package smap.identity.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.RabbitMqNode;
import smap.identity.support.ReceivedMail;
import smap.identity.support.RequiresRabbitMq;
import smap.identity.support.ScriptedSmtpServer;
import smap.identity.support.SmtpRule;
import smap.identity.support.SmtpStep;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/**
 * Codes while much else is to be sent, through a mail server that takes its time at each step. How long they took is printed beside how
 * long they take when there is nothing else: {@code -Dlanes.bulk=10000 -Dlanes.refused=1000 -Dlanes.codes=400} by hand.
 */
@RequiresRabbitMq
@WithPostgres
class DeliveryLanesFlowTest {

    private static final int CODES = Integer.getInteger("lanes.codes", 40);
    private static final int BULK = Integer.getInteger("lanes.bulk", 2_000);
    private static final int REFUSED = Integer.getInteger("lanes.refused", 300);
    private static final Duration ANSWER = Duration.ofMillis(Integer.getInteger("lanes.answer.millis", 20));
    private static final Duration INTERVAL = Duration.ofMillis(100);
    private static final Duration LIMIT = Duration.ofSeconds(60 + BULK / 50);
    /** All connections but the last quarter. */
    private static final int BULK_WORKERS = 12;
    private static final String REFUSED_ADDRESS = "refused@example.com";
    /** Where they wait. */
    private static final List<String> REFUSED_IN =
            List.of(MailJobs.WORK, MailJobs.BULK, "smtp_send_email.retry.5s", "smtp_send_email.retry.30s", "smtp_send_email.retry.2m");
    private static final String BULK_ADDRESS = "bulk@example.com";

    private static final AtomicInteger BULK_ACCEPTED = new AtomicInteger();
    private static ScriptedSmtpServer smtp;
    private static MailJobs jobs;
    private static Deployment deployment;
    private static JdbcTemplate rows;
    private static ApplicationProcess api;
    private static ApplicationProcess consumer;
    private static CodeTimes alone;
    private static volatile CodeRequests requests;
    private static int people;

    @BeforeAll
    static void deploy(RabbitMqNode broker, TestDatabase database) throws Exception {
        String url = broker.newVirtualHost();
        jobs = new MailJobs(broker, url);
        rows = new JdbcTemplate(database.dataSource());
        smtp = ScriptedSmtpServer.plain().handingMailsTo(DeliveryLanesFlowTest::received).start();
        deployment = new Deployment(DeliveryLanesFlowTest.class, database, url, smtp);
        CompletableFuture<ApplicationProcess> consumerStart = CompletableFuture.supplyAsync(deployment::consumer);
        api = deployment.api();
        consumer = consumerStart.join();
        deployment.http().post("/api/v1/authentication/register", Deployment.credentials("first@example.com"));
        takeTime();
        ask(CODES / 2, () -> 0).await();
        alone = ask(CODES, () -> 0).await();
    }

    @AfterAll
    static void stop() {
        api.close();
        consumer.close();
        smtp.close();
    }

    @BeforeEach
    void forget() {
        BULK_ACCEPTED.set(0);
    }

    @AfterEach
    void recover() {
        smtp.behave();
        takeTime();
    }

    @Test
    void codes_do_not_wait_for_bulk_mails() throws Exception {
        jobs.publishBulk(Collections.nCopies(BULK, BULK_ADDRESS));
        CodeTimes beside = ask(CODES, BULK_ACCEPTED::get).await();
        int before = BULK_ACCEPTED.get();
        print("beside " + BULK + " bulk mails", beside, before + " bulk mails");

        assertThat(before).as("bulk mails sent before the last code").isLessThan(BULK);
        assertThat(beside.mostOvertaken()).as("bulk mails sent between a request and its mail").isLessThan(BULK / 4);
        int purged = jobs.purge(MailJobs.BULK);
        Awaitility.await("the other bulk mails").atMost(LIMIT).until(() -> BULK_ACCEPTED.get() + purged == BULK);
    }

    @Test
    void codes_arrive_while_no_bulk_mail_gets_through() throws Exception {
        CountDownLatch released = new CountDownLatch(1);
        SmtpRule held = smtp.on(SmtpStep.RCPT).forRecipient(BULK_ADDRESS).after(released).proceed();
        jobs.publishBulk(Collections.nCopies(BULK, BULK_ADDRESS));
        ask(CODES / 2, BULK_ACCEPTED::get).await();
        Awaitility.await().atMost(LIMIT).untilAsserted(() -> assertThat(jobs.waiting(MailJobs.WORK)).isZero());

        assertThat(BULK_ACCEPTED).hasValue(0);
        assertThat(held.matches()).isEqualTo(BULK_WORKERS);
        int purged = jobs.purge(MailJobs.BULK);
        released.countDown();
        Awaitility.await("the other bulk mails").atMost(LIMIT).until(() -> BULK_ACCEPTED.get() + purged == BULK);
    }

    @Test
    void codes_do_not_wait_for_mails_to_a_recipient_that_is_refused() throws Exception {
        SmtpRule refusals = smtp.on(SmtpStep.RCPT).forRecipient(REFUSED_ADDRESS).delayed(ANSWER).reply("454 4.7.1 not now");
        jobs.publishAll(Collections.nCopies(REFUSED, REFUSED_ADDRESS));
        CodeTimes beside = ask(CODES, refusals::matches).await();
        print("beside " + REFUSED + " mails to a recipient that gets 454", beside, refusals.matches() + " refusals");

        assertThat(beside.mostOvertaken()).as("refusals between a request and its mail").isLessThan(REFUSED / 2);
        // What waits for another attempt is nothing to the other tests.
        AtomicInteger purged = new AtomicInteger();
        Awaitility.await("each refused mail in a queue").atMost(LIMIT)
                .until(() -> purged.addAndGet(REFUSED_IN.stream().mapToInt(jobs::purge).sum()) == REFUSED);
    }

    private static void takeTime() {
        List.of(SmtpStep.MAIL, SmtpStep.RCPT, SmtpStep.DATA, SmtpStep.END_OF_DATA, SmtpStep.RSET)
                .forEach(step -> smtp.on(step).delayed(ANSWER).proceed());
    }

    /** Codes for so many people, who registered like the first one. */
    private static CodeRequests ask(int codes, LongSupplier others) throws Exception {
        List<String> emails = MailJobs.addresses("code" + people++ + "-", codes);
        emails.forEach(email -> rows.update("INSERT INTO users (email, password_hash, created_at, updated_at)"
                + " SELECT ?, password_hash, created_at, updated_at FROM users LIMIT 1", email));
        requests = new CodeRequests(deployment.http(), others);
        requests.ask(emails, INTERVAL);
        return requests;
    }

    private static void received(ReceivedMail mail) {
        String recipient = mail.recipients().get(0);
        if (recipient.equals(BULK_ADDRESS)) {
            BULK_ACCEPTED.incrementAndGet();
        } else {
            requests.accepted(recipient);
        }
    }

    private static void print(String what, CodeTimes beside, String others) {
        System.out.println("alone: " + alone + "\n" + what + ": " + beside.beside(alone) + "; overtaken by at most "
                + beside.mostOvertaken() + " of " + others);
    }
}
