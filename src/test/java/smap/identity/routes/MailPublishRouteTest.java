package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.Message;
import org.apache.camel.component.springrabbit.SpringRabbitMQEndpoint;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import smap.identity.broker.UnroutableException;

class MailPublishRouteTest extends RouteTestSupport {

    private static final String BROKER = "spring-rabbitmq:smtp_send_email_exc";
    private static final String MARK = "sql:mail/mark-published";
    private static final UUID MAIL = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");
    private static final String JOB = "{\"subject\":\"Mã xác minh\",\"recipient\":\"ann@example.com\",\"body\":\"<b>123456</b>\"}";
    private static final Map<String, Object> ROW =
            Map.of("id", MAIL, "purpose", "verification", "job", JOB, "expires_at", "2030-01-02T03:09:05.000Z", "traceparent", TRACEPARENT);

    MailPublishRouteTest() {
        super("api/mail-publish");
    }

    @Test
    void the_job_goes_out_as_it_was_stored_with_its_headers_and_no_others() {
        publish(ROW);

        Message message = edge(BROKER).sent().getMessage();
        assertThat(message.getBody()).isEqualTo(JOB.getBytes(StandardCharsets.UTF_8));
        Map<String, Object> headers = new HashMap<>(message.getHeaders());
        assertThat(headers.remove("CamelSpringRabbitmqTimestamp")).isInstanceOf(Date.class);
        assertThat(headers).isEqualTo(Map.of(
                "CamelSpringRabbitmqMessageId", MAIL.toString(),
                "CamelSpringRabbitmqContentType", "application/json",
                "purpose", "verification",
                "attempt", 1,
                "expires_at", "2030-01-02T03:09:05.000Z",
                "traceparent", TRACEPARENT));
    }

    @Test
    void it_goes_to_every_queue_of_the_exchange_on_a_connection_that_only_publishes() {
        SpringRabbitMQEndpoint broker = edge(BROKER).endpoint(SpringRabbitMQEndpoint.class);

        assertThat(broker.getExchangeName()).isEqualTo("smtp_send_email_exc");
        assertThat(broker.getExchangeType()).isEqualTo("fanout");
        assertThat(broker.getRoutingKey()).isEmpty();
        assertThat(broker.getConfirmTimeout()).isEqualTo(5_000);
        assertThat(broker.isUsePublisherConnection()).isTrue();
    }

    @Test
    void the_row_is_marked_once_the_broker_has_the_job() {
        publish(ROW);

        assertThat(visited()).containsExactly(BROKER, MARK);
        assertThat(sql("mail/mark-published").parameters()).isEqualTo(Map.of("now", NOW, "mail_id", MAIL));
    }

    @Test
    void a_mail_that_never_expires_says_nothing_of_it() {
        Map<String, Object> row = new HashMap<>(ROW);
        row.put("expires_at", null);

        publish(row);

        assertThat(edge(BROKER).sent().getMessage().getHeader("expires_at")).isNull();
        assertThat(visited()).containsExactly(BROKER, MARK);
    }

    @Test
    void a_job_no_queue_took_stays_unpublished() {
        edge(BROKER).fails(new UnroutableException("smtp_send_email_exc", "", "312 NO_ROUTE"));

        assertThat(publish(ROW).failure()).isInstanceOf(UnroutableException.class);

        assertThat(visited()).containsExactly(BROKER);
    }

    @Test
    void a_database_that_is_away_after_the_broker_took_the_job_is_left_to_the_caller() {
        sql("mail/mark-published").fails(databaseAway());

        assertThat(publish(ROW).failure()).isInstanceOf(CannotGetJdbcConnectionException.class);
    }

    private Answer publish(Map<String, Object> row) {
        return send(exchange -> {
            exchange.setVariable("password", "correct horse");
            exchange.getMessage().setHeader("Authorization", "Bearer secret");
            exchange.getMessage().setHeader("CamelSqlRowCount", 1);
            exchange.getMessage().setBody(row);
        });
    }
}
