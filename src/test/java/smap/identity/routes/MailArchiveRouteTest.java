package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.component.springrabbit.SpringRabbitMQEndpoint;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.retry.interceptor.RetryOperationsInterceptor;
import smap.identity.broker.GiveBack;
import smap.identity.mail.EmailDataReader;
import smap.identity.mail.JobHeaders;
import smap.identity.mail.MailTemplate;

class MailArchiveRouteTest extends RouteTestSupport {

    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";
    private static final String STORE = "sql:mail-archive/store";
    private static final String JOB = "{\"Subject\":\"Hóa đơn\",\"Recipient\":\"ann@example.com\",\"Body\":\"<b>Grüße</b>\"}";

    private final RetryOperationsInterceptor giveBack = GiveBack.interceptor(1);

    MailArchiveRouteTest() {
        super("backup/mail-archive");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("mail.backup.workers", "3", "mail.prefetch", "4");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("jobHeaders", new JobHeaders());
        beans.bind("emailDataReader", new EmailDataReader(67_108_864));
        beans.bind("giveBack", giveBack);
    }

    @Test
    void a_job_is_acknowledged_after_it_is_stored_and_given_back_when_that_fails() {
        SpringRabbitMQEndpoint queue = input(SpringRabbitMQEndpoint.class);

        assertThat(queue.getQueues()).isEqualTo("email_backup");
        assertThat(queue.getAcknowledgeMode()).isEqualTo(AcknowledgeMode.AUTO);
        assertThat(queue.getRetry()).isSameAs(giveBack);
        assertThat(queue.isAsyncConsumer()).isFalse();
        assertThat(queue.isAutoDeclare()).isFalse();
        assertThat(queue.isDisableReplyTo()).isTrue();
        assertThat(queue.getConcurrentConsumers()).isEqualTo(3);
        assertThat(queue.getPrefetchCount()).isEqualTo(4);
    }

    @Test
    void a_job_is_stored_as_it_came_with_what_it_is_found_by() {
        archive(JOB, Map.of("CamelSpringRabbitmqMessageId", ID, "purpose", "invoice")).succeeded(200);

        assertThat(visited()).containsExactly(STORE);
        assertStored(ID, "invoice", "ann@example.com", "Hóa đơn", JOB);
    }

    @Test
    void a_job_without_an_id_gets_one_of_its_own() {
        archive(JOB, Map.of()).succeeded(200);
        archive(JOB, Map.of()).succeeded(200);

        assertThat(sql("mail-archive/store").received()).extracting(stored -> stored.getVariable("mail_id", String.class))
                .doesNotHaveDuplicates()
                .allSatisfy(id -> assertThat(UUID.fromString(id)).hasToString(id));
    }

    @ParameterizedTest
    @EnumSource(MailTemplate.class)
    void a_job_that_brings_a_code_is_stored_without_what_could_show_it(MailTemplate template) {
        archive(JOB, Map.of("CamelSpringRabbitmqMessageId", ID, "purpose", template.label())).succeeded(200);

        boolean code = template.bringsCode();
        assertStored(ID, template.label(), "ann@example.com", code ? null : "Hóa đơn", code ? null : JOB);
    }

    @Test
    void a_job_with_an_end_brings_a_code_whatever_it_is_for() {
        archive(JOB, Map.of("CamelSpringRabbitmqMessageId", ID, "expires_at", "2030-01-02T03:09:05.000Z")).succeeded(200);

        assertStored(ID, "other", "ann@example.com", null, null);
    }

    @Test
    void a_job_that_cannot_be_read_is_stored_as_it_came() {
        Answer answer = archive("{\"Subject\":", Map.of("CamelSpringRabbitmqMessageId", ID));

        assertThat(answer.failure()).isNull();
        assertThat(visited()).containsExactly(STORE);
        assertStored(ID, "other", null, null, "{\"Subject\":");
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void a_job_that_cannot_be_read_and_may_bring_a_code_is_stored_without_its_body() {
        assertThat(archive("{\"Subject\":", Map.of("CamelSpringRabbitmqMessageId", ID, "purpose", "verification")).failure()).isNull();

        assertStored(ID, "verification", null, null, null);
    }

    @Test
    void a_header_is_not_taken_for_what_the_statement_is_told() {
        archive(JOB, Map.of("CamelSpringRabbitmqMessageId", ID, "now", "1970-01-01", "mail_id", "none", "subject", "eve")).succeeded(200);

        assertStored(ID, "other", "ann@example.com", "Hóa đơn", JOB);
    }

    @Test
    void a_database_that_is_away_is_waited_for_in_silence() {
        sql("mail-archive/store").failsTimes(5, databaseAway());

        assertThat(archive(JOB, Map.of()).failure()).isNull();

        assertThat(Collections.frequency(visited(), STORE)).isEqualTo(6);
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void a_job_that_cannot_be_stored_for_another_reason_is_given_back() {
        sql("mail-archive/store").fails(new IllegalStateException("bad grammar"));

        assertThat(archive(JOB, Map.of()).failure()).isInstanceOf(IllegalStateException.class);

        assertThat(visited()).containsExactly(STORE);
    }

    private void assertStored(String id, String purpose, String recipient, String subject, String job) {
        Map<String, Object> expected = new HashMap<>();
        expected.put("mail_id", id);
        expected.put("purpose", purpose);
        expected.put("variable.mail?.recipient", recipient);
        expected.put("variable.subject", subject);
        expected.put("variable.job", job == null ? null : job.getBytes(StandardCharsets.UTF_8));
        expected.put("now", NOW);
        assertThat(sql("mail-archive/store").parameters()).usingRecursiveComparison().isEqualTo(expected);
    }

    private Answer archive(String job, Map<String, Object> headers) {
        return send(exchange -> {
            exchange.getMessage().setBody(job.getBytes(StandardCharsets.UTF_8));
            exchange.getMessage().getHeaders().putAll(headers);
        });
    }
}
