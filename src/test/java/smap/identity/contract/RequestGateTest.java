package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.handler.BodyHandler;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.http.AllowedOrigins;
import smap.identity.http.ApiPrefixes;
import smap.identity.problem.Envelope;
import smap.identity.problem.TraceIds;
import smap.identity.settings.AddressRanges;
import smap.identity.support.JsonHttp;
import smap.identity.support.JsonHttp.Answer;

/** The gate before a server whose routes only tell what reached them, over real HTTP. */
class RequestGateTest {

    private static final String FRONT_END = "https://app.example.com";
    private static final int MOST_BYTES = 100;

    private final Vertx vertx = Vertx.vertx();
    private final AtomicBoolean serving = new AtomicBoolean(true);
    private HttpServer server;
    private JsonHttp http;

    @BeforeEach
    void start() throws Exception {
        start(List.of("/identity", "/"), List.of(FRONT_END, "http://localhost:3000"));
    }

    private void start(List<String> prefixes, List<String> origins) throws Exception {
        RequestGate gate = new RequestGate(Contract.read("contract/things.yaml"), new Envelope(), new TraceIds(),
                new AllowedOrigins(origins), new ApiPrefixes(prefixes), new ClientAddress(AddressRanges.parse("127.0.0.1")), MOST_BYTES);
        Router router = Router.router(vertx);
        gate.install(router, serving::get);
        // as Camel routes: after the gate, by a body handler
        router.route("/api/v1/*").handler(BodyHandler.create().setBodyLimit(MOST_BYTES))
                .handler(context -> context.end("reached " + context.request().uri()));
        router.route("/").handler(context -> context.response().putHeader("Content-Security-Policy", "its own").end("reached /"));
        router.route("/dev/mailbox").handler(context -> context.end("reached /dev/mailbox"));
        server = vertx.createHttpServer().requestHandler(router).invalidRequestHandler(gate::refuseUnreadable)
                .listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().get();
        http = JsonHttp.at("http://127.0.0.1:" + server.actualPort());
    }

    @AfterEach
    void stop() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    // ---- headers

