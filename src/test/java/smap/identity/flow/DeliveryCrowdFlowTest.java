package smap.identity.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.RabbitMqNode;
import smap.identity.support.RequiresRabbitMq;
import smap.identity.support.ScriptedSmtpServer;
import smap.identity.support.SmtpStep;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/** Many mails to a recipient that is refused. The consumer is of this test alone, which need not wait until it has forgotten them. */
@RequiresRabbitMq
@WithPostgres
class DeliveryCrowdFlowTest {

    /** Mails to the recipient that is refused: {@code -Dcrowd.refused=1000} by hand. */
    private static final int REFUSED = Integer.getInteger("crowd.refused", 300);
    private static final String CROWDED = "crowded@example.com";
    private static final List<String> QUEUES = List.of(MailJobs.WORK, MailJobs.BULK, MailJobs.WORK + ".dead",
            MailJobs.WORK + ".retry.1s", MailJobs.WORK + ".retry.2s");
    private static final Duration LIMIT = Duration.ofSeconds(120);

    private final ScriptedSmtpServer smtp = ScriptedSmtpServer.plain().start();

    @Test
    void many_mails_to_a_recipient_that_is_refused_for_now_do_not_slow_the_rest(RabbitMqNode broker, TestDatabase database) {
        String url = broker.newVirtualHost();
        MailJobs jobs = new MailJobs(broker, url);
        Deployment deployment = new Deployment(DeliveryCrowdFlowTest.class, database, url, smtp).with("MAIL_RETRY_DELAYS", "1s,2s");
        try (smtp; ApplicationProcess consumer = deployment.consumer()) {
            // A server as slow as one across a network, so that the figures tell of waiting and not of this machine's processors.
            smtp.on(SmtpStep.END_OF_DATA).delayed(Duration.ofMillis(100)).proceed();
            Duration alone = timeOf(jobs, MailJobs.addresses("alone", 400), 0);
            smtp.on(SmtpStep.RCPT).forRecipient(CROWDED).reply("454 4.2.2 mailbox busy");
            Duration together = timeOf(jobs, MailJobs.addresses("together", 400), REFUSED);

            double ratio = (double) together.toMillis() / alone.toMillis();
            System.out.printf("400 mails alone: %d ms; among %d that are refused: %d ms; ratio %.1f%n",
                    alone.toMillis(), REFUSED, together.toMillis(), ratio);
            assertThat(ratio).isLessThan(5);

            consumer.terminate();
        }
        JdbcTemplate rows = new JdbcTemplate(database.dataSource());
        Awaitility.await("none of the crowd is lost").atMost(LIMIT).until(() -> QUEUES.stream().mapToInt(jobs::waiting).sum()
                + rows.queryForObject("SELECT count(*) FROM dead_letters WHERE recipient = ?", Integer.class, CROWDED) >= REFUSED);
    }

    /** How long until these recipients have their mails, with some mails to one that is refused among them from the first to the last. */
    private Duration timeOf(MailJobs jobs, List<String> recipients, int refused) {
        List<String> mixed = new ArrayList<>();
        int step = refused / recipients.size() + (refused > 0 ? 1 : 0);
        int left = refused;
        for (String recipient : recipients) {
            for (int i = 0; i < step && left > 0; i++, left--) {
                mixed.add(CROWDED);
            }
            mixed.add(recipient);
        }
        Instant start = Instant.now();
        jobs.publishAll(mixed);
        Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(50))
                .until(() -> new TreeSet<>(Deployment.recipientsSoFar(smtp, recipients)).size() == recipients.size());
        return Duration.between(start, Instant.now());
    }
}
