package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.net.SocketAddress;
import java.time.Instant;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpConstants;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.embedded.LocalCallers;
import smap.identity.embedded.MailboxPage;
import smap.identity.embedded.ReceivedMail;

class DevMailboxRouteTest extends RouteTestSupport {

    private static final ReceivedMail MAIL = new ReceivedMail(
            "1", Instant.parse("2030-01-02T03:04:05Z"), "no-reply@smap.example", List.of("ann@example.com"), List.of(), null, "Your code",
            "123456", null, List.of(), null);

    /** Stands in for the embedded mail server, which is there only while it listens. */
    public static final class Mailbox {

        public List<ReceivedMail> mails() {
            return List.of(MAIL);
        }
    }

    private final MailboxPage page = new MailboxPage();

    DevMailboxRouteTest() {
        super("embedded/dev-mailbox");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("embeddedMailServer", new Mailbox());
        beans.bind("mailboxPage", page);
        beans.bind("localCallers", new LocalCallers());
    }

    @Test
    void it_is_read_at_its_own_path() {
        assertThat(input(PlatformHttpEndpoint.class).getPath()).isEqualTo("/dev/mailbox");
        assertThat(input(PlatformHttpEndpoint.class).getHttpMethodRestrict()).isEqualTo("GET");
    }

    @Test
    void a_program_gets_the_mails_as_json() {
        Answer answer = ask("127.0.0.1", "http://localhost/dev/mailbox", "application/json").succeeded(200);

        assertThat(answer.json().at("/mails/0/subject").asText()).isEqualTo("Your code");
        assertThat(answer.json().at("/mails/0/to/0").asText()).isEqualTo("ann@example.com");
        assertThat(answer.headers()).containsOnlyKeys("Content-Type", "Cache-Control", "Vary").containsEntry("Vary", "Accept");
        assertThat(answer.headers()).containsEntry("Content-Type", "application/json").containsEntry("Cache-Control", "no-store");
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
    void a_browser_gets_the_page_with_the_policy_it_needs(String accept) {
        Answer answer = ask("127.0.0.1", "http://localhost/dev/mailbox", accept).succeeded(200);

        assertThat(answer.body()).isEqualTo(page.html());
        assertThat(answer.headers()).containsOnlyKeys("Content-Type", "Cache-Control", "Vary", "Content-Security-Policy");
        assertThat(answer.headers())
                .containsEntry("Content-Type", "text/html; charset=utf-8")
                .containsEntry("Content-Security-Policy", page.contentSecurityPolicy());
    }

    @Test
    void another_machine_gets_nothing() {
        Answer answer = ask("192.0.2.7", "http://localhost/dev/mailbox", "application/json");

        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.json().path("error_code").asInt()).isEqualTo(404);
        assertThat(answer.body()).doesNotContain("Your code");
    }

    @Test
    void a_foreign_name_that_points_here_gets_nothing() {
        Answer answer = ask("127.0.0.1", "http://evil.example/dev/mailbox", "application/json");

        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.body()).doesNotContain("Your code");
    }

    private Answer ask(String caller, String url, String accept) {
        return send(exchange -> {
            exchange.getMessage().setHeader(VertxPlatformHttpConstants.REMOTE_ADDRESS, SocketAddress.inetSocketAddress(40_000, caller));
            exchange.getMessage().setHeader(Exchange.HTTP_URL, url);
            exchange.getMessage().setHeader("Accept", accept);
        });
    }
}
