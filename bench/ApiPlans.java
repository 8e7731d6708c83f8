import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import smap.identity.embedded.EmbeddedDatabase;

/**
 * Measures GET /api/v1/plans with 20 plans, of the product and of the fastify + pg server in bench/peers, as one process and as one for
 * each core, on one PostgreSQL and in one run: the same client, connections and pool, in turn, after all were warmed up and gave the same
 * answer. Prints the medians and writes them to bench/results/api-plans.md. Run by make bench-api; bench/README.md tells what can be set.
 */
final class ApiPlans {

    private static final String JAR = "target/smap-identity/smap-identity.jar";
    private static final Path PEER = Path.of("bench/peers/fastify-pg");
    private static final Path RESULT = Path.of("bench/results/api-plans.md");
    private static final int PLANS = 20;
    private static final int POOL = 16;
    private static final int CORES = Runtime.getRuntime().availableProcessors();
    private static final Duration START_LIMIT = Duration.ofMinutes(2);

    private static final int CONNECTIONS = setting("BENCH_CONNECTIONS", 64);
    private static final int ROUNDS = setting("BENCH_ROUNDS", 7);
    private static final int SECONDS = setting("BENCH_SECONDS", 8);
    private static final int WARM_UP_SECONDS = setting("BENCH_WARM_UP_SECONDS", 30);

    private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final ObjectMapper json = new ObjectMapper();
    private final Path home;
    private final List<Process> started = new CopyOnWriteArrayList<>();
    private volatile EmbeddedDatabase embedded;

    /** Where PostgreSQL is, and the database made for this run. */
    private record Database(String host, int port, String user, String password, String name) {

        Connection connect() throws SQLException {
            return DriverManager.getConnection("jdbc:postgresql://" + host + ':' + port + '/' + name, user, password);
        }

        Database named(String other) {
            return new Database(host, port, user, password, other);
        }
    }

    /** A server under load. */
    private record Server(String name, String url) {}

    /** What one round showed; latencies in milliseconds. */
    private record Round(double rate, double p50, double p99) {}

    private ApiPlans(Path home) {
        this.home = home;
    }

    public static void main(String[] arguments) throws Exception {
        ApiPlans bench = new ApiPlans(Files.createTempDirectory("smap-bench"));
        // also when this program is interrupted
        Runtime.getRuntime().addShutdownHook(new Thread(bench::clean));
        try {
            bench.run(bench.server());
        } catch (IllegalStateException e) {
            System.err.println("bench-api: " + e.getMessage());
            System.exit(1);
        }
    }

    /** The PostgreSQL that POSTGRES_HOST names, else one of our own. */
    private Database server() {
        String host = System.getenv().getOrDefault("POSTGRES_HOST", "");
        if (!host.isEmpty()) {
            return new Database(host, setting("POSTGRES_PORT", 5432), System.getenv().getOrDefault("POSTGRES_USER", "postgres"),
                    System.getenv().getOrDefault("POSTGRES_PASSWORD", ""), "postgres");
        }
        embedded = EmbeddedDatabase.start(home);
        return new Database(embedded.host(), embedded.port(), embedded.user(), embedded.password(), "postgres");
    }

    private void run(Database maintenance) throws Exception {
        Database database = maintenance.named("smap_bench_" + ProcessHandle.current().pid());
        try (Connection connection = maintenance.connect(); Statement sql = connection.createStatement()) {
            sql.execute("CREATE DATABASE " + database.name());
            try {
                compare(database, List.of(startProduct(database), startPeer(database, 1), startPeer(database, CORES)));
            } finally {
                stop();
                sql.execute("DROP DATABASE " + database.name() + " WITH (FORCE)");
            }
        }
    }

    private Server startProduct(Database database) throws Exception {
        int port = freePort();
        ProcessBuilder builder = new ProcessBuilder(java(), "-jar", JAR, "api");
        builder.environment().putAll(Map.of(
                "SMAP_ENV", "development", "SMAP_HOME", home.resolve("product").toString(), "RATE_LIMITS", "off", "RABBITMQ_URL", "",
                "APP_PORT", Integer.toString(port), "MANAGEMENT_PORT", Integer.toString(freePort())));
        builder.environment().putAll(Map.of(
                "POSTGRES_HOST", database.host(), "POSTGRES_PORT", Integer.toString(database.port()), "POSTGRES_USER", database.user(),
                "POSTGRES_PASSWORD", database.password(), "POSTGRES_DB", database.name(),
                "POSTGRES_CONNECTIONS", Integer.toString(POOL)));
        start(builder, "product", "http://127.0.0.1:" + port + "/ready");
        insertPlans(database);
        return new Server("SMAP Identity", "http://127.0.0.1:" + port + "/api/v1/plans");
    }

