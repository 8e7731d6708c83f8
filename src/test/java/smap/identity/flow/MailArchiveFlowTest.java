package smap.identity.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static smap.identity.flow.Deployment.code;
import static smap.identity.flow.Deployment.credentials;
import static smap.identity.flow.Deployment.mailTo;
import static smap.identity.flow.Deployment.mailsTo;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.AMQP.Queue.DeclareOk;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.JsonHttp;
import smap.identity.support.PostgresServer;
import smap.identity.support.RabbitMqNode;
import smap.identity.support.RequiresRabbitMq;
import smap.identity.support.ScriptedSmtpServer;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/** The backup of mail jobs on a real RabbitMQ: what a consumer makes of {@code email_backup}, and that it leaves it alone otherwise. */
@RequiresRabbitMq
@WithPostgres
class MailArchiveFlowTest {

    private static final String EXCHANGE = "smtp_send_email_exc";
    private static final String BACKUP = "email_backup";

    private final ScriptedSmtpServer smtp = ScriptedSmtpServer.plain().start();
    private RabbitMqNode rabbitMq;
    private String brokerUrl;
    private JdbcTemplate database;
    private Deployment deployment;

    @BeforeEach
    void deploy(RabbitMqNode node, PostgresServer server) {
        rabbitMq = node;
        brokerUrl = node.newVirtualHost();
        TestDatabase own = server.newDatabase();
        database = new JdbcTemplate(own.dataSource());
        deployment = new Deployment(MailArchiveFlowTest.class, own, brokerUrl, smtp);
    }

    @AfterEach
    void stop() {
        smtp.close();
    }

    @Test
    void each_job_is_archived_once_and_no_code_with_it() throws Exception {
        deployment.with("MAIL_BACKUP_ENABLED", "true");
        try (ApplicationProcess consumer = deployment.consumer(); ApplicationProcess api = deployment.api()) {
            String job = job("twice@example.com");
            UUID twice = queue(job);
            mailTo(smtp, "twice@example.com");
            awaitArchived(1);
            relayAgain(twice, job);
            consumer.awaitLine("Email was sent before", Deployment.MAIL);

            JsonHttp http = deployment.http();
            assertThat(http.post("/api/v1/authentication/register", credentials("code@example.com")).status()).isEqualTo(201);
            assertThat(http.post("/api/v1/authentication/send-otp", credentials("code@example.com")).status()).isEqualTo(200);
            String code = code(mailTo(smtp, "code@example.com"));
            publish("no JSON".getBytes(StandardCharsets.UTF_8));

            awaitArchived(3);
            Awaitility.await().atMost(Deployment.MAIL).until(() -> backup().getMessageCount() == 0);
            assertThat(archive()).containsExactlyInAnyOrder(
                    "notice,twice@example.com,Hi," + job,
                    "verification,code@example.com,NULL,NULL",
                    "other,NULL,NULL,no JSON");
            assertThat(database.queryForObject("SELECT id FROM mail_archive WHERE purpose = 'notice'", UUID.class)).isEqualTo(twice);
            assertThat(String.join("\n", archive())).doesNotContain(code);
            assertThat(mailsTo(smtp, "twice@example.com")).hasSize(1);
            assertThat(api.isAlive()).isTrue();
        }
    }

    @Test
    void without_the_setting_nobody_takes_from_a_queue_of_that_name() throws Exception {
        try (Connection connection = rabbitMq.connect(brokerUrl); Channel channel = connection.createChannel()) {
            channel.exchangeDeclare(EXCHANGE, "fanout", true);
            channel.queueDeclare(BACKUP, true, false, false, null);
            channel.queueBind(BACKUP, EXCHANGE, "");
        }
        try (ApplicationProcess consumer = deployment.consumer()) {
            publish(job("other@example.com").getBytes(StandardCharsets.UTF_8));
            mailTo(smtp, "other@example.com");

            assertThat(backup().getConsumerCount()).isZero();
            assertThat(backup().getMessageCount()).isEqualTo(1);
            assertThat(archive()).isEmpty();
            assertThat(consumer.isAlive()).isTrue();
        }
    }

    /** A job as a request leaves it; the relay publishes it. */
    private UUID queue(String job) {
        UUID id = UUID.randomUUID();
        database.update("""
                INSERT INTO mails (id, purpose, recipient, job, status, created_at, relay_at, updated_at)
                VALUES (?, 'notice', 'twice@example.com', CAST(? AS json), 'queued', now(), now(), now())""", id, job);
        return id;
    }

    /** As if the broker's confirm had been lost. */
    private void relayAgain(UUID id, String job) {
        database.update("UPDATE mails SET published_at = NULL, job = CAST(? AS json), relay_at = now() WHERE id = ?", job, id);
    }

    private void awaitArchived(int count) {
        Awaitility.await().atMost(Deployment.MAIL).until(() -> archive().size() == count);
    }

    private List<String> archive() {
        return database.queryForList("""
                SELECT concat_ws(',', purpose, coalesce(recipient, 'NULL'), coalesce(subject, 'NULL'),
                                 coalesce(convert_from(job, 'UTF8'), 'NULL'))
                FROM mail_archive""", String.class);
    }

    private static String job(String recipient) {
        return "{\"subject\":\"Hi\",\"recipient\":\"" + recipient + "\",\"body\":\"<p>Hi</p>\"}";
    }

    private void publish(byte[] body) throws Exception {
        try (Connection connection = rabbitMq.connect(brokerUrl); Channel channel = connection.createChannel()) {
            channel.confirmSelect();
            channel.basicPublish(EXCHANGE, "", new BasicProperties(), body);
            channel.waitForConfirmsOrDie(5_000);
        }
    }

    private DeclareOk backup() throws Exception {
        try (Connection connection = rabbitMq.connect(brokerUrl); Channel channel = connection.createChannel()) {
            return channel.queueDeclarePassive(BACKUP);
        }
    }
}
