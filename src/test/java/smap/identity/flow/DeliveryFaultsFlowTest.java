package smap.identity.flow;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.GetResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
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

/** Mails nobody can read, recipients that are refused and a server that hangs: each is dealt with by itself and holds up no other mail. */
@RequiresRabbitMq
@WithPostgres
class DeliveryFaultsFlowTest {

    private static final String COPIES = "copies_for_the_test";
    private static final Duration LADDER = Duration.ofSeconds(30);
    private static final int WORKERS = 16;
    private static final List<String> OLD = MailJobs.addresses("old", 20);

    private static ScriptedSmtpServer smtp;
    private static JdbcTemplate rows;
    private static ApplicationProcess consumer;
    private static MailJobs jobs;

    @BeforeAll
    static void start(RabbitMqNode broker, TestDatabase database) {
        String url = broker.newVirtualHost();
        jobs = new MailJobs(broker, url);
        leaveJobsOfTheOldServices();
        smtp = ScriptedSmtpServer.plain().start();
        rows = new JdbcTemplate(database.dataSource());
        consumer = new Deployment(DeliveryFaultsFlowTest.class, database, url, smtp)
                .with("MAIL_RETRY_DELAYS", "1s,2s")
                .with("MAIL_BACKUP_ENABLED", "true")
                .with("SMTP_READ_TIMEOUT", "2s")
                .consumer();
        awaitOnce(OLD);
    }

    @AfterAll
    static void stop() {
        consumer.close();
        smtp.close();
    }

    @AfterEach
    void behave() {
        smtp.behave();
    }

    @Test
    void jobs_the_old_services_left_in_their_queue_before_the_first_start_are_delivered() {
        awaitOnce(OLD);
        assertThat(smtp.mails()).filteredOn(mail -> OLD.contains(mail.recipients().get(0)))
                .allSatisfy(mail -> assertThat(mail.rawText()).contains("Subject: Hi", "<p>Hi</p>"));
    }

    @Test
    void a_job_nobody_can_read_is_a_dead_letter_at_once_and_the_next_mail_arrives() {
        Map<String, byte[]> poisons = new LinkedHashMap<>();
        poisons.put("not JSON", utf8("no JSON"));
        poisons.put("nothing", new byte[0]);
        poisons.put("not an object", utf8("[1]"));
        poisons.put("not UTF-8", new byte[] {'{', '"', (byte) 0xC3, '"', ':', '1', '}'});
        poisons.put("wrong types", utf8("{\"subject\":5,\"recipient\":[],\"body\":{}}"));
        poisons.put("deep nesting", utf8("{\"x\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}"));
        poisons.put("NUL", utf8("{\"subject\":\"a\\u0000b\",\"recipient\":\"nul@example.com\",\"body\":\"<p>Hi</p>\"}"));
        poisons.put("NUL byte", utf8("{\"subject\":\"a\0b\",\"recipient\":\"nul@example.com\",\"body\":\"<p>Hi</p>\"}"));
        poisons.put("30 MiB", utf8("{\"subject\":\"Hi\",\"recipient\":\"big@example.com\",\"body\":\"" + "x".repeat(30 << 20) + "\"}"));
        List<String> next = new ArrayList<>();
        poisons.forEach((name, body) -> {
            String id = UUID.randomUUID().toString();
            jobs.publish(id, body);
            String recipient = "after-" + name.replace(' ', '-') + "@example.com";
            jobs.publish(recipient);
            next.add(recipient);

            Map<String, Object> dead = awaitDead(id);
            assertThat(dead).as(name).containsEntry("reason", "unreadable").containsEntry("job_bytes", body.length);
            awaitOnce(List.of(recipient));
        });
        awaitOnce(next);
        assertThat(smtp.commands("RCPT")).noneMatch(command -> command.line().contains("nul@") || command.line().contains("big@"));
        assertThat(consumer.isAlive()).isTrue();
    }

    @Test
    void a_recipient_refused_once_is_tried_again_at_once_within_the_same_attempt() {
        SmtpRule refusal = smtp.on(SmtpStep.RCPT).forRecipient("once@example.com").times(1).reply("451 4.3.0 try again");
        String id = jobs.publish("once@example.com");
        awaitOnce(List.of("once@example.com"));

        assertThat(refusal.matches()).isEqualTo(2);
        awaitStatus(id, "sent");
        assertThat(attempts(id)).hasSize(1).first().satisfies(attempt -> assertThat(attempt)
                .containsEntry("outcome", "sent").containsEntry("tries", 2));
    }

