package smap.identity.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.support.JsonHttp.Answer;

class JsonHttpTest {

    private HttpServer server;
    private JsonHttp http;

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/api/echo", JsonHttpTest::echo);
        server.start();
        http = JsonHttp.at("http://127.0.0.1:" + server.getAddress().getPort() + "/api");
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void a_map_is_sent_as_json_and_the_envelope_is_read() {
        Answer answer = http.as("abc").post("/echo", Map.of("error_code", 110006, "data", Map.of("id", "x")));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.errorCode()).isEqualTo(110006);
        assertThat(answer.data().path("id").asText()).isEqualTo("x");
        assertThat(answer.header("X-Method")).contains("POST");
        assertThat(answer.header("x-content-type")).contains("application/json");
        assertThat(answer.header("x-authorization")).contains("Bearer abc");
        assertThat(answer.header("x-other")).isEmpty();
    }

    @Test
    void text_and_bytes_are_sent_as_they_are() {
        JsonHttp plain = http.with("content-type", "text/plain");

        assertThat(plain.put("/echo", "not {json").text()).isEqualTo("not {json");
        assertThat(plain.put("/echo", "bytes".getBytes(StandardCharsets.UTF_8)).header("x-content-type")).contains("text/plain");
    }

    @Test
    void a_call_without_a_body_says_no_content_type() {
        assertThat(http.get("/echo").header("x-content-type")).isEmpty();
        assertThat(http.delete("/echo").header("x-method")).contains("DELETE");
    }

    @Test
    void an_answer_that_is_not_json_has_no_error_code() {
        Answer answer = http.post("/echo", "<html>");

        assertThat(answer.json().isMissingNode()).isTrue();
        assertThatThrownBy(answer::errorCode).isInstanceOf(AssertionError.class).hasMessageContaining("<html>");
    }

    private static void echo(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        exchange.getResponseHeaders().set("X-Method", exchange.getRequestMethod());
        for (String name : new String[] {"Content-Type", "Authorization"}) {
            String value = exchange.getRequestHeaders().getFirst(name);
            if (value != null) {
                exchange.getResponseHeaders().set("X-" + name, value);
            }
        }
        exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
