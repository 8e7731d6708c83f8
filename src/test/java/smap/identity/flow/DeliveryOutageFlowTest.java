package smap.identity.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.RabbitMqNode;
import smap.identity.support.RequiresRabbitMq;
import smap.identity.support.ScriptedSmtpServer;
import smap.identity.support.SmtpStep;
import smap.identity.support.TcpProxy;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/**
 * A mail server or a database that is away for a while costs the mails that wait nothing but time. Each test has a consumer of its own,
 * because one that stopped delivering a moment ago looks less often whether it can go on.
 */
@RequiresRabbitMq
@WithPostgres
class DeliveryOutageFlowTest {

    /** Mails that wait while the mail server is away: {@code -Doutage.mails=5000} by hand. */
    private static final int WAITING = Integer.getInteger("outage.mails", 500);
    /** How long they wait at least: {@code -Doutage.seconds=600} by hand. */
    private static final Duration AWAY = Duration.ofSeconds(Integer.getInteger("outage.seconds", 2));
    private static final Duration DELIVERY = Duration.ofSeconds(60 + WAITING / 20);

    private static ScriptedSmtpServer smtp;
    private static TcpProxy smtpLine;
    private static TcpProxy databaseLine;
    private static JdbcTemplate rows;
    private static Deployment deployment;
    private static MailJobs jobs;
    private ApplicationProcess consumer;

    @BeforeAll
    static void start(RabbitMqNode broker, TestDatabase database) {
        String url = broker.newVirtualHost();
        jobs = new MailJobs(broker, url);
        smtp = ScriptedSmtpServer.plain().start();
        smtpLine = TcpProxy.to(smtp.port());
        databaseLine = TcpProxy.to(database.port());
        rows = new JdbcTemplate(database.dataSource());
        TestDatabase behindLine = new TestDatabase(
                database.host(), databaseLine.port(), database.name(), database.user(), database.password());
        deployment = new Deployment(DeliveryOutageFlowTest.class, behindLine, url, smtp)
                .with("SMTP_PORT", Integer.toString(smtpLine.port()))
                .with("MAIL_RETRY_DELAYS", "1s,2s,3s,5s");
    }

    @AfterAll
    static void stop() {
        smtpLine.close();
        databaseLine.close();
        smtp.close();
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
        databaseLine.restore();
    }

    @Test
    void mails_that_wait_for_the_mail_server_spend_no_attempt_and_all_arrive_once_when_it_is_back() {
        List<String> recipients = MailJobs.addresses("patient", WAITING);
        List<String> ids = recipients.stream().map(recipient -> UUID.randomUUID().toString()).toList();
        ids.forEach(id -> insertMail(id, OffsetDateTime.now(ZoneOffset.UTC).plusHours(1)));
        smtpLine.cut();
        jobs.publish(ids, recipients);

        deployment.awaitDown("smtp");
        // All of them are back in the queue, and stay there, with nothing counted.
        Awaitility.await().atMost(Deployment.RECOVERY.plus(AWAY)).during(AWAY).until(() -> jobs.waiting(MailJobs.WORK) == WAITING);
        assertThat(values("attempts", ids)).containsExactly("0");
        assertThat(values("status", ids)).containsExactly("published");
        assertThat(attemptsOf(ids)).isZero();

        smtpLine.restore();
        awaitOnce(recipients);
        awaitStatus(ids, "sent");
        assertThat(values("attempts", ids)).containsExactly("1");
        assertThat(attemptsOf(ids)).isEqualTo(WAITING);
        deployment.awaitConsumerReady();
    }