    private Server startPeer(Database database, int processes) throws Exception {
        int port = freePort();
        ProcessBuilder builder = new ProcessBuilder("node", "server.js").directory(PEER.toFile());
        builder.environment().putAll(Map.of(
                "NODE_ENV", "production", "PORT", Integer.toString(port), "PROCESSES", Integer.toString(processes),
                "POOL", Integer.toString(POOL), "PGHOST", database.host(), "PGPORT", Integer.toString(database.port()),
                "PGUSER", database.user(), "PGPASSWORD", database.password(), "PGDATABASE", database.name()));
        String url = "http://127.0.0.1:" + port + "/api/v1/plans";
        start(builder, "peer" + processes, url);
        return new Server("fastify + pg, " + (processes == 1 ? "1 process" : processes + " processes"), url);
    }

    /** As many as there are to be, with those of the schema. */
    private static void insertPlans(Database database) throws SQLException {
        try (Connection connection = database.connect(); Statement sql = connection.createStatement()) {
            sql.execute("INSERT INTO plans (code, name, description, max_usage, trial_days, interval, created_at, updated_at)"
                    + " SELECT 'plan-' || n, 'Plan ' || n, 'For teams of up to ' || n * 10 || ' people', n * 1000, n % 3 * 7,"
                    + " CASE n % 3 WHEN 1 THEN 'month' WHEN 2 THEN 'year' END, TIMESTAMPTZ '2026-02-01 00:00:00Z' + n * interval '1 hour',"
                    + " TIMESTAMPTZ '2026-02-01 00:00:00Z' + n * interval '1 hour'"
                    + " FROM generate_series(1, " + PLANS + " - (SELECT count(*) FROM plans)) AS n");
            sql.execute("ANALYZE plans");
        }
    }

    private void compare(Database database, List<Server> servers) throws Exception {
        JsonNode answer = answer(servers.get(0));
        for (Server server : servers) {
            if (!answer.equals(answer(server)) || answer.at("/data/plans").size() != PLANS) {
                throw new IllegalStateException("the answers differ:\n" + answer + "\n" + answer(server));
            }
        }
        for (Server server : servers) {
            System.out.printf("Warming up %s for %d s%n", server.name(), WARM_UP_SECONDS);
            load(server, WARM_UP_SECONDS);
        }
        List<List<Round>> rounds = servers.stream().<List<Round>>map(server -> new ArrayList<>()).toList();
        for (int i = 0; i < ROUNDS; i++) {
            for (int s = 0; s < servers.size(); s++) {
                Round round = load(servers.get(s), SECONDS);
                rounds.get(s).add(round);
                System.out.printf(Locale.ROOT, "%d. %-26s %,8.0f requests/s, p50 %.0f ms, p99 %.0f ms%n",
                        i + 1, servers.get(s).name(), round.rate(), round.p50(), round.p99());
            }
        }
        String result = result(database, servers, rounds);
        System.out.println("\n" + result);
        Files.createDirectories(RESULT.getParent());
        Files.writeString(RESULT, result);
    }

    private JsonNode answer(Server server) throws Exception {
        HttpResponse<byte[]> response = http.send(HttpRequest.newBuilder(URI.create(server.url())).build(), BodyHandlers.ofByteArray());
        if (response.statusCode() != 200) {
            throw new IllegalStateException(server.name() + " answers " + response.statusCode());
        }
        return json.readTree(response.body());
    }

