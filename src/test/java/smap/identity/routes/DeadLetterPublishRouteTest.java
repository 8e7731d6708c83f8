package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.Message;
import org.apache.camel.component.springrabbit.SpringRabbitMQEndpoint;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import smap.identity.broker.UnroutableException;

class DeadLetterPublishRouteTest extends RouteTestSupport {

    private static final String BROKER = "spring-rabbitmq:default";
    private static final String JOB = "dead-letter/find-job";
    private static final String MARK = "dead-letter/mark-replayed";
    private static final String RELEASE = "dead-letter/release";
    private static final UUID ID = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");
    private static final UUID RUN = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000003");
    private static final Timestamp LEASE = Timestamp.from(Instant.parse("2030-01-02T03:05:05Z"));
    private static final byte[] BYTES = "{\"Subject\":\"Mã\"}".getBytes(StandardCharsets.UTF_8);

    DeadLetterPublishRouteTest() {
        super("api/dead-letter-publish");
    }

    @BeforeEach
    void it_has_a_job() {
        sql(JOB).answers(BYTES);
        sql(MARK).answers("{\"error_code\":0}");
    }

    @Test
    void the_job_goes_out_as_it_came_with_its_headers_and_no_others() {
        publish(row(RUN));

        assertThat(sql(JOB).parameters()).isEqualTo(Map.of("id", ID));
        Message message = edge(BROKER).sent().getMessage();
        assertThat(message.getBody()).isEqualTo(BYTES);
        Map<String, Object> headers = new HashMap<>(message.getHeaders());
        assertThat(headers.remove("CamelSpringRabbitmqTimestamp")).isInstanceOf(Date.class);
        assertThat(headers).isEqualTo(Map.of(
                "CamelSpringRabbitmqMessageId", ID.toString(),
                "CamelSpringRabbitmqContentType", "application/json",
                "purpose", "verification",
                "attempt", 1,
                "expires_at", "2030-01-02T03:09:05.000Z",
                "traceparent", TRACEPARENT));
    }

    @Test
    void it_goes_past_the_exchange_to_the_work_queue() {
        SpringRabbitMQEndpoint broker = edge(BROKER).endpoint(SpringRabbitMQEndpoint.class);

        assertThat(broker.getExchangeName()).isEqualTo("default");
        assertThat(broker.getRoutingKey()).isEqualTo("smtp_send_email");
        assertThat(broker.getConfirmTimeout()).isEqualTo(5_000);
        assertThat(broker.isUsePublisherConnection()).isTrue();
    }

    @Test
    void once_the_broker_has_it_that_is_recorded_and_the_answer_has_no_headers_of_the_message() {
        Answer answer = publish(row(RUN));

        assertThat(answer.failure()).isNull();
        assertThat(visited()).containsExactly("sql:" + JOB, BROKER, "sql:" + MARK);
        assertThat(answer.body()).isEqualTo("{\"error_code\":0}");
        assertThat(answer.headers().keySet()).allSatisfy(name -> assertThat(name).startsWith("CamelSql"));
        assertThat(sql(MARK).parameters()).containsEntry("id", ID).containsEntry("replay_at", LEASE).containsEntry("now", NOW)
                .containsEntry("variable.replay_id", RUN).containsEntry("variable.actor", "admin");
    }

    @Test
    void one_that_belongs_to_no_run_is_counted_in_none() {
        publish(row(null));

        assertThat(sql(MARK).parameters()).containsEntry("variable.replay_id", null);
    }

    @Test
    void what_no_queue_took_is_given_back_and_the_failure_left_to_the_caller() {
        edge(BROKER).fails(new UnroutableException("", "smtp_send_email", "312 NO_ROUTE"));

        assertThat(publish(row(RUN)).failure()).isInstanceOf(UnroutableException.class);

        assertThat(visited()).containsExactly("sql:" + JOB, BROKER, "sql:" + RELEASE);
        assertThat(sql(RELEASE).parameters()).isEqualTo(Map.of("id", ID, "replay_at", LEASE, "now", NOW));
    }

    @Test
    void what_was_published_is_not_given_back_when_that_cannot_be_recorded() {
        sql(MARK).fails(databaseAway());

        assertThat(publish(row(RUN)).failure()).isInstanceOf(CannotGetJdbcConnectionException.class);

        assertThat(visited()).containsExactly("sql:" + JOB, BROKER, "sql:" + MARK);
    }

    @Test
    void a_job_that_cannot_be_read_is_given_back_too() {
        sql(JOB).fails(databaseAway());

        assertThat(publish(row(RUN)).failure()).isInstanceOf(CannotGetJdbcConnectionException.class);

        assertThat(visited()).containsExactly("sql:" + JOB, "sql:" + RELEASE);
    }

    private static Map<String, Object> row(UUID run) {
        Map<String, Object> row = new HashMap<>(Map.of("id", ID, "purpose", "verification", "expires_at", "2030-01-02T03:09:05.000Z",
                "traceparent", TRACEPARENT, "replay_at", LEASE));
        row.put("replay_id", run);
        return row;
    }

    private Answer publish(Map<String, Object> row) {
        return send(exchange -> {
            exchange.setVariable("actor", "admin");
            exchange.getMessage().setHeader("Authorization", "Bearer secret");
            exchange.getMessage().setHeader("CamelSqlRowCount", 1);
            exchange.getMessage().setBody(row);
        });
    }
}