    @Test
    void a_code_that_dies_while_the_mail_server_is_away_is_not_sent() {
        String expired = UUID.randomUUID().toString();
        String valid = UUID.randomUUID().toString();
        OffsetDateTime death = OffsetDateTime.now(ZoneOffset.UTC).plusSeconds(3);
        insertMail(expired, death);
        insertMail(valid, death.plusHours(1));
        smtpLine.cut();
        jobs.publish(List.of(expired, valid), List.of("expired@example.com", "valid@example.com"));
        deployment.awaitDown("smtp");
        Awaitility.await().atMost(Deployment.RECOVERY).until(() -> OffsetDateTime.now(ZoneOffset.UTC).isAfter(death));

        smtpLine.restore();
        awaitOnce(List.of("valid@example.com"));
        awaitStatus(List.of(expired), "expired");
        assertThat(Deployment.mailsTo(smtp, "expired@example.com")).isEmpty();
    }

    @Test
    void mails_that_wait_for_the_database_arrive_once_when_it_is_back() {
        databaseLine.cut();
        List<String> recipients = MailJobs.addresses("rowless", 100);
        List<String> ids = jobs.publishAll(recipients);
        deployment.awaitDown("database");
        assertThat(smtp.mails()).noneMatch(mail -> mail.recipients().get(0).startsWith("rowless"));

        databaseLine.restore();
        awaitOnce(recipients);
        awaitStatus(ids, "sent");
    }

    @Test
    void mails_on_their_way_when_the_database_goes_away_are_not_sent_again() {
        CountDownLatch taken = new CountDownLatch(1);
        smtp.on(SmtpStep.END_OF_DATA).after(taken).proceed();
        List<String> recipients = MailJobs.addresses("halfway", 10);
        int before = smtp.commands("DATA").size();
        List<String> ids = jobs.publishAll(recipients);
        Awaitility.await().atMost(Deployment.MAIL).until(() -> smtp.commands("DATA").size() >= before + recipients.size());
        databaseLine.cut();
        taken.countDown();
        awaitOnce(recipients);

        databaseLine.restore();
        awaitStatus(ids, "sent");
        awaitOnce(recipients);
    }

    @Test
    void a_database_that_falls_silent_and_speaks_again_costs_no_mail_and_doubles_none() {
        databaseLine.stall();
        List<String> recipients = MailJobs.addresses("silent", 50);
        List<String> ids = jobs.publishAll(recipients);
        deployment.awaitDown("database");

        databaseLine.restore();
        awaitOnce(recipients);
        awaitStatus(ids, "sent");
    }

    /** A row as the API leaves it once the broker has the job. */
    private static void insertMail(String id, OffsetDateTime expiresAt) {
        rows.update("""
                INSERT INTO mails (id, purpose, recipient, status, created_at, expires_at, published_at, updated_at)
                VALUES (CAST(? AS uuid), 'verification', 'someone@example.com', 'published', now(), ?, now(), now())
                """, id, expiresAt);
    }

    private static int attemptsOf(List<String> ids) {
        return rows.queryForObject("SELECT count(*) FROM mail_attempts WHERE mail_id = ANY (CAST(? AS uuid[]))", Integer.class, array(ids));
    }

    /** The different values of a column in the rows of these mails. */
    private static List<String> values(String column, List<String> ids) {
        return rows.queryForList("SELECT DISTINCT " + column + "::text FROM mails WHERE id = ANY (CAST(? AS uuid[]))", String.class,
                array(ids));
    }

    private static String array(List<String> ids) {
        return "{" + String.join(",", ids) + "}";
    }

    private static void awaitStatus(List<String> ids, String status) {
        Awaitility.await("status " + status).atMost(Deployment.RECOVERY).untilAsserted(() -> {
            assertThat(rows.queryForObject("SELECT count(*) FROM mails WHERE id = ANY (CAST(? AS uuid[]))", Integer.class, array(ids)))
                    .isEqualTo(ids.size());
            assertThat(values("status", ids)).containsExactly(status);
        });
    }

    /** Each of them has got its mail, and none a second one while nothing more waits. */
    private static void awaitOnce(List<String> recipients) {
        Deployment.awaitOnce(smtp, recipients, DELIVERY);
    }
}
