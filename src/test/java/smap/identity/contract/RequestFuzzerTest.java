package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import smap.identity.contract.FuzzedRequest.Form;
import smap.identity.contract.FuzzedRequests.World;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.FreePorts;
import smap.identity.support.JsonHttp;
import smap.identity.support.JsonHttp.Answer;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/**
 * Requests nobody thought of: whatever comes, the answer is one the contract documents, and none is a 500. {@code -Dfuzz.requests=10000}
 * asks for more of them; a failure tells the seed and the number of its request, and {@code -Dfuzz.seed=… -Dfuzz.first=…} begins there.
 */
@WithPostgres
class RequestFuzzerTest {

    private static final String PASSWORD = "correct horse battery";
    private static final int REQUESTS = Integer.getInteger("fuzz.requests", 1_500);
    private static final long FIRST = Long.getLong("fuzz.first", 0);
    private static final int CONNECTIONS = 4;
    /** Callers lose their sessions, their passwords and their accounts on the way. */
    private static final int EACH_WORLD = 150;
    private static final int MOST_FAILURES = 30;

    /** What has found a hole once, with the status it gets since. */
    private static final Map<String, Integer> FOUND = Map.of(
            "POST /api/v1/authentication/login HTTP/1.1\r\nContent-Type: ;\r\nContent-Length: 2\r\n\r\n{}", 415,
            "POST /api/v1/authentication/login HTTP/1.1\r\nContent-Type: application/json\r\nExpect: nothing\r\n"
                    + "Content-Length: 2\r\n\r\n{}", 400,
            "POST /api/v1/authentication/logout-all% HTTP/1.1\r\n\r\n", 400,
            "GET /health HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 2\r\n\r\n{}", 200,
            "DELETE /api/v1/dead-letters/replay HTTP/1.1\r\n\r\n", 405,
            "POST /api/v1/authentication/login HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
                    + "{\"email\":1e400}", 400,
            "GET /.well-known/jwks.json?page[]=1&X-Injected=1 HTTP/1.1\r\n\r\n", 200);

    /** The same requests in each run, so that a failure is one of the change at hand; by hand with seeds of all kinds. */
    private final long seed = Long.getLong("fuzz.seed", 20_261_123);
    private final ContractCoverage contract = new ContractCoverage();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicLong next = new AtomicLong(FIRST);