    @Test
    void a_recipient_refused_twice_too_often_climbs_the_ladder_and_arrives() {
        smtp.on(SmtpStep.RCPT).forRecipient("later@example.com").times(4).reply("451 4.3.0 try again");
        String id = jobs.publish("later@example.com");
        awaitOnce(List.of("later@example.com"));

        awaitStatus(id, "sent");
        assertThat(attempts(id)).extracting(attempt -> attempt.get("outcome")).containsExactly("temporary", "sent");
        assertThat(attempts(id)).extracting(attempt -> attempt.get("tries")).containsExactly(3, 2);
    }

    @Test
    void a_recipient_refused_for_now_for_ever_is_a_dead_letter_when_the_ladder_ends_and_was_copied_to_nobody_meanwhile() {
        jobs.withChannel(channel -> {
            channel.queueDeclare(COPIES, true, false, false, null);
            channel.queueBind(COPIES, MailJobs.EXCHANGE, "");
        });
        SmtpRule refusals = smtp.on(SmtpStep.RCPT).forRecipient("never@example.com").reply("451 4.3.0 not today");
        String id = jobs.publish("never@example.com");

        Map<String, Object> dead = awaitDead(id);
        assertThat(dead).containsEntry("reason", "exhausted").containsEntry("attempts", 3).containsEntry("phase", "RCPT");
        assertThat(dead.get("reply").toString()).contains("451 4.3.0 not today");
        Instant first = ((java.sql.Timestamp) dead.get("first_attempt_at")).toInstant();
        Instant last = ((java.sql.Timestamp) dead.get("last_attempt_at")).toInstant();
        assertThat(Duration.between(first, last)).isGreaterThanOrEqualTo(Duration.ofSeconds(3));
        assertThat(refusals.matches()).isEqualTo(9);
        awaitStatus(id, "dead");
        assertThat(attempts(id)).hasSize(3).allSatisfy(attempt -> assertThat(attempt)
                .containsEntry("outcome", "temporary").containsEntry("tries", 3).containsEntry("phase", "RCPT"));
        assertThat(Deployment.mailsTo(smtp, "never@example.com")).isEmpty();

        List<String> copies = new ArrayList<>();
        jobs.withChannel(channel -> {
            drain(channel, copies);
            channel.queueDelete(COPIES);
        });
        assertThat(copies).as("what the exchange handed out").filteredOn(id::equals).hasSize(1);
        Awaitility.await().atMost(LADDER).untilAsserted(() -> assertThat(
                count("SELECT count(*) FROM mail_archive WHERE id = CAST(? AS uuid)", id)).isEqualTo(1));
    }

    @Test
    void a_recipient_refused_for_good_is_a_dead_letter_after_one_try() {
        SmtpRule refusals = smtp.on(SmtpStep.RCPT).forRecipient("nobody@example.com").reply("550 5.1.1 no such user");
        String id = jobs.publish("nobody@example.com");

        Map<String, Object> dead = awaitDead(id);
        assertThat(dead).containsEntry("reason", "permanent").containsEntry("attempts", 1).containsEntry("phase", "RCPT");
        assertThat(refusals.matches()).isEqualTo(1);
        awaitStatus(id, "dead");
    }

    @Test
    void a_code_whose_connection_broke_after_the_final_dot_is_sent_again_with_the_same_id() {
        SmtpRule drop = smtp.on(SmtpStep.END_OF_DATA).times(1).drop();
        String id = jobs.publish("broken@example.com");
        awaitOnce(List.of("broken@example.com"));

        assertThat(drop.matches()).isEqualTo(2);
        List<ReceivedMail> copies = smtp.offeredMails().stream()
                .filter(mail -> mail.recipients().contains("broken@example.com")).toList();
        assertThat(copies).hasSize(2).allSatisfy(mail -> assertThat(mail.rawText()).contains("Message-ID: <" + id + "@"));
        awaitStatus(id, "sent");
        assertThat(attempts(id)).extracting(attempt -> attempt.get("outcome")).containsExactly("unknown", "sent");
    }

