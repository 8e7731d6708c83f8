package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.junit.jupiter.api.Test;

class StartPageRouteTest extends RouteTestSupport {

    StartPageRouteTest() {
        super("development/start-page");
    }

    @Override
    Map<String, String> settings() {
        return Map.of(
                "camel.server.host", "127.0.0.1", "camel.server.port", "18080", "management.port", "19876", "smap.role", "all",
                "smap.database", "embedded, for <development>", "smap.broker", "as RABBITMQ_URL says", "smap.mail", "embedded",
                "smap.mailbox", "/dev/mailbox");
    }

    @Test
    void it_is_read_at_its_own_path() {
        assertThat(input(PlatformHttpEndpoint.class).getPath()).isEqualTo("/");
        assertThat(input(PlatformHttpEndpoint.class).getHttpMethodRestrict()).isEqualTo("GET");
    }

    @Test
    void a_newcomer_sees_what_runs_and_where_and_what_to_type() {
        String page = ask().succeeded(200).body();

        assertThat(page).contains(
                "<td>all</td>", "http://127.0.0.1:18080/api/v1", "http://127.0.0.1:19876", "as RABBITMQ_URL says", "href=\"/dev/mailbox\"",
                "curl -s http://127.0.0.1:18080/api/v1/authentication/register");
        assertThat(page).doesNotContain("{{");
    }

    @Test
    void what_is_shown_is_escaped() {
        assertThat(ask().body()).contains("embedded, for &lt;development&gt;").doesNotContain("<development>");
    }

    @Test
    void the_page_may_run_no_script_and_the_request_is_not_echoed() {
        Map<String, Object> headers = new HashMap<>(ask().headers());

        headers.keySet().removeIf(name -> name.startsWith("Camel"));
        assertThat(headers).isEqualTo(Map.of(
                Exchange.CONTENT_TYPE, "text/html; charset=utf-8",
                "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"));
    }

    private Answer ask() {
        return send(exchange -> exchange.getMessage().setHeader("Cookie", "secret"));
    }
}