    @Test
    void whatever_is_asked_is_answered_as_the_contract_says(TestDatabase database) throws Exception {
        int port = FreePorts.one();
        try (ApplicationProcess product = start(port, database)) {
            FOUND.forEach((text, status) -> find(port, text, status));
            FuzzedRequests requests = requests();
            ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS);
            try {
                for (long last = FIRST + REQUESTS; next.get() < last && failures.size() < MOST_FAILURES; ) {
                    World world = world(JsonHttp.at("http://127.0.0.1:" + port + "/api/v1"), database);
                    long end = Math.min(last, next.get() + EACH_WORLD);
                    List<CompletableFuture<Void>> askers = IntStream.range(0, CONNECTIONS)
                            .mapToObj(i -> CompletableFuture.runAsync(() -> ask(port, requests, world, end), threads)).toList();
                    askers.forEach(CompletableFuture::join);
                    next.set(end);
                }
            } finally {
                threads.shutdownNow();
            }
            assertThat(failures).as("seed %d", seed).isEmpty();
            assertThat(product.isAlive()).isTrue();
            assertThat(JsonHttp.at("http://127.0.0.1:" + port).get("/ready").status()).isEqualTo(200);
            assertThat(product.lines().stream().filter(line -> line.contains("\"level\":\"ERROR\""))).as("seed %d", seed).isEmpty();
        }
        if (REQUESTS >= 1_500) {
            assertThat(contract.seen()).as("requests get through").contains("authentication-register 201", "authentication-login 200",
                    "user-list 200", "audit-list 200", "dead-letter-list 200", "mail-list 200", "session-list 200");
        }
    }

    private void find(int port, String text, int status) {
        byte[] bytes = text.replaceFirst("\r\n", "\r\nHost: localhost\r\n").getBytes(StandardCharsets.ISO_8859_1);
        FuzzedRequest request = new FuzzedRequest(-1, "", Form.SOUND, "", bytes);
        try (RawConnection connection = new RawConnection(port)) {
            Answer answer = connection.ask(request);
            assertThat(answer.status()).as("%s\n%s", text, answer.text()).isEqualTo(status);
            assertThat(answer.headers()).doesNotContainKey("X-Injected");
        } catch (IOException e) {
            failures.add(request + "\n→ " + e);
        }
    }

    private void ask(int port, FuzzedRequests requests, World world, long end) {
        RawConnection connection = null;
        try {
            for (long number = next.getAndIncrement(); number < end && failures.size() < MOST_FAILURES; number = next.getAndIncrement()) {
                FuzzedRequest request = requests.make(number, world);
                connection = connection == null ? new RawConnection(port) : connection;
                boolean kept = false;
                try {
                    Answer answer = answer(request, connection, port);
                    boolean closed = answer == null || answer.header("Connection").equals(Optional.of("close"));
                    kept = !closed && request.form() == Form.FOR_THE_OPERATION;
                    check(request, answer);
                } catch (IOException | AssertionError | RuntimeException e) {
                    failures.add("seed " + seed + ", " + request + "\n→ " + e + '\n');
                }
                if (!kept) {
                    connection.close();
                    connection = null;
                }
            }
        } catch (IOException e) {
            failures.add("seed " + seed + ": " + e);
        } finally {
            close(connection);
        }
    }

    /** Null where the connection was cut without one, as it may be for what is no HTTP. */
    private static Answer answer(FuzzedRequest request, RawConnection connection, int port) throws IOException {
        try {
            return connection.ask(request);
        } catch (IOException e) {
            if (request.form() == Form.BROKEN) {
                return null;
            }
            // a connection that was kept may have been closed meanwhile
            try (RawConnection another = new RawConnection(port)) {
                return another.ask(request);
            }
        }
    }

    private void check(FuzzedRequest request, Answer answer) {
        if (answer == null) {
            return;
        }
        assertThat(answer.headers()).doesNotContainKey("X-Injected");
        int status = answer.status();
        if (status == 503) {
            assertThat(answer.header("Retry-After")).isPresent();
        } else {
            assertThat(status).as(answer.text()).isLessThan(request.form() == Form.BROKEN ? 506 : 500).isNotEqualTo(500);
        }
        if (request.form() == Form.FOR_THE_OPERATION) {
            contract.check(request.operation(), answer);
        } else if (request.form() == Form.SOUND && !request.method().equals("HEAD") && status >= 400) {
            assertThat(status).isIn(union(FuzzedRequest.GENERAL, contract.statuses(request.operation())));
            assertThat(answer.json().path("error_code").isInt()).as("an envelope: %d %s", status, answer.text()).isTrue();
            assertThat(answer.json().path("trace_id").isTextual()).as("an envelope: %s", answer.text()).isTrue();
        }
    }

    private static List<Integer> union(Set<Integer> left, Set<Integer> right) {
        List<Integer> union = new ArrayList<>(left);
        union.addAll(right);
        return union;
    }

    private FuzzedRequests requests() throws IOException {
        try (InputStream in = RequestFuzzerTest.class.getResourceAsStream("/openapi/smap-identity.yaml")) {
            return new FuzzedRequests(seed, new YAMLMapper().readTree(in));
        }
    }

    /** New callers, and what they may name. */
    private static World world(JsonHttp api, TestDatabase database) throws SQLException {
        String tag = Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), 36);
        Map<String, List<String>> known = new HashMap<>();
        List<String> tokens = new ArrayList<>();
        List<String> refreshTokens = new ArrayList<>(List.of("x"));
        List<String> ids = new ArrayList<>();
        List<String> addresses = new ArrayList<>();
        for (String role : List.of("ADMIN", "USER", "ADMIN")) {
            String email = role + tokens.size() + tag + "@example.com";
            Map<String, String> credentials = Map.of("email", email, "password", PASSWORD);
            assertThat(api.post("/authentication/register", credentials).status()).isEqualTo(201);
            execute(database, "UPDATE users SET is_active = true, verified_at = created_at, role = ? WHERE email = ?", role, email);
            Answer login = api.post("/authentication/login", credentials);
            tokens.add(login.data().path("token").asText());
            refreshTokens.add(login.data().path("refresh_token").asText());
            ids.add(login.data().at("/user/id").asText());
            ids.add(login.data().path("session_id").asText());
            addresses.add(email);
        }
        String dead = text(database, "INSERT INTO mails (id, purpose, recipient, status, created_at, published_at, updated_at)"
                + " VALUES (gen_random_uuid(), 'notice', 'a@example.com', 'dead', '2026-11-23Z', '2026-11-23Z', '2026-11-23Z')"
                + " RETURNING id");
        execute(database, "INSERT INTO dead_letters"
                + " (id, purpose, recipient, reason, attempts, job, job_bytes, status, created_at, updated_at)"
                + " VALUES (CAST(? AS uuid), 'notice', 'a@example.com', 'permanent', 1, convert_to(?, 'UTF8'), 1, 'dead',"
                + " '2026-11-23Z', '2026-11-23Z')", dead, "{\"Subject\":\"S\",\"Recipient\":\"a@example.com\",\"Body\":\"B\"}");
        ids.add(dead);
        known.put("id", ids);
        known.put("email", addresses);
        known.put("password", List.of(PASSWORD, PASSWORD, "another horse battery"));
        known.put("current_password", List.of(PASSWORD));
        known.put("new_password", List.of("another horse battery", PASSWORD));
        known.put("refresh_token", refreshTokens);
        known.put("Idempotency-Key", List.of("1", "2"));
        return new World(tokens, known);
    }

    private static ApplicationProcess start(int port, TestDatabase database) {
        ApplicationProcess started = ApplicationProcess.start(RequestFuzzerTest.class, "api", Map.of(
                "APP_PORT", Integer.toString(port),
                "MANAGEMENT_PORT", Integer.toString(FreePorts.one()),
                "RATE_LIMITS", "off",
                "POSTGRES_HOST", database.host(),
                "POSTGRES_PORT", Integer.toString(database.port()),
                "POSTGRES_DB", database.name(),
                "POSTGRES_USER", database.user(),
                "POSTGRES_PASSWORD", database.password()));
        started.awaitReady(URI.create("http://127.0.0.1:" + port + "/ready"), Duration.ofSeconds(120));
        return started;
    }

    private static void execute(TestDatabase database, String statement, Object... arguments) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                PreparedStatement prepared = connection.prepareStatement(statement)) {
            for (int i = 0; i < arguments.length; i++) {
                prepared.setObject(i + 1, arguments[i]);
            }
            prepared.execute();
        }
    }

    private static String text(TestDatabase database, String query) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                PreparedStatement prepared = connection.prepareStatement(query);
                ResultSet rows = prepared.executeQuery()) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static void close(RawConnection connection) {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (IOException e) {
            fail("a socket is closed without a word", e);
        }
    }
}
