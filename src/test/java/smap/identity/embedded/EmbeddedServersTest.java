package smap.identity.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.ConnectionFactory;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedServersTest {

    @TempDir
    private Path home;

    @Test
    void all_that_is_asked_for_runs_and_is_named_by_property_keys() throws Exception {
        try (EmbeddedServers servers = new EmbeddedServers(home, true, true, true)) {
            assertThat(servers.properties()).isEmpty();
            servers.start();
            Map<String, String> properties = servers.properties();

            assertThat(properties).containsOnlyKeys("postgres.host", "postgres.port", "postgres.user", "postgres.password", "postgres.db",
                    "rabbitmq.url", "smtp.host", "smtp.port");
            DriverManager.getConnection("jdbc:postgresql://" + properties.get("postgres.host") + ":" + properties.get("postgres.port")
                    + "/" + properties.get("postgres.db"), properties.get("postgres.user"), properties.get("postgres.password")).close();
            ConnectionFactory factory = new ConnectionFactory();
            factory.setUri(properties.get("rabbitmq.url"));
            factory.newConnection().close();
            new Socket(properties.get("smtp.host"), Integer.parseInt(properties.get("smtp.port"))).close();
            assertThat(servers.mailServer()).hasValueSatisfying(server ->
                    assertThat(server.port()).isEqualTo(Integer.parseInt(properties.get("smtp.port"))));
        }
        EmbeddedHome.open(home).close();
    }

    @Test
    void what_is_configured_elsewhere_is_not_started() throws Exception {
        try (EmbeddedServers servers = new EmbeddedServers(home.resolve("unused"), false, false, true)) {
            servers.start();

            assertThat(servers.properties()).containsOnlyKeys("smtp.host", "smtp.port");
        }
        assertThat(home.resolve("unused")).doesNotExist();
    }

    @Test
    void a_failure_of_one_stops_the_others() throws Exception {
        Files.createDirectories(home.resolve("postgres"));
        Files.writeString(home.resolve("postgres/PG_VERSION"), "9\n");
        EmbeddedServers servers = new EmbeddedServers(home, true, true, true);

        assertThatThrownBy(servers::start).isInstanceOf(EmbeddedServerException.class).hasMessageContaining("PostgreSQL 9");
        assertThat(servers.properties()).isEmpty();
        assertThat(servers.mailServer()).isEmpty();
        EmbeddedHome.open(home).close();
    }

    @Test
    void a_close_during_the_start_leaves_nothing_running() throws Exception {
        EmbeddedServers servers = new EmbeddedServers(home, true, false, true);
        CompletableFuture<Void> start = CompletableFuture.runAsync(servers::start);
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> Files.exists(home.resolve("binaries/partial")));
        servers.close();

        assertThat(start).failsWithin(Duration.ofSeconds(5)).withThrowableOfType(ExecutionException.class)
                .withMessageContaining("stopped before they had started");
        assertThat(servers.properties()).isEmpty();
        assertThat(home.resolve("postgres/postmaster.pid")).doesNotExist();
        EmbeddedHome.open(home).close();
    }

    @Test
    void a_second_process_is_refused_before_anything_starts() {
        try (EmbeddedHome held = EmbeddedHome.open(home)) {
            assertThatThrownBy(new EmbeddedServers(home, true, true, true)::start)
                    .isInstanceOf(EmbeddedServerException.class)
                    .hasMessageContaining("in use")
                    .hasMessageContaining(held.directory().toString());
        }
    }

    @Test
    void a_process_ends_by_itself_once_they_are_stopped_and_has_printed_nothing() throws Exception {
        try (ChildProcess child = ChildProcess.runningServers(home)) {
            assertThat(child.awaitLine("")).isEqualTo("started");
            long postmaster = Long.parseLong(Files.readAllLines(home.resolve("postgres/postmaster.pid")).get(0));
            child.endInput();
            long before = System.nanoTime();

            assertThat(child.restOfOutput()).isEqualTo("stopped\n");
            assertThat(child.awaitEnd()).isZero();
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
            ChildProcess.awaitEndOf(postmaster);
        }
    }
}
