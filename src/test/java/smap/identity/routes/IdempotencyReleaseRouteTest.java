package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class IdempotencyReleaseRouteTest extends RouteTestSupport {

    private static final String RELEASE = "idempotency-key/release";

    IdempotencyReleaseRouteTest() {
        super("shared/idempotency-release");
    }

    @Test
    void the_lease_is_given_back_whatever_the_body_is() {
        Answer released = send(exchange -> {
            exchange.setVariable("idempotency_lease", "a lease");
            exchange.getMessage().setBody("the refusal".getBytes());
        });

        assertThat(released.failure()).isNull();
        assertThat(sql(RELEASE).parameters()).isEqualTo(Map.of("variable.idempotency_lease", "a lease"));
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void a_database_that_is_away_is_a_line_in_the_log_and_no_failure() {
        sql(RELEASE).fails(databaseAway());

        assertThat(request(Map.of("idempotency_lease", "a lease")).failure()).isNull();

        assertThat(log.lines()).containsExactly("WARN Idempotency-Key not given back before its lease ends trace_id=" + TRACE_ID
                + " cause=org.springframework.jdbc.CannotGetJdbcConnectionException");
    }
}
