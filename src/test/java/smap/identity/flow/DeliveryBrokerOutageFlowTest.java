package smap.identity.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.RabbitMqNode;
import smap.identity.support.RequiresRabbitMq;
import smap.identity.support.ScriptedSmtpServer;
import smap.identity.support.SmtpStep;
import smap.identity.support.TcpProxy;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/**
 * A consumer consumes again when a broker that was away is back, whatever else was away with it. Each test has a consumer of its own,
 * because one that stopped delivering a moment ago looks less often whether it can go on.
 */
@RequiresRabbitMq
@WithPostgres
class DeliveryBrokerOutageFlowTest {

    private static final Duration DELIVERY = Duration.ofSeconds(60);

    private static final RabbitMqNode BROKER = RabbitMqNode.find().orElse(null);
    private static ScriptedSmtpServer smtp;
    private static TcpProxy smtpLine;
    private static Deployment deployment;
    private static MailJobs jobs;
    private ApplicationProcess consumer;

    @BeforeAll
    static void start(TestDatabase database) {
        BROKER.start();
        jobs = new MailJobs(BROKER, BROKER.url());
        smtp = ScriptedSmtpServer.plain().start();
        smtpLine = TcpProxy.to(smtp.port());
        deployment = new Deployment(DeliveryBrokerOutageFlowTest.class, database, BROKER.url(), smtp)
                .with("SMTP_PORT", Integer.toString(smtpLine.port()))
                .with("MAIL_RETRY_DELAYS", "1s,2s,3s,5s");
    }

    @AfterAll
    static void stop() {
        smtpLine.close();
        smtp.close();
        BROKER.close();
    }

    @BeforeEach
    void startConsumer() {
        consumer = deployment.consumer();
        deployment.awaitConsumerReady();
    }

    @AfterEach
    void recover() {
        assertThat(consumer.isAlive()).as("the consumer lives through all of it").isTrue();
        consumer.close();
        smtp.behave();
        smtpLine.restore();
        BROKER.start();
    }

    @Test
    void a_broker_that_comes_back_finds_the_consumer_consuming() {
        for (int round = 0; round < 2; round++) {
            BROKER.stop();
            deployment.awaitDown("broker");
            BROKER.start();
            awaitOnce(List.of(publishedTo("back" + round + "@example.com")));
        }
    }

    @Test
    void a_broker_that_was_killed_while_mails_were_on_their_way_finds_the_consumer_consuming_and_no_mail_doubled() {
        CountDownLatch taken = new CountDownLatch(1);
        smtp.on(SmtpStep.END_OF_DATA).after(taken).proceed();
        List<String> recipients = MailJobs.addresses("crash", 30);
        jobs.publishAll(recipients);
        Awaitility.await().atMost(Deployment.MAIL).until(() -> smtp.mostMailsUnderWay() == 16);
        BROKER.kill();
        taken.countDown();
        Awaitility.await().atMost(Deployment.MAIL).until(() -> Deployment.recipientsSoFar(smtp, recipients).size() == 16);

        BROKER.start();
        awaitOnce(recipients);
    }

    @Test
    void a_broker_that_goes_away_while_the_mail_server_is_away_finds_the_consumer_consuming_when_it_is_back() {
        smtpLine.cut();
        String first = publishedTo("first@example.com");
        deployment.awaitDown("smtp");
        BROKER.stop();
        deployment.awaitDown("broker");
        smtpLine.restore();
        Awaitility.await().atMost(Deployment.RECOVERY).until(() -> !deployment.consumerDown().contains("smtp"));
        BROKER.start();
        awaitOnce(List.of(first, publishedTo("second@example.com")));
    }

    @Test
    void a_broker_that_comes_back_before_the_mail_server_finds_the_consumer_consuming_when_that_is_back() {
        smtpLine.cut();
        String third = publishedTo("third@example.com");
        deployment.awaitDown("smtp");
        BROKER.stop();
        deployment.awaitDown("broker");
        BROKER.start();
        Awaitility.await().atMost(Deployment.RECOVERY).until(() -> !deployment.consumerDown().contains("broker"));
        smtpLine.restore();
        awaitOnce(List.of(third, publishedTo("fourth@example.com")));
    }

    private static String publishedTo(String recipient) {
        jobs.publish(recipient);
        return recipient;
    }

    private static void awaitOnce(List<String> recipients) {
        Deployment.awaitOnce(smtp, recipients, DELIVERY);
    }
}
