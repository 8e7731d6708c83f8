package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.component.springrabbit.SpringRabbitMQEndpoint;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.retry.interceptor.RetryOperationsInterceptor;
import smap.identity.broker.GiveBack;
import smap.identity.mail.EmailDataReader;
import smap.identity.mail.JobHeaders;

class DeadLetterRecordRouteTest extends RouteTestSupport {

    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";
    private static final String RECORD = "sql:dead-letter/record";

    private final RetryOperationsInterceptor giveBack = GiveBack.interceptor(1);

    DeadLetterRecordRouteTest() {
        super("consumer/dead-letter-record");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("jobHeaders", new JobHeaders());
        beans.bind("emailDataReader", new EmailDataReader(1_000));
        beans.bind("giveBack", giveBack);
    }

    @Test
    void it_drains_the_queue_of_the_dead_letters_and_loses_none() {
        SpringRabbitMQEndpoint queue = input(SpringRabbitMQEndpoint.class);

        assertThat(queue.getQueues()).isEqualTo("smtp_send_email.dead");
        assertThat(queue.getAcknowledgeMode()).isEqualTo(AcknowledgeMode.AUTO);
        assertThat(queue.getRetry()).isSameAs(giveBack);
        assertThat(queue.isAutoDeclare()).isFalse();
    }

    @Test
    void a_dead_letter_is_stored_as_it_came_with_all_that_is_said_of_it() {
        byte[] job = job("{\"subject\":\"S\",\"recipient\":\"ann@example.com\",\"body\":\"B\"}");

        assertThat(drain(job).failure()).isNull();

        assertThat(sql("dead-letter/record").parameters())
                .containsEntry("mail_id", ID).containsEntry("purpose", "verification").containsEntry("reason", "permanent")
                .containsEntry("tries", 2).containsEntry("variable.reply", "550 no").containsEntry("variable.phase", "RCPT")
                .containsEntry("variable.mail?.recipient", "ann@example.com").containsEntry("job", job).containsEntry("now", NOW)
                .containsEntry("variable.last_attempt_at", OffsetDateTime.parse("2026-11-23T09:00:00Z"));
    }

    @Test
    void one_that_cannot_be_read_has_no_recipient() {
        assertThat(drain(job("no JSON")).failure()).isNull();

        assertThat(sql("dead-letter/record").parameters())
                .containsEntry("variable.mail?.recipient", null).containsEntry("job", job("no JSON"));
    }

    @Test
    void while_the_database_is_away_it_waits_unacknowledged() {
        sql("dead-letter/record").failsTimes(4, databaseAway());

        assertThat(drain(job("no JSON")).failure()).isNull();

        assertThat(Collections.frequency(visited(), RECORD)).isEqualTo(5);
    }

    @Test
    void a_fault_of_ours_gives_it_back() {
        sql("dead-letter/record").fails(new IllegalStateException("bad grammar"));

        assertThat(drain(job("no JSON")).failure()).isInstanceOf(IllegalStateException.class);

        assertThat(visited()).containsExactly(RECORD);
    }

    private static byte[] job(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Answer drain(byte[] job) {
        return send(exchange -> {
            exchange.getMessage().setBody(job);
            exchange.getMessage().setHeaders(new HashMap<>(Map.of("CamelSpringRabbitmqMessageId", ID, "purpose", "verification",
                    "reason", "permanent", "reply", "550 no", "phase", "RCPT", "tries", 2, "last_attempt_at", "2026-11-23T09:00:00Z")));
        });
    }
}