    private Round load(Server server, int seconds) throws Exception {
        Process client = new ProcessBuilder("node", PEER.resolve("node_modules/autocannon/autocannon.js").toString(),
                "--json", "--no-progress", "--connections", Integer.toString(CONNECTIONS), "--duration", Integer.toString(seconds),
                server.url())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        JsonNode seen = json.readTree(client.getInputStream());
        if (client.waitFor() != 0 || seen.path("non2xx").asInt(-1) != 0 || seen.path("errors").asInt(-1) != 0) {
            throw new IllegalStateException(server.name() + " under load: " + seen);
        }
        return new Round(seen.at("/requests/average").asDouble(), seen.at("/latency/p50").asDouble(), seen.at("/latency/p99").asDouble());
    }

    private String result(Database database, List<Server> servers, List<List<Round>> rounds) throws Exception {
        StringBuilder text = new StringBuilder("# GET /api/v1/plans, " + PLANS + " plans\n\n"
                + "| server | requests/s | p50, ms | p99, ms | the product answers |\n|---|---|---|---|---|\n");
        for (int s = 0; s < servers.size(); s++) {
            text.append(String.format(Locale.ROOT, "| %s | %,.0f | %.0f | %.0f | %s |%n", servers.get(s).name(),
                    median(rounds.get(s), Round::rate), median(rounds.get(s), Round::p50), median(rounds.get(s), Round::p99),
                    s == 0 ? "" : ratio(rounds.get(0), rounds.get(s))));
        }
        text.append(System.lineSeparator());
        text.append(String.format("Command: `make bench-api`, %s. %d rounds of %d s in turn, %d connections kept alive, medians.%n"
                + "The answers are equal; each server has %d connections to one PostgreSQL; they, it and the client share the machine.%n%n",
                LocalDate.now(ZoneOffset.UTC), ROUNDS, SECONDS, CONNECTIONS, POOL));
        text.append(String.format("Machine: %s %s, %d cores, JDK %s, node %s,%nfastify %s, pg %s, autocannon %s, PostgreSQL %s.%n",
                System.getProperty("os.name"), System.getProperty("os.arch"), CORES,
                System.getProperty("java.version"), output("node", "--version").replace("v", ""), version("fastify"), version("pg"),
                version("autocannon"), serverVersion(database)));
        return text.toString();
    }

    /** Round by round, because a machine is not always as quick. */
    private static String ratio(List<Round> product, List<Round> peer) {
        double[] ratios = IntStream.range(0, ROUNDS).mapToDouble(i -> product.get(i).rate() / peer.get(i).rate()).sorted().toArray();
        return String.format(Locale.ROOT, "**%.2f** times as many (%.2f to %.2f)", ratios[ROUNDS / 2], ratios[0], ratios[ROUNDS - 1]);
    }

    private static double median(List<Round> rounds, ToDoubleFunction<Round> what) {
        double[] sorted = rounds.stream().mapToDouble(what).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    private String version(String module) throws IOException {
        return json.readTree(PEER.resolve("node_modules/" + module + "/package.json").toFile()).path("version").asText();
    }

    private static String serverVersion(Database database) throws SQLException {
        try (Connection connection = database.connect(); Statement sql = connection.createStatement();
                ResultSet rows = sql.executeQuery("SHOW server_version")) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static String output(String... command) throws IOException {
        return new String(new ProcessBuilder(command).start().getInputStream().readAllBytes()).strip();
    }

    private void start(ProcessBuilder builder, String name, String readyUrl) throws Exception {
        Path log = home.resolve(name + ".log");
        Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        started.add(process);
        long end = System.nanoTime() + START_LIMIT.toNanos();
        while (!answers(readyUrl)) {
            if (!process.isAlive() || System.nanoTime() > end) {
                throw new IllegalStateException("the " + name + " did not start:\n" + Files.readString(log));
            }
            Thread.sleep(250);
        }
    }

    private boolean answers(String url) throws InterruptedException {
        try {
            return http.send(HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(5)).build(), BodyHandlers.discarding())
                    .statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    private void stop() {
        started.forEach(Process::destroy);
        for (Process process : started) {
            try {
                if (!process.waitFor(30, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
            }
        }
        started.clear();
    }

    private void clean() {
        stop();
        if (embedded != null) {
            embedded.close();
        }
        try (Stream<Path> files = Files.walk(home)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            System.err.println("bench-api: " + home + " is left: " + e.getMessage());
        }
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static int setting(String name, int otherwise) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : Integer.parseInt(value);
    }
}
