package smap.identity.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import smap.identity.account.PasswordHasher;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.FreePorts;
import smap.identity.support.JsonHttp;
import smap.identity.support.JsonHttp.Answer;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/**
 * Two hundred people log in at the same moment, and then two hundred register one address. The processes under test have 192 MiB of heap
 * (ApplicationProcess) and the embedded broker and mail server in it: less than the 256 MiB the product is to do with.
 */
@WithPostgres
class LoginRushFlowTest {

    private static final int PEOPLE = 200;
    private static final String PASSWORD = "correct horse battery";

    private static TestDatabase database;

    @BeforeAll
    static void register(TestDatabase shared) throws SQLException {
        database = shared;
        String hash = new PasswordHasher(1).hash(PASSWORD);
        try (Connection connection = database.dataSource().getConnection();
                PreparedStatement insert = connection.prepareStatement("""
                        INSERT INTO users (email, password_hash, is_active, created_at, updated_at)
                        SELECT 'person' || number || '@example.com', ?, true, '2026-11-23', '2026-11-23'
                        FROM generate_series(0, ?) AS number""")) {
            insert.setString(1, hash);
            insert.setInt(2, PEOPLE - 1);
            insert.executeUpdate();
        }
    }

    /** The second as on a machine with sixteen cores where the native library does not run: so many hashes at once are 304 MiB of heap. */
    @ParameterizedTest
    @CsvSource({"'',false", "-Djna.nounpack=true -Djna.nosys=true -XX:ActiveProcessorCount=16,true"})
    void who_cannot_be_served_in_time_is_told_to_come_back(String options, boolean onHeap) throws Exception {
        int port = FreePorts.one();
        Map<String, String> settings = Map.of(
                "APP_PORT", Integer.toString(port),
                "MANAGEMENT_PORT", Integer.toString(FreePorts.one()),
                "RATE_LIMITS", "off",
                "JAVA_TOOL_OPTIONS", options,
                "POSTGRES_HOST", database.host(),
                "POSTGRES_PORT", Integer.toString(database.port()),
                "POSTGRES_DB", database.name(),
                "POSTGRES_USER", database.user(),
                "POSTGRES_PASSWORD", database.password());
        try (ApplicationProcess product = ApplicationProcess.start(LoginRushFlowTest.class, "all", settings)) {
            product.awaitReady(URI.create("http://127.0.0.1:" + port + "/ready"), Duration.ofSeconds(60));
            JsonHttp http = JsonHttp.at("http://127.0.0.1:" + port);
            String login = "/api/v1/authentication/login";

            List<Answer> answers = atOnce(person -> http.post(login, Map.of("email", email(person), "password", PASSWORD)));

            assertThat(answers).hasSize(PEOPLE).allSatisfy(answer -> {
                assertThat(answer.status()).as(answer.text()).isIn(200, 503);
                if (answer.status() == 503) {
                    assertThat(answer.errorCode()).isEqualTo(503);
                    assertThat(answer.header("Retry-After")).hasValueSatisfying(wait -> assertThat(wait).matches("[1-9][0-9]*"));
                } else {
                    assertThat(answer.data().path("token").asText()).isNotEmpty();
                }
            });
            assertThat(answers).filteredOn(answer -> answer.status() == 200).isNotEmpty();
            assertThat(http.post(login, Map.of("email", email(0), "password", PASSWORD)).status()).as("afterwards").isEqualTo(200);
            assertThat(http.post(login, Map.of("email", email(0), "password", "wrong horse battery")).status()).isEqualTo(401);

            List<Answer> twins = atOnce(number -> http.post(
                    "/api/v1/authentication/register", Map.of("email", spelling("twin" + onHeap, number), "password", PASSWORD)));
            assertThat(twins).extracting(Answer::status).isSubsetOf(201, 409, 503).containsOnlyOnce(201).contains(409);
            assertThat(database.text("SELECT count(*) FROM users WHERE lower(email) = 'twin" + onHeap + "@example.com'")).isEqualTo("1");

            assertThat(product.isAlive()).isTrue();
            assertThat(product.lines()).noneMatch(line -> line.contains("OutOfMemoryError"))
                    .filteredOn(line -> line.contains("Native argon2 is not available here")).hasSize(onHeap ? 1 : 0);
        }
    }

    /** The same address for each number, in different case. */
    private static String spelling(String name, int number) {
        char first = number % 2 == 0 ? Character.toUpperCase(name.charAt(0)) : name.charAt(0);
        return first + name.substring(1) + (number % 4 < 2 ? "@example.com" : "@EXAMPLE.com");
    }

    private static String email(int person) {
        return "person" + person + "@example.com";
    }

    private static List<Answer> atOnce(IntFunction<Answer> call) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(PEOPLE);
        try {
            CountDownLatch start = new CountDownLatch(1);
            List<Future<Answer>> calls = new ArrayList<>();
            for (int person = 0; person < PEOPLE; person++) {
                int number = person;
                calls.add(threads.submit(() -> {
                    start.await();
                    return call.apply(number);
                }));
            }
            start.countDown();
            List<Answer> answers = new ArrayList<>();
            for (Future<Answer> answer : calls) {
                answers.add(answer.get());
            }
            return answers;
        } finally {
            threads.shutdownNow();
        }
    }
}
