package smap.identity.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import smap.identity.problem.Envelope;
import smap.identity.problem.TraceIds;
import smap.identity.support.MovableClock;
import smap.identity.support.RecordedLog;

class HealthAnswerTest {

    @RegisterExtension
    final RecordedLog log = new RecordedLog(HealthAnswer.class.getName());

    private final MovableClock clock = new MovableClock();
    private final HealthAnswer health = new HealthAnswer(new Envelope(), new TraceIds(), clock);
    private final Fake database = new Fake("database", true);
    private final Fake broker = new Fake("broker", false);
    private DefaultCamelContext camel;

    @BeforeEach
    void start() {
        camel = new DefaultCamelContext();
        camel.getRegistry().bind("databaseDependency", database);
        camel.getRegistry().bind("brokerDependency", broker);
        camel.start();
    }

    @AfterEach
    void stop() throws IOException {
        camel.close();
    }

    @Test
    void a_process_is_alive_whatever_it_depends_on() {
        database.fault = new IOException("away");
        Exchange exchange = exchange();

        health.live(exchange);

        assertAnswer(exchange, 200, "\\{\"error_code\":0,\"message\":\"Success\",\"data\":\\{\"status\":\"UP\"}}");
        assertThat(database.probes).isZero();
    }

    @Test
    void a_process_whose_routes_do_not_all_run_is_not_ready() {
        camel.suspend();

        assertAnswer(ready(), 503, ".*\"errors\":\\[\\{\"field\":\"routes\",\"message\":\"do not all run\"}].*");
    }

    @Test
    void why_it_is_not_ready_is_told_where_anybody_may_know() {
        database.fault = new UnavailableException("is being moved");

        assertAnswer(ready(), 503, ".*\\{\"field\":\"database\",\"message\":\"is being moved\"}.*");
    }

    @Test
    void ready_names_each_dependency_in_order() {
        Exchange exchange = ready();

        assertAnswer(exchange, 200, "\\{\"error_code\":0,\"message\":\"Success\",\"data\":.*"
                + "\"checks\":\\{\"broker\":\"UP\",\"database\":\"UP\"}.*}");
        assertThat(body(exchange)).contains("\"status\":\"UP\"");
        assertThat(exchange.getMessage().getHeaders()).doesNotContainKey("Retry-After");
    }

    @Test
    void without_something_vital_it_is_not_ready_and_tells_no_more_than_the_name() {
        database.fault = new ConnectException("Connection to 10.0.0.7:5432 refused for user postgres");

        Exchange exchange = ready();

        assertAnswer(exchange, 503, "\\{\"error_code\":503,\"message\":\"Service unavailable\","
                + "\"errors\":\\[\\{\"field\":\"database\",\"message\":\"does not answer\"}],\"trace_id\":\"[0-9a-f]{32}\"}");
        assertThat(exchange.getMessage().getHeader("Retry-After")).isEqualTo(5L);
    }

    @Test
    void without_something_not_vital_it_is_ready_and_says_what_is_down() {
        broker.fault = new ConnectException("refused");

        Exchange exchange = ready();

        assertAnswer(exchange, 200, ".*\"checks\":\\{\"broker\":\"DOWN\",\"database\":\"UP\"}.*");
    }

    @Test
    void a_result_is_kept_for_five_seconds() {
        ready();
        database.fault = new IOException("away");
        clock.move(Duration.ofMillis(4_999));
        assertThat(status(ready())).isEqualTo(200);
        assertThat(database.probes).isEqualTo(1);

        clock.move(Duration.ofMillis(1));
        assertThat(status(ready())).isEqualTo(503);
        assertThat(database.probes).isEqualTo(2);

        database.fault = null;
        assertThat(status(ready())).isEqualTo(503);
        clock.move(Duration.ofSeconds(5));
        assertThat(status(ready())).isEqualTo(200);
    }

    @Test
    void a_change_of_state_is_one_line_in_the_log() {
        readyAfter(null);
        readyAfter(new IOException("away"));
        readyAfter(new IOException("still away"));
        readyAfter(null);
        readyAfter(null);

        assertThat(log.lines()).containsExactly(
                "WARN Dependency lost dependency=database cause=java.io.IOException: away",
                "INFO Dependency found again dependency=database");
    }

    @Test
    void what_is_away_from_the_start_is_told_too() {
        readyAfter(new IOException("away"));

        assertThat(log.lines()).hasSize(1);
    }

    @Test
    void nothing_of_the_request_is_left() {
        Exchange exchange = exchange();
        exchange.getMessage().setHeader("Authorization", "Bearer x");
        database.fault = new IOException("away");
        health.ready(exchange);
        assertThat(exchange.getMessage().getHeaders()).containsOnlyKeys(
                Exchange.HTTP_RESPONSE_CODE, Exchange.CONTENT_TYPE, "Cache-Control", "Retry-After");

        exchange.getMessage().setHeader("Authorization", "Bearer x");
        health.live(exchange);
        assertThat(exchange.getMessage().getHeaders())
                .containsOnlyKeys(Exchange.HTTP_RESPONSE_CODE, Exchange.CONTENT_TYPE, "Cache-Control");
    }

    private void readyAfter(Exception fault) {
        database.fault = fault;
        clock.move(Duration.ofSeconds(5));
        ready();
    }

    private Exchange ready() {
        Exchange exchange = exchange();
        health.ready(exchange);
        return exchange;
    }

    private Exchange exchange() {
        return new DefaultExchange(camel);
    }

    private static void assertAnswer(Exchange exchange, int status, String pattern) {
        assertThat(status(exchange)).isEqualTo(status);
        assertThat(body(exchange)).matches(pattern);
        assertThat(exchange.getMessage().getHeader(Exchange.CONTENT_TYPE)).isEqualTo("application/json");
        assertThat(exchange.getMessage().getHeader("Cache-Control")).isEqualTo("no-store");
    }

    private static int status(Exchange exchange) {
        return exchange.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
    }

    private static String body(Exchange exchange) {
        return new String((byte[]) exchange.getMessage().getBody(), StandardCharsets.UTF_8);
    }

    private static final class Fake implements Dependency {

        private final String name;
        private final boolean vital;
        private Exception fault;
        private int probes;

        private Fake(String name, boolean vital) {
            this.name = name;
            this.vital = vital;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public boolean isVital() {
            return vital;
        }

        @Override
        public void probe() throws Exception {
            probes++;
            if (fault != null) {
                throw fault;
            }
        }
    }
}
