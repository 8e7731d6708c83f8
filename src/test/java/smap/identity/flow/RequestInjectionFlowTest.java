package smap.identity.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static smap.identity.flow.Deployment.credentials;
import static smap.identity.flow.Deployment.mailTo;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.JsonHttp;
import smap.identity.support.JsonHttp.Answer;
import smap.identity.support.RabbitMqNode;
import smap.identity.support.ReceivedMail;
import smap.identity.support.RequiresRabbitMq;
import smap.identity.support.ScriptedSmtpServer;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/**
 * Nothing a caller adds to a request gets further than the contract: not into a statement, not onto the broker, not into a mail. Camel
 * puts query parameters and request headers among the headers of its message, where its components look for their instructions
 * (CVE-2026-46584 and kin).
 */
@RequiresRabbitMq
@WithPostgres
class RequestInjectionFlowTest {

    private static final String QUERY = "?To=evil@example.com&Cc=evil@example.com&Bcc=evil@example.com&Subject=Evil&From=evil@example.com"
            + "&mail.smtp.socks.host=127.0.0.1&mail.smtp.socks.port=9&email=evil@example.com&now=2000-01-01&otp=000000&job=%7B%7D"
            + "&CamelSqlQuery=DROP%20TABLE%20users&CamelSpringRabbitmqExchangeOverrideName=evil&purpose=evil";

    private static ScriptedSmtpServer smtp;
    private static ApplicationProcess api;
    private static ApplicationProcess consumer;
    private static JsonHttp http;
    private static RabbitMqNode rabbitMq;
    private static String brokerUrl;
    private static TestDatabase database;

    @BeforeAll
    static void start(RabbitMqNode node, TestDatabase shared) {
        rabbitMq = node;
        database = shared;
        smtp = ScriptedSmtpServer.plain().start();
        brokerUrl = node.newVirtualHost();
        Deployment deployment = new Deployment(RequestInjectionFlowTest.class, database, brokerUrl, smtp);
        api = deployment.api();
        consumer = deployment.consumer();
        http = deployment.http()
                .with("To", "evil@example.com")
                .with("Cc", "evil@example.com")
                .with("Subject", "Evil")
                .with("mail.smtp.socks.host", "127.0.0.1")
                .with("mail.smtp.starttls.enable", "false")
                .with("CamelSqlQuery", "DROP TABLE users")
                .with("CamelSqlParameters", "1")
                .with("CamelSpringRabbitmqExchangeOverrideName", "evil")
                .with("CamelSpringRabbitmqRoutingOverrideKey", "evil")
                .with("CamelSpringRabbitmqMessageId", "evil")
                .with("CamelHttpUri", "http://127.0.0.1:9/")
                .with("CamelHttpResponseCode", "299")
                .with("CamelMustacheResourceUri", "file:/etc/passwd")
                .with("purpose", "evil")
                .with("email", "evil@example.com")
                .with("Cookie", "evil=1")
                .with("X-Evil", "evil");
    }

    @AfterAll
    static void stop() {
        api.close();
        consumer.close();
        smtp.close();
    }

    @Test
    void a_caller_adds_nothing_to_the_job_or_the_mail() throws Exception {
        try (Connection connection = rabbitMq.connect(brokerUrl); Channel channel = connection.createChannel()) {
            String copies = channel.queueDeclare().getQueue();
            channel.queueBind(copies, "smtp_send_email_exc", "");

            Answer registered = http.post("/api/v1/authentication/register" + QUERY, credentials("owner@example.com"));
            assertThat(registered.status()).isEqualTo(201);
            assertThat(registered.data().path("email").asText()).isEqualTo("owner@example.com");
            Answer sent = http.post("/api/v1/authentication/send-otp" + QUERY, credentials("owner@example.com"));
            assertThat(sent.status()).isEqualTo(200);
            assertThat(sent.headers()).doesNotContainKeys("To", "X-Evil", "email", "purpose", "Cookie");

            GetResponse job = Awaitility.await().atMost(Deployment.MAIL).until(() -> channel.basicGet(copies, true), Objects::nonNull);
            assertThat(job.getProps().getHeaders()).containsOnlyKeys("purpose", "attempt", "expires_at", "traceparent");
            assertThat(job.getProps().getHeaders().get("purpose")).hasToString("verification");
            assertThat(job.getProps().getMessageId()).matches("[0-9a-f-]{36}");
            assertThat(job.getProps().getContentType()).isEqualTo("application/json");
            assertThat(job.getProps().getDeliveryMode()).as("persistent").isEqualTo(2);
            assertThat(job.getProps().getTimestamp()).isNotNull();
        }
        ReceivedMail mail = mailTo(smtp, "owner@example.com");
        assertThat(mail.recipients()).containsExactly("owner@example.com");
        assertThat(mail.parsed().getSubject()).isEqualTo("Email Verification");
        assertThat(mail.rawText().toLowerCase(Locale.ROOT)).doesNotContain("evil");
    }

