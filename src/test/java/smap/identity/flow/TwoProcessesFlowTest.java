package smap.identity.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static smap.identity.flow.Deployment.code;
import static smap.identity.flow.Deployment.credentials;
import static smap.identity.flow.Deployment.mailTo;
import static smap.identity.flow.Deployment.mailsTo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import jakarta.mail.Message.RecipientType;
import jakarta.mail.Part;
import jakarta.mail.internet.MimeMessage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.JsonHttp;
import smap.identity.support.JsonHttp.Answer;
import smap.identity.support.LocalhostCertificate;
import smap.identity.support.RabbitMqNode;
import smap.identity.support.ReceivedMail;
import smap.identity.support.RequiresRabbitMq;
import smap.identity.support.ScriptedSmtpServer;
import smap.identity.support.SmtpStep;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/** API and consumer as two processes on a real RabbitMQ and PostgreSQL, and an SMTP server that asks for STARTTLS and a login. */
@RequiresRabbitMq
@WithPostgres
class TwoProcessesFlowTest {

    private static final int PEOPLE = 200;

    private static RabbitMqNode rabbitMq;
    private static ScriptedSmtpServer smtp;
    private static String brokerUrl;
    private static Deployment deployment;
    private static ApplicationProcess api;
    private static ApplicationProcess consumer;
    private static JsonHttp http;
    private static TestDatabase database;

    @BeforeAll
    static void start(RabbitMqNode node, TestDatabase database, @TempDir Path directory) throws Exception {
        rabbitMq = node;
        LocalhostCertificate certificate = LocalhostCertificate.create();
        Path trust = Files.writeString(directory.resolve("trust.pem"), certificate.pem());
        smtp = ScriptedSmtpServer.plain().startTls(certificate).account("mailer", "p#ss, \"word\"").start();
        brokerUrl = rabbitMq.newVirtualHost();
        TwoProcessesFlowTest.database = database;
        deployment = new Deployment(TwoProcessesFlowTest.class, database, brokerUrl, smtp)
                .with("SMTP_TLS", "required")
                .with("SMTP_TLS_TRUST", trust.toString())
                .with("SMTP_USERNAME", "mailer")
                .with("SMTP_PASSWORD", "p#ss, \"word\"")
                .with("MAIL_RETRY_DELAYS", "300ms,600ms")
                .with("RATE_LIMITS", "off");
        api = deployment.api();
        consumer = deployment.consumer();
        http = deployment.http();
    }

    @AfterAll
    static void stop() {
        api.close();
        consumer.close();
        smtp.close();
    }

    @BeforeEach
    void behave() {
        smtp.behave();
    }

    @Test
    void a_person_registers_proves_the_address_by_mail_and_logs_in() {
        String email = "Person.One@example.com";
        Answer registered = http.post("/api/v1/authentication/register", Map.of(
                "email", email, "password", "correct horse battery", "full_name", "Nguyễn <b>A</b>"));
        assertThat(registered.status()).isEqualTo(201);

        assertThat(http.with("lang", "vi").post("/api/v1/authentication/send-otp", credentials(email)).status()).isEqualTo(200);
        ReceivedMail mail = mailTo(smtp, email);
        assertThat(mail.tls()).isTrue();
        assertThat(mail.user()).isEqualTo("mailer");
        assertThat(MailParts.text(mail.parsed())).contains("Xin chào Nguyễn <b>A</b>", "trong 5 phút");
        assertThat(MailParts.html(mail.parsed())).contains("Nguyễn &lt;b&gt;A&lt;/b&gt;").contains(code(mail));

        String asTyped = email.toLowerCase(Locale.ROOT);
        Answer verified = http.post("/api/v1/authentication/verify-otp", Map.of("email", asTyped, "otp", code(mail)));
        assertThat(verified.status()).isEqualTo(200);
        assertThat(verified.data().path("is_active").asBoolean()).isTrue();

        Answer login = http.post("/api/v1/authentication/login", credentials(asTyped));
        assertThat(login.status()).isEqualTo(200);
        assertThat(login.data().path("token_type").asText()).isEqualTo("Bearer");
        Answer me = http.as(login.data().path("token").asText()).get("/api/v1/authentication/me");
        assertThat(me.data()).isEqualTo(verified.data());
    }