    @ParameterizedTest
    @CsvSource({"GET, /api/v1/things, 200", "GET, /nothing, 404", "DELETE, /api/v1/things, 405", "GET, /api/v1/nothing, 404",
        "GET, /identity/things, 200", "GET, /dev/mailbox, 200"})
    void every_answer_tells_browsers_what_not_to_do_with_it_and_nobody_what_runs_here(String method, String path, int status) {
        Answer answer = http.send(method, path, null);

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.header("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(answer.header("Content-Security-Policy")).hasValue("default-src 'none'; frame-ancestors 'none'");
        assertThat(answer.header("Referrer-Policy")).hasValue("no-referrer");
        assertThat(answer.header("Cross-Origin-Resource-Policy")).hasValue("same-origin");
        assertThat(answer.headers()).doesNotContainKeys("Server", "X-Powered-By", "Via", "Strict-Transport-Security");
    }

    @ParameterizedTest
    @CsvSource({"/api/v1/things", "/nothing", "/identity/things", "/"})
    void over_tls_a_browser_is_told_to_stay_with_it(String path) {
        assertThat(http.with("X-Forwarded-Proto", "https").get(path).header("Strict-Transport-Security"))
                .hasValue("max-age=31536000; includeSubDomains");
        assertThat(http.with("X-Forwarded-Proto", "http").get(path).headers()).doesNotContainKey("Strict-Transport-Security");
    }

    @Test
    void a_page_has_a_policy_of_its_own() {
        assertThat(http.get("/").header("Content-Security-Policy")).hasValue("its own");
    }

    @ParameterizedTest
    @CsvSource({"GET, /api/v1/things", "GET, /nothing", "DELETE, /api/v1/things", "GET, /things"})
    void what_the_api_answers_is_kept_nowhere(String method, String path) {
        assertThat(http.send(method, path, null).header("Cache-Control")).hasValue("no-store");
    }

    // ---- what is not HTTP

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            GET /api/v1/things HTTP/1.1\\r\\nHost: a\\r\\nX y: 1     | 400
            GET /api/v1/things HTTP/1.1\\r\\nHost: a\\r\\nLong: #    | 431
            GET /api/v1/# HTTP/1.1\\r\\nHost: a                     | 414
            G[E]T / HTTP/1.1\\r\\nHost: a                           | 400
            GET / HTTP/9.x\\r\\nHost: a                             | 400""")
    void what_cannot_be_read_gets_the_envelope_and_the_headers_too(String request, int status) throws IOException {
        String answer = raw(request.replace("\\r\\n", "\r\n").replace("#", "a".repeat(10_000)) + "\r\n\r\n");

        assertThat(answer).matches("(?s)HTTP/1.[01] " + status + " .*")
                .contains("\r\ncontent-type: application/json\r\n", "\r\nX-Content-Type-Options: nosniff\r\n",
                        "\r\ncache-control: no-store\r\n", "\r\n\r\n{\"error_code\":" + status + ',', "\"trace_id\":")
                .doesNotContainIgnoringCase("\r\nserver:");
    }

    private String raw(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.actualPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    // ---- other origins

    @Test
    void a_page_of_an_allowed_origin_may_read_the_answer_with_its_cookies() {
        Answer answer = http.with("Origin", FRONT_END).get("/api/v1/things");

        assertThat(answer.text()).isEqualTo("reached /api/v1/things");
        assertShared(answer);
        assertThat(answer.header("Access-Control-Expose-Headers").orElseThrow().split(","))
                .containsExactlyInAnyOrder("ETag", "Retry-After", "Idempotency-Replayed");
    }

    @Test
    void it_may_read_a_refusal_too() {
        JsonHttp frontEnd = http.with("Origin", FRONT_END);
        List<Answer> refused = List.of(frontEnd.get("/api/v1/nothing"), frontEnd.get("/nothing"), frontEnd.delete("/things"),
                frontEnd.with("Content-Type", "text/plain").post("/api/v1/things", "{}"),
                frontEnd.post("/identity/things", "{\"since\":\"" + "a".repeat(MOST_BYTES) + "\"}"));

        assertThat(refused).extracting(Answer::status).containsExactly(404, 404, 405, 415, 413);
        assertThat(refused).allSatisfy(RequestGateTest::assertShared);
        serving.set(false);
        Answer early = frontEnd.get("/api/v1/things");
        assertThat(early.status()).isEqualTo(503);
        assertShared(early);
    }

    private static void assertShared(Answer answer) {
        assertThat(answer.header("Access-Control-Allow-Origin")).hasValue(FRONT_END);
        assertThat(answer.header("Access-Control-Allow-Credentials")).hasValue("true");
    }

    @ParameterizedTest
    @ValueSource(strings = {FRONT_END, FRONT_END + ",http://localhost:3000"})
    void a_cache_is_told_that_the_answer_is_another_for_another_origin(String allowed) throws Exception {
        start(List.of(), List.of(allowed.split(",")));

        for (JsonHttp caller : List.of(http, http.with("Origin", FRONT_END), http.with("Origin", "https://other.example.com"))) {
            assertThat(caller.get("/api/v1/things").headers().get("Vary")).singleElement().asString().isEqualToIgnoringCase("origin");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/v1/things", "/identity/things", "/things", "/api/v1/things/7a4c"})
    void a_browser_that_asks_first_is_told_what_is_allowed(String path) {
        Answer allowed = http.with("Origin", FRONT_END).with("Access-Control-Request-Method", "PUT")
                .with("Access-Control-Request-Headers", "authorization,idempotency-key").send("OPTIONS", path, null);

        assertThat(allowed.status()).isEqualTo(204);
        assertThat(allowed.text()).isEmpty();
        assertShared(allowed);
        assertThat(allowed.header("Access-Control-Allow-Methods").orElseThrow().split(","))
                .containsExactlyInAnyOrder("GET", "POST", "PUT", "PATCH", "DELETE");
        assertThat(allowed.header("Access-Control-Allow-Headers").orElseThrow().split(",")).containsExactlyInAnyOrder(
                "Authorization", "Content-Type", "lang", "Accept-Language", "Idempotency-Key", "If-Match", "traceparent");
        assertThat(allowed.header("Access-Control-Max-Age")).hasValue("3600");
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://evil.example.com", "https://app.example.com.evil.example", "http://app.example.com", "null",
        "https://app.example.com:8443", "HTTPS://APP.EXAMPLE.COM", "https://app.example.com/", "*"})
    void any_other_origin_gets_the_answer_and_no_leave_to_read_it(String origin) {
        JsonHttp other = http.with("Origin", origin);

        Answer answer = other.get("/api/v1/things");
        assertThat(answer.status()).isEqualTo(200);
        assertNotShared(answer);
        Answer preflight = other.with("Access-Control-Request-Method", "POST").send("OPTIONS", "/api/v1/things", null);
        assertThat(preflight.status()).isEqualTo(405);
        assertNotShared(preflight);
    }

    @Test
    void nobody_reads_the_mailbox_of_development() {
        assertNotShared(http.with("Origin", FRONT_END).get("/dev/mailbox"));
    }

    @Test
    void without_allowed_origins_there_is_nothing_of_it() throws Exception {
        start(List.of(), List.of());

        Answer answer = http.with("Origin", FRONT_END).get("/api/v1/things");

        assertThat(answer.status()).isEqualTo(200);
        assertNotShared(answer);
        assertThat(answer.headers()).doesNotContainKey("Vary");
    }

    private static void assertNotShared(Answer answer) {
        assertThat(answer.headers().keySet()).noneMatch(name -> name.toLowerCase().startsWith("access-control-"));
    }

    // ---- the old system's paths

    @ParameterizedTest
    @CsvSource({"/identity/things, /api/v1/things", "/things, /api/v1/things", "/identity/api/v1/things, /api/v1/things",
        "/identity/things/7a4c?a=b&c=%26, /api/v1/things/7a4c?a=b&c=%26", "/things?page=2, /api/v1/things?page=2",
        "//identity//things, /api/v1/things", "/identity/x/../things, /api/v1/things"})
    void the_api_answers_under_its_other_prefixes_too(String asked, String reached) {
        assertThat(http.get(asked).text()).isEqualTo("reached " + reached);
    }

    @Test
    void a_body_gets_there_under_another_prefix_too() {
        Answer answer = http.post("/identity/things?x=1", "{\"since\":\"2026-11-23T09:00:00Z\"}");

        assertThat(answer.text()).isEqualTo("reached /api/v1/things?x=1");
    }

    @Test
    void a_wrong_method_and_an_unknown_path_are_told_as_under_the_base_path() {
        Answer method = http.delete("/identity/things");
        assertThat(method.errorCode()).isEqualTo(405);
        assertThat(method.header("Allow")).hasValue("GET, POST");
        for (String path : List.of("/identity", "/identity/", "/identity/nothing", "/other/things", "/identity/identity/things",
                "/identity/dev/mailbox", "/identityx/things", "/thingsx")) {
            assertThat(http.get(path).errorCode()).as(path).isEqualTo(404);
        }
    }

    @Test
    void no_prefix_hides_what_is_there() {
        assertThat(http.get("/").text()).isEqualTo("reached /");
        assertThat(http.get("/dev/mailbox").text()).isEqualTo("reached /dev/mailbox");
    }

    @Test
    void without_prefixes_there_is_the_base_path_alone() throws Exception {
        start(List.of(), List.of());

        assertThat(http.get("/api/v1/things").status()).isEqualTo(200);
        assertThat(http.get("/things").errorCode()).isEqualTo(404);
        assertThat(http.get("/identity/things").errorCode()).isEqualTo(404);
    }

    // ---- while not all routes run

    @ParameterizedTest
    @ValueSource(strings = {"/api/v1/things", "/nothing", "/ready", "/", "/identity/things"})
    void a_server_whose_routes_do_not_all_run_asks_to_come_back(String path) {
        serving.set(false);

        Answer early = http.get(path);

        assertThat(early.errorCode()).isEqualTo(503);
        assertThat(early.header("Retry-After")).hasValue("1");
        assertThat(early.json().at("/errors/0/field").asText()).isEqualTo("routes");
        serving.set(true);
        assertThat(http.get("/api/v1/things").status()).isEqualTo(200);
    }

    @Test
    void it_is_alive_all_the_same() {
        serving.set(false);

        assertThat(http.get("/live").text()).isEqualTo("{\"error_code\":0,\"message\":\"Success\",\"data\":{\"status\":\"UP\"}}");
        assertThat(http.post("/live", null).status()).isEqualTo(503);
    }
}
