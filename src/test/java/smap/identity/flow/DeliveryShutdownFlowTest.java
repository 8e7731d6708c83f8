package smap.identity.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.ToIntFunction;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.RabbitMqNode;
import smap.identity.support.ReceivedMail;
import smap.identity.support.RequiresRabbitMq;
import smap.identity.support.ScriptedSmtpServer;
import smap.identity.support.SmtpCommand;
import smap.identity.support.SmtpStep;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/** A consumer that is asked to end finishes the mails under way, hands back the rest and takes its leave of the mail server. */
@RequiresRabbitMq
@WithPostgres
class DeliveryShutdownFlowTest {

    private static final int WORKERS = 16;
    private static final int MAILS = 60;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final ScriptedSmtpServer smtp = ScriptedSmtpServer.plain().start();
    private MailJobs jobs;
    private Deployment deployment;

    @BeforeEach
    void deploy(RabbitMqNode broker, TestDatabase database) {
        String url = broker.newVirtualHost();
        jobs = new MailJobs(broker, url);
        deployment = new Deployment(DeliveryShutdownFlowTest.class, database, url, smtp);
    }

    @AfterEach
    void stop() {
        smtp.close();
    }

    @Test
    void sigterm_lets_the_mails_under_way_arrive_and_hands_back_the_rest() {
        endsInOrder(ApplicationProcess::terminate);
    }

    @Test
    void sigint_does_the_same() {
        endsInOrder(ApplicationProcess::interrupt);
    }

    private void endsInOrder(ToIntFunction<ApplicationProcess> end) {
        CountDownLatch taken = new CountDownLatch(1);
        smtp.on(SmtpStep.END_OF_DATA).after(taken).proceed();
        List<String> recipients = MailJobs.addresses("mail", MAILS);
        try (ApplicationProcess consumer = deployment.consumer()) {
            jobs.publishAll(recipients);
            Awaitility.await().atMost(LIMIT).until(() -> smtp.mostMailsUnderWay() == WORKERS);

            CompletableFuture<Integer> exit = CompletableFuture.supplyAsync(() -> end.applyAsInt(consumer));
            Awaitility.await("nothing more is taken").atMost(LIMIT).until(() -> jobs.consumers(MailJobs.WORK) == 0);
            taken.countDown();
            assertThat(exit.join()).isZero();
        }
        assertThat(smtp.mails()).hasSize(WORKERS);
        assertThat(smtp.commands("QUIT")).extracting(SmtpCommand::connection).as("connections that were taken leave of")
                .hasSize(smtp.connections()).doesNotHaveDuplicates();
        Awaitility.await().atMost(LIMIT).untilAsserted(() -> assertThat(jobs.waiting(MailJobs.WORK)).isEqualTo(MAILS - WORKERS));

        try (ApplicationProcess successor = deployment.consumer()) {
            Awaitility.await().atMost(LIMIT).untilAsserted(() -> assertThat(recipientsSoFar()).hasSize(MAILS));
            assertThat(new TreeSet<>(recipientsSoFar())).containsExactlyInAnyOrderElementsOf(recipients);
            assertThat(successor.isAlive()).isTrue();
        }
    }

    private List<String> recipientsSoFar() {
        return smtp.mails().stream().map(ReceivedMail::recipients).map(all -> all.get(0)).toList();
    }
}