    @Test
    void two_hundred_people_at_once_get_one_mail_each() throws Exception {
        ExecutorService crowd = Executors.newFixedThreadPool(40);
        try {
            List<Future<Integer>> answers = IntStream.range(0, PEOPLE)
                    .mapToObj(i -> crowd.submit(() -> {
                        Map<String, String> person = credentials("crowd" + i + "@example.com");
                        Answer answer = persist(person, "/api/v1/authentication/register");
                        return answer.status() == 201 ? persist(person, "/api/v1/authentication/send-otp").status() : answer.status();
                    }))
                    .toList();
            for (Future<Integer> answer : answers) {
                assertThat(answer.get()).isEqualTo(200);
            }
        } finally {
            crowd.shutdownNow();
        }
        Awaitility.await().atMost(Deployment.MAIL).untilAsserted(() -> assertThat(crowdRecipients()).hasSize(PEOPLE));
        assertThat(new TreeSet<>(crowdRecipients())).hasSize(PEOPLE);
    }

    /** Hashing has a short queue by design; who is told to come back does. */
    private static Answer persist(Map<String, String> body, String path) {
        return Awaitility.await().atMost(Deployment.START).until(() -> http.post(path, body), answer -> answer.status() != 503);
    }

    private static List<String> crowdRecipients() {
        return smtp.mails().stream().flatMap(mail -> mail.recipients().stream()).filter(to -> to.startsWith("crowd")).toList();
    }

    @Test
    void a_job_of_the_old_services_arrives_whole() throws Exception {
        byte[] document = new byte[4_000];
        new Random(7).nextBytes(document);
        String job = new ObjectMapper().writeValueAsString(Map.of(
                "Subject", "Hóa đơn tháng 11",
                "Recipient", "old@example.com",
                "Body", "<p>Xin chào</p>",
                "ReplyTo", "support@smap.com",
                "CcAddresses", List.of("copy@smap.com"),
                "Attachments", List.of(Map.of(
                        "Filename", "hóa đơn.pdf",
                        "ContentType", "application/pdf",
                        "Data", Base64.getEncoder().encodeToString(document)))));
        publish(job.getBytes(StandardCharsets.UTF_8), new BasicProperties.Builder().contentType("text/plain").build());

        ReceivedMail received = mailTo(smtp, "old@example.com");
        assertThat(received.recipients()).containsExactlyInAnyOrder("old@example.com", "copy@smap.com");
        MimeMessage mail = received.parsed();
        assertThat(mail.getSubject()).isEqualTo("Hóa đơn tháng 11");
        assertThat(mail.getReplyTo()).extracting(Object::toString).containsExactly("support@smap.com");
        assertThat(mail.getRecipients(RecipientType.CC)).extracting(Object::toString).containsExactly("copy@smap.com");
        assertThat(MailParts.html(mail)).isEqualTo("<p>Xin chào</p>");
        List<Part> attachments = MailParts.attachments(mail);
        assertThat(attachments).hasSize(1);
        assertThat(attachments.get(0).getFileName()).isEqualTo("hóa đơn.pdf");
        assertThat(attachments.get(0).isMimeType("application/pdf")).isTrue();
        assertThat(attachments.get(0).getInputStream().readAllBytes()).isEqualTo(document);
    }

    @Test
    void sixteen_mails_are_under_way_at_once_when_the_server_is_slow() throws Exception {
        CountDownLatch released = new CountDownLatch(1);
        smtp.on(SmtpStep.END_OF_DATA).after(released).proceed();
        Set<String> addresses = IntStream.range(0, 40).mapToObj(i -> "slow" + i + "@example.com").collect(Collectors.toSet());
        for (String address : addresses) {
            publish(job(address), new BasicProperties());
        }
        Awaitility.await().atMost(Deployment.MAIL).untilAsserted(() -> assertThat(smtp.mostMailsUnderWay()).isEqualTo(16));
        released.countDown();
        addresses.forEach(address -> mailTo(smtp, address));
        assertThat(smtp.mostMailsUnderWay()).isEqualTo(16);
    }

    @Test
    void an_unreadable_job_goes_to_the_dead_letters_at_once_and_the_next_is_delivered() throws Exception {
        String id = publish("no JSON".getBytes(StandardCharsets.UTF_8));
        publish(job("after@example.com"));

        mailTo(smtp, "after@example.com");
        assertThat(dead(id)).isEqualTo("unreadable 0 no JSON");
    }

    @Test
    void a_mail_the_server_will_never_take_is_tried_once_and_goes_to_the_dead_letters() throws Exception {
        var refusals = smtp.on(SmtpStep.RCPT).forRecipient("nobody@example.com").reply("550 5.1.1 no such user");
        String id = publish(job("nobody@example.com"));

        assertThat(dead(id)).startsWith("permanent 1 ").contains("nobody@example.com");
        assertThat(refusals.matches()).isEqualTo(1);
        assertThat(mailsTo(smtp, "nobody@example.com")).isEmpty();
    }

