package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.AmqpConnectException;

class MailHandOverRouteTest extends RouteTestSupport {

    private static final UUID MAIL = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");
    private static final Map<String, Object> ROW = Map.of("id", MAIL, "purpose", "verification", "job", "{}");

    MailHandOverRouteTest() {
        super("api/mail-hand-over");
    }

    @Test
    void the_mail_of_the_request_is_published() {
        sql("mail/find-unpublished").answers(ROW);

        handOver();

        assertThat(sql("mail/find-unpublished").parameters()).isEqualTo(Map.of("mail_id", MAIL));
        assertThat(direct("mail-publish").sent().getMessage().getBody()).isEqualTo(ROW);
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void a_mail_that_somebody_else_has_published_is_left_alone() {
        handOver();

        assertThat(visited()).containsExactly("sql:mail/find-unpublished");
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void a_broker_that_is_away_is_logged_and_left_to_the_relay() {
        sql("mail/find-unpublished").answers(ROW);
        direct("mail-publish").fails(new AmqpConnectException(new IllegalStateException("refused")));

        handOver();

        assertThat(visited()).containsExactly("sql:mail/find-unpublished", "direct:mail-publish");
        assertThat(log.lines()).hasSize(1);
        assertThat(log.lines().get(0))
                .startsWith("WARN Run given up until the next one route=mail-hand-over")
                .contains("AmqpConnectException");
    }

    @Test
    void a_database_that_is_away_is_logged_and_nothing_published() {
        sql("mail/find-unpublished").fails(databaseAway());

        handOver();

        assertThat(visited()).containsExactly("sql:mail/find-unpublished");
        assertThat(log.lines()).hasSize(1);
    }

    /** Whatever happens, nobody waits for it. */
    private void handOver() {
        assertThat(request(Map.of("mail_id", MAIL)).failure()).isNull();
    }
}