    @Test
    void a_mail_that_is_no_code_and_whose_connection_broke_after_the_final_dot_is_held() {
        smtp.on(SmtpStep.END_OF_DATA).times(1).drop();
        String id = UUID.randomUUID().toString();
        jobs.publish(MailJobs.body("held@example.com"),
                new BasicProperties.Builder().messageId(id).headers(Map.of("purpose", "notice")).build());

        assertThat(awaitDead(id)).containsEntry("reason", "unknown").containsEntry("attempts", 1);
        awaitStatus(id, "unknown");
        assertThat(smtp.offeredMails()).filteredOn(mail -> mail.recipients().contains("held@example.com")).hasSize(1);
    }

    @Test
    void a_server_that_takes_connections_and_hangs_frees_each_slot_within_the_read_limit() {
        CountDownLatch let = new CountDownLatch(1);
        SmtpRule hanging = smtp.on(SmtpStep.MAIL).times(WORKERS).after(let).drop();
        List<String> stuck = MailJobs.addresses("stuck", WORKERS);
        jobs.publishAll(stuck);
        Awaitility.await().atMost(Deployment.MAIL).until(() -> hanging.matches() >= WORKERS);
        List<String> next = MailJobs.addresses("unstuck", 40);
        jobs.publishAll(next);

        // Nobody lets go of the first sixteen but the consumer itself.
        awaitOnce(next);
        awaitOnce(stuck);
        let.countDown();
    }

    @Test
    void a_server_that_hangs_before_its_greeting_frees_each_slot_too() {
        CountDownLatch let = new CountDownLatch(1);
        smtp.dropConnections();
        SmtpRule hanging = smtp.on(SmtpStep.GREETING).times(WORKERS).after(let).drop();
        List<String> recipients = MailJobs.addresses("greeted", 40);
        jobs.publishAll(recipients);
        Awaitility.await().atMost(Deployment.MAIL).until(() -> hanging.matches() >= 1);

        awaitOnce(recipients);
        let.countDown();
    }

    /** What the Go services did: a durable queue without arguments, their spelling, no id, text/plain. */
    private static void leaveJobsOfTheOldServices() {
        jobs.withChannel(channel -> {
            channel.exchangeDeclare(MailJobs.EXCHANGE, "fanout", true);
            channel.queueDeclare(MailJobs.WORK, true, false, false, null);
            channel.queueBind(MailJobs.WORK, MailJobs.EXCHANGE, "");
            for (String recipient : OLD) {
                channel.basicPublish(MailJobs.EXCHANGE, "", new BasicProperties.Builder().contentType("text/plain").build(),
                        utf8("{\"Subject\":\"Hi\",\"Recipient\":\"" + recipient + "\",\"Body\":\"<p>Hi</p>\",\"ReplyTo\":\"\","
                                + "\"CcAddresses\":null,\"Attachments\":null}"));
            }
        });
        Awaitility.await().atMost(Deployment.MAIL).until(() -> jobs.waiting(MailJobs.WORK) == OLD.size());
    }

    private static void drain(Channel channel, List<String> ids) throws Exception {
        for (GetResponse copy = channel.basicGet(COPIES, true); copy != null; copy = channel.basicGet(COPIES, true)) {
            ids.add(copy.getProps().getMessageId());
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Map<String, Object> awaitDead(String id) {
        return Awaitility.await("dead letter " + id).atMost(LADDER)
                .until(() -> rows.queryForList("SELECT * FROM dead_letters WHERE id = CAST(? AS uuid)", id), found -> !found.isEmpty())
                .get(0);
    }

    private static void awaitStatus(String id, String status) {
        Awaitility.await("status of " + id).atMost(LADDER).untilAsserted(() -> assertThat(
                rows.queryForList("SELECT status FROM mails WHERE id = CAST(? AS uuid)", String.class, id)).containsExactly(status));
    }

    private static List<Map<String, Object>> attempts(String id) {
        return rows.queryForList("SELECT outcome, tries, phase, reply FROM mail_attempts WHERE mail_id = CAST(? AS uuid) ORDER BY id", id);
    }

    private static int count(String sql, String id) {
        return rows.queryForObject(sql, Integer.class, id);
    }

    private static void awaitOnce(List<String> recipients) {
        Deployment.awaitOnce(smtp, recipients, LADDER);
    }
}