    @Test
    void a_mail_the_server_may_take_later_is_tried_three_times_in_each_attempt_before_it_goes_to_the_dead_letters() throws Exception {
        var refusals = smtp.on(SmtpStep.RCPT).forRecipient("full@example.com").reply("452 4.2.2 mailbox full");
        String id = publish(job("full@example.com"));

        assertThat(dead(id)).startsWith("exhausted 3 ").contains("full@example.com");
        assertThat(refusals.matches()).isEqualTo(9);
        assertThat(database.text("SELECT string_agg(outcome || ' ' || tries || ' ' || phase || ' ' || reply, ',' ORDER BY id)"
                + " FROM mail_attempts WHERE mail_id = '" + id + "'"))
                .isEqualTo(String.join(",", Collections.nCopies(3, "temporary 3 RCPT 452 4.2.2 mailbox full")));
        assertThat(mailsTo(smtp, "full@example.com")).isEmpty();
    }

    @Test
    void a_mail_the_server_takes_later_is_sent_then() throws Exception {
        smtp.on(SmtpStep.RCPT).forRecipient("later@example.com").times(4).reply("451 4.7.1 greylisted");
        String id = publish(job("later@example.com"));

        mailTo(smtp, "later@example.com");
        Awaitility.await().atMost(Deployment.MAIL).untilAsserted(() -> assertThat(database.text(
                "SELECT status || ' ' || attempts || ' ' || last_reply FROM mails WHERE id = '" + id + "'"))
                .isEqualTo("sent 2 451 4.7.1 greylisted"));
    }

    @Test
    void a_job_that_was_sent_is_not_sent_again() throws Exception {
        BasicProperties properties = new BasicProperties.Builder().messageId("3f2c7a52-7f0f-4f8e-9d2f-7c3f4f0a1b11").build();
        publish(job("once@example.com"), properties);
        mailTo(smtp, "once@example.com");
        publish(job("once@example.com"), properties);
        consumer.awaitLine("Email was sent before", Deployment.MAIL);
        assertThat(mailsTo(smtp, "once@example.com")).hasSize(1);
    }

    @Test
    void nothing_secret_and_no_whole_address_stands_in_a_log() {
        String email = "log.reader@example.com";
        http.post("/api/v1/authentication/register", credentials(email));
        http.post("/api/v1/authentication/send-otp", credentials(email));
        String code = code(mailTo(smtp, email));
        String line = consumer.awaitLine("lo\\*\\*\\*@example.com", Deployment.MAIL);

        assertThat(line).contains("\"msg\":\"Email sent successfully\"", "\"level\":\"INFO\"", "\"duration_ms\":", "\"message_id\":");
        assertThat(String.join("\n", api.lines()) + String.join("\n", consumer.lines()))
                .doesNotContain(code, email, "correct horse battery", "p#ss");
    }

    @Test
    void the_consumer_says_on_its_management_port_that_it_is_ready() {
        Answer ready = deployment.consumerHttp().get("/ready");
        assertThat(ready.status()).isEqualTo(200);
        assertThat(ready.data().path("checks").toString())
                .isEqualTo("{\"broker\":\"UP\",\"database\":\"UP\",\"delivery\":\"UP\",\"smtp\":\"UP\"}");
    }

    private static byte[] job(String recipient) {
        return ("{\"subject\":\"Hi\",\"recipient\":\"" + recipient + "\",\"body\":\"<p>Hi</p>\"}").getBytes(StandardCharsets.UTF_8);
    }

    /** Publishes a job and returns its id. */
    private static String publish(byte[] body) throws Exception {
        String id = UUID.randomUUID().toString();
        publish(body, new BasicProperties.Builder().messageId(id).build());
        return id;
    }

    private static void publish(byte[] body, BasicProperties properties) throws Exception {
        try (Connection connection = rabbitMq.connect(brokerUrl); Channel channel = connection.createChannel()) {
            channel.confirmSelect();
            channel.basicPublish("smtp_send_email_exc", "", properties, body);
            channel.waitForConfirmsOrDie(5_000);
        }
    }

    /** The reason and the job of the dead letter of a mail, once it is in its table. */
    private static String dead(String id) {
        return Awaitility.await("dead letter " + id).atMost(Deployment.MAIL).until(() -> database.text(
                "SELECT reason || ' ' || attempts || ' ' || convert_from(job, 'UTF8') FROM dead_letters WHERE id = '" + id + "'"),
                Objects::nonNull);
    }
}
