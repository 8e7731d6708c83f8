package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.settings.AddressRanges;

/** Asked by a real server, whose client is this machine. */
class ClientAddressTest {

    private static final Vertx VERTX = Vertx.vertx();
    private static final String ONESELF_AND_TEN = "127.0.0.1, 10.0.0.0/8, 2001:db8:1::/48";

    private static volatile ClientAddress clientAddress;
    private static HttpServer server;

    @BeforeAll
    static void listen() throws Exception {
        server = VERTX.createHttpServer()
                .requestHandler(request -> request.response()
                        .end(clientAddress.address(request) + ' ' + (clientAddress.isSecure(request) ? "https" : "http")))
                .listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @AfterAll
    static void stop() throws Exception {
        VERTX.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void nobody_is_believed_who_is_not_trusted() throws Exception {
        for (String trusted : List.of("", "10.0.0.0/8", "::1")) {
            assertThat(ask(trusted, "https", "203.0.113.7")).as(trusted).isEqualTo("127.0.0.1 http");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            203.0.113.7                           | 203.0.113.7    | the one entry
            198.51.100.1, 203.0.113.7             | 203.0.113.7    | what stands left of it the client wrote
            203.0.113.7, 10.1.2.3,10.4.5.6        | 203.0.113.7    | passed on by two trusted proxies
            10.1.2.3, 10.4.5.6                    | 10.1.2.3       | nobody but trusted ones: the first of them
            203.0.113.7:4711                      | 203.0.113.7    | with a port
            [2001:db8::7]:443                     | 2001:db8::7    | IPv6 with a port
            2001:db8:0:0:0:0:0:7                  | 2001:db8::7    | IPv6 in its shortest form
            2001:DB8::7, 2001:db8:1::9            | 2001:db8::7    | a trusted range of IPv6
            ::ffff:203.0.113.7                    | 203.0.113.7    | IPv4 in IPv6
            ::ffff:10.1.2.3                       | 10.1.2.3       | the same, trusted and alone
            fe80::1%eth0                          | fe80::1        | with a zone
            unknown                               | 127.0.0.1      | no address: the proxy that said so
            203.0.113.7, localhost, 10.1.2.3      | 10.1.2.3       | a name is not looked up
            203.0.113.7, , 10.1.2.3               | 10.1.2.3       | nothing
            203.0.113.7, 10.1.2.3'                | 127.0.0.1      | garbage
            203.0.113.7, [2001:db8::7             | 127.0.0.1      | a bracket that is not closed
            203.0.113.999                         | 127.0.0.1      | out of range
            203.0.113.7, 203.0.113                | 127.0.0.1      | too short""")
    void of_a_trusted_proxy_the_rightmost_entry_counts_that_is_none_itself(String forwarded, String client, String why) throws Exception {
        assertThat(ask(ONESELF_AND_TEN, "http", forwarded)).as(why).isEqualTo(client + " http");
    }

    @Test
    void several_headers_are_one_list() throws Exception {
        assertThat(ask(ONESELF_AND_TEN, "http", "203.0.113.7", "198.51.100.1", "10.1.2.3")).isEqualTo("198.51.100.1 http");
    }

    @ParameterizedTest
    @ValueSource(strings = {"https", "HTTPS", "https, http", " https ,https"})
    void a_trusted_proxy_says_whether_the_client_speaks_tls(String scheme) throws Exception {
        assertThat(ask(ONESELF_AND_TEN, scheme, "203.0.113.7")).isEqualTo("203.0.113.7 https");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "", "http, https", "httpsx"})
    void anything_else_is_no_tls(String scheme) throws Exception {
        assertThat(ask(ONESELF_AND_TEN, scheme)).isEqualTo("127.0.0.1 http");
    }

    private static String ask(String trusted, String scheme, String... forwarded) throws Exception {
        clientAddress = new ClientAddress(AddressRanges.parse(trusted));
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.actualPort()))
                .header("X-Forwarded-Proto", scheme);
        for (String line : forwarded) {
            request.header("X-Forwarded-For", line);
        }
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).proxy(HttpClient.Builder.NO_PROXY).build();
        return client.send(request.build(), BodyHandlers.ofString()).body();
    }
}