    @Test
    void an_administrator_adds_nothing_to_a_replayed_job_or_its_mail() throws Exception {
        assertThat(http.post("/api/v1/authentication/register", credentials("admin@example.com")).status()).isEqualTo(201);
        String id = "7a4c1d2e-0000-4000-8000-000000000009";
        execute("UPDATE users SET role = 'ADMIN', is_active = true WHERE email = 'admin@example.com'");
        execute("INSERT INTO mails (id, purpose, recipient, status, created_at, published_at, updated_at)"
                + " VALUES ('" + id + "', 'notice', 'dead@example.com', 'dead', '2026-11-23Z', '2026-11-23Z', '2026-11-23Z')");
        execute("INSERT INTO dead_letters (id, purpose, recipient, reason, attempts, job, job_bytes, status, created_at, updated_at)"
                + " VALUES ('" + id + "', 'notice', 'dead@example.com', 'permanent', 1, convert_to("
                + "'{\"Subject\":\"Once more\",\"Recipient\":\"dead@example.com\",\"Body\":\"B\"}', 'UTF8'), 1, 'dead',"
                + " '2026-11-23Z', '2026-11-23Z')");
        JsonHttp user = http.as(http.post("/api/v1/authentication/login", credentials("admin@example.com")).data().path("token").asText());

        Answer replayed = user.post("/api/v1/dead-letters/" + id + "/replay" + QUERY + "&caller=evil&id=evil&replay_id=evil", null);

        assertThat(replayed.status()).isEqualTo(200);
        assertThat(replayed.headers()).doesNotContainKeys("purpose", "attempt", "X-Evil", "Subject");
        ReceivedMail mail = mailTo(smtp, "dead@example.com");
        assertThat(mail.recipients()).containsExactly("dead@example.com");
        assertThat(mail.parsed().getSubject()).isEqualTo("Once more");
        assertThat(mail.parsed().getMessageID()).contains(id);
        assertThat(mail.rawText().toLowerCase(Locale.ROOT)).doesNotContain("evil");
    }

    private static void execute(String statement) throws SQLException {
        try (java.sql.Connection connection = database.dataSource().getConnection(); Statement sql = connection.createStatement()) {
            sql.execute(statement);
        }
    }

    @Test
    void a_form_is_not_taken_for_a_request() {
        Answer refused = http.with("Content-Type", "application/x-www-form-urlencoded")
                .post("/api/v1/authentication/register", "email=form@example.com&password=correct+horse");
        assertThat(refused.status()).isEqualTo(415);
        assertThat(http.post("/api/v1/authentication/send-otp", credentials("form@example.com")).errorCode()).isEqualTo(110005);
    }

    @Test
    void a_field_the_contract_does_not_declare_changes_nothing() {
        Answer registered = http.post("/api/v1/authentication/register", Map.of(
                "email", "fields@example.com", "password", "correct horse battery",
                "now", "2000-01-01T00:00:00Z", "password_hash", "x", "caller_id", "x", "role", "ADMIN", "trace_id", "x"));
        assertThat(registered.status()).isEqualTo(201);
        assertThat(registered.data().path("role").asText()).isEqualTo("USER");
        assertThat(registered.data().path("created_at").asText()).doesNotStartWith("2000");
        assertThat(http.post("/api/v1/authentication/login", credentials("fields@example.com")).errorCode())
                .as("the password is the one given, not the hash").isEqualTo(110010);
    }
}
