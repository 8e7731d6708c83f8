package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import smap.identity.contract.ContractCoverage.ExampleRequest;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.FreePorts;
import smap.identity.support.JsonHttp;
import smap.identity.support.JsonHttp.Answer;
import smap.identity.support.PostgresServer;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/**
 * What every operation refuses alike, asked of each one with the request that the contract gives as its example: callers who may not,
 * bodies that are too large or of another type, a fault of ours, a database that is away. One process sees all of it, in this order.
 */
@WithPostgres
class RefusalContractTest {

    private static final String PASSWORD = "correct horse battery";
    private static final int MIB = 1024 * 1024;

    private final ContractCoverage contract = new ContractCoverage();

    @Test
    void every_operation_refuses_what_each_of_them_refuses(PostgresServer server) throws SQLException {
        TestDatabase database = server.newDatabase();
        int port = FreePorts.one();
        try (ApplicationProcess product = start(port, database)) {
            JsonHttp anyone = JsonHttp.at("http://127.0.0.1:" + port);
            JsonHttp user = caller(anyone, database, "USER");
            JsonHttp admin = caller(anyone, database, "ADMIN");
            callersWhoMayNot(anyone, user);
            bodiesNobodyReads(admin);
            faultOfOurs(product, admin, database);
            databaseAway(admin, server, database);
            assertThat(product.isAlive()).isTrue();
        }
        assertThat(contract.seen()).containsAll(contract.refusals());
    }

    private void callersWhoMayNot(JsonHttp anyone, JsonHttp user) {
        for (ExampleRequest example : contract.examples()) {
            if (example.secured()) {
                assertThat(check(example, anyone).errorCode()).as(example.id()).isEqualTo(401);
                assertThat(check(example, anyone.as("a.b.c")).errorCode()).as(example.id()).isEqualTo(401);
            }
            if (example.secured() && !example.method().equals("GET")) {
                JsonHttp lured = anyone.with("Cookie", "smap_auth_token=a.b.c").with("Origin", "https://evil.example");
                assertThat(check(example, lured).errorCode()).as("%s from another site's page", example.id()).isEqualTo(403);
            }
            if (example.forAdministrators()) {
                assertThat(check(example, user).errorCode()).as(example.id()).isEqualTo(403);
                JsonHttp pretender = user.with("allowed_roles", "USER").with("caller", "x");
                assertThat(check(example, pretender).errorCode()).as(example.id()).isEqualTo(403);
            }
        }
    }

    private void bodiesNobodyReads(JsonHttp admin) {
        String large = '"' + "x".repeat(MIB) + '"';
        for (ExampleRequest example : contract.examples()) {
            if (example.body() != null) {
                assertThat(contract.check(example.id(), admin.send(example.method(), example.path(), large)).status())
                        .as(example.id()).isEqualTo(413);
                JsonHttp form = admin.with("Content-Type", "application/x-www-form-urlencoded");
                assertThat(contract.check(example.id(), form.send(example.method(), example.path(), "a=b")).status())
                        .as(example.id()).isEqualTo(415);
                assertThat(contract.check(example.id(), admin.send(example.method(), example.path(), "{\"a\":")).status())
                        .as(example.id()).isEqualTo(400);
            }
        }
    }

    /** No table is where the statements look for it. */
    private void faultOfOurs(ApplicationProcess product, JsonHttp admin, TestDatabase database) throws SQLException {
        for (String table : tables(database)) {
            execute(database, "ALTER TABLE " + table + " RENAME TO " + table + "_of_before");
        }
        for (Answer answer : everything(admin, "500")) {
            assertThat(answer.errorCode()).as(answer.text()).isEqualTo(500);
            assertThat(answer.json().size()).as("code, message and trace id, and nothing more: %s", answer.text()).isEqualTo(3);
            product.awaitLine(answer.json().path("trace_id").asText(), Duration.ofSeconds(5));
        }
    }

    private void databaseAway(JsonHttp admin, PostgresServer server, TestDatabase gone) throws SQLException {
        TestDatabase other = server.newDatabase();
        execute(other, "ALTER DATABASE " + gone.name() + " ALLOW_CONNECTIONS false");
        execute(other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + gone.name() + "'");
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> admin.get("/ready").status() == 503);
        for (Answer answer : everything(admin, "503")) {
            assertThat(answer.errorCode()).as(answer.text()).isEqualTo(503);
        }
        for (String operation : List.of("ready", "health")) {
            assertThat(admin.get("/" + operation).json().path("errors").findValuesAsText("field")).containsExactly("database");
        }
        assertThat(admin.get("/live").status()).isEqualTo(200);
    }

    /** The answers of every operation that documents a status, asked for at once. */
    private List<Answer> everything(JsonHttp caller, String status) {
        ExecutorService callers = Executors.newCachedThreadPool();
        try {
            List<CompletableFuture<Answer>> answers = contract.examples().stream()
                    .filter(example -> contract.refusals().contains(example.id() + ' ' + status))
                    .map(example -> CompletableFuture.supplyAsync(() -> check(example, caller), callers))
                    .toList();
            return answers.stream().map(CompletableFuture::join).toList();
        } finally {
            callers.shutdownNow();
        }
    }

    private Answer check(ExampleRequest example, JsonHttp caller) {
        return contract.check(example.id(), example.by(caller));
    }

    private static ApplicationProcess start(int port, TestDatabase database) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "APP_PORT", Integer.toString(port),
                "MANAGEMENT_PORT", Integer.toString(FreePorts.one()),
                "POSTGRES_HOST", database.host(),
                "POSTGRES_PORT", Integer.toString(database.port()),
                "POSTGRES_DB", database.name(),
                "POSTGRES_USER", database.user(),
                "POSTGRES_PASSWORD", database.password()));
        ApplicationProcess started = ApplicationProcess.start(RefusalContractTest.class, "all", settings);
        started.awaitReady(URI.create("http://127.0.0.1:" + port + "/ready"), Duration.ofSeconds(120));
        return started;
    }

    private static JsonHttp caller(JsonHttp root, TestDatabase database, String role) throws SQLException {
        Map<String, String> credentials = Map.of("email", role + "@example.com", "password", PASSWORD);
        assertThat(root.post("/api/v1/authentication/register", credentials).status()).isEqualTo(201);
        execute(database, "UPDATE users SET is_active = true, role = '" + role + "' WHERE email = '" + role + "@example.com'");
        return root.as(root.post("/api/v1/authentication/login", credentials).data().path("token").asText());
    }

    private static List<String> tables(TestDatabase database) throws SQLException {
        List<String> tables = new ArrayList<>();
        try (Connection connection = database.dataSource().getConnection();
                Statement sql = connection.createStatement();
                ResultSet rows = sql.executeQuery(
                        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'flyway%'")) {
            while (rows.next()) {
                tables.add(rows.getString(1));
            }
        }
        return tables;
    }

    private static void execute(TestDatabase database, String statement) throws SQLException {
        try (Connection connection = database.dataSource().getConnection(); Statement sql = connection.createStatement()) {
            sql.execute(statement);
        }
    }
}
