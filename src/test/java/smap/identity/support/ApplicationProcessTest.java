package smap.identity.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ApplicationProcessTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    @Test
    void its_lines_are_kept_and_written_to_a_log() throws Exception {
        try (ApplicationProcess process = start("serve", Map.of("GREETING", "hello"))) {
            assertThat(process.awaitLine("^greeting", LIMIT)).isEqualTo("greeting hello");
            assertThat(process.awaitLine(line -> line.startsWith("warning"), LIMIT)).isEqualTo("warning on stderr");
            assertThat(process.lines()).contains("greeting hello", "warning on stderr");
            assertThat(process.outputLines()).contains("greeting hello").doesNotContain("warning on stderr");
        }
        assertThat(Files.readString(Path.of("target", "process-logs", "ApplicationProcessTest-serve.log"))).contains("greeting hello");
    }

    @Test
    void settings_of_this_environment_are_not_handed_on() {
        try (ApplicationProcess process = start("settings", Map.of("SMTP_HOST", "127.0.0.1"))) {
            assertThat(process.awaitExit(LIMIT)).isZero();
            assertThat(process.lines()).contains("[SMTP_HOST]", "directory " + process.directory());
        }
    }

    @Test
    void it_is_ready_when_it_answers_200_and_stops_on_a_signal() {
        try (ApplicationProcess process = start("wait", Map.of())) {
            int port = Integer.parseInt(process.awaitLine("^port ", LIMIT).substring("port ".length()));
            process.awaitReady(URI.create("http://127.0.0.1:" + port + "/"), LIMIT);
            assertThat(process.isAlive()).isTrue();
            assertThatThrownBy(process::exitCode).isInstanceOf(IllegalStateException.class);

            assertThat(process.terminate()).isEqualTo(128 + 15);
            assertThat(process.lines()).contains("stopping");
            assertThat(process.isAlive()).isFalse();
        }
    }

    @Test
    void a_killed_process_says_nothing_more() {
        try (ApplicationProcess process = start("killed", Map.of())) {
            process.awaitLine("^port ", LIMIT);
            assertThat(ProcessHandle.of(process.pid())).isPresent();
            process.kill();

            assertThat(process.exitCode()).isEqualTo(128 + 9);
            assertThat(process.lines()).doesNotContain("stopping");
        }
    }

    @Test
    void waiting_for_a_process_that_died_fails_at_once_with_what_it_printed() {
        try (ApplicationProcess process = start("fail", Map.of())) {
            Duration tooLong = Duration.ofMinutes(10);

            assertThatThrownBy(() -> process.awaitLine("never printed", tooLong))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("exit code 3")
                    .hasMessageContaining("warning on stderr");
            assertThatThrownBy(() -> process.awaitReady(URI.create("http://127.0.0.1:1/"), tooLong))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("exit code 3");
        }
    }

    @Test
    void closing_ends_it_and_deletes_its_directory() {
        ApplicationProcess process = start("close", Map.of());
        process.awaitLine("^port ", LIMIT);
        assertThat(process.directory()).isDirectory();

        process.close();

        assertThat(process.isAlive()).isFalse();
        assertThat(process.directory()).doesNotExist();
    }

    @Test
    void the_product_does_not_see_the_tests_classes() {
        assertThat(ApplicationProcess.productClassPath()).contains("classes").doesNotContain("test-classes");
    }

    private static ApplicationProcess start(String role, Map<String, String> environment) {
        return ApplicationProcess.start(ApplicationProcessTest.class, Peer.class.getName(),
                List.of("-cp", System.getProperty("java.class.path")), role, environment, Map.of());
    }

    /** Stands in for the product. */
    static final class Peer {

        private Peer() {}

        public static void main(String[] args) throws IOException {
            System.out.println("greeting " + System.getenv("GREETING"));
            System.err.println("warning on stderr");
            if (args[0].equals("fail")) {
                System.exit(3);
            }
            if (args[0].equals("settings")) {
                System.out.println("directory " + Path.of("").toAbsolutePath());
                System.out.println(System.getenv().keySet().stream()
                        .filter(name -> name.matches("(SMTP|SMAP|POSTGRES|RABBITMQ|APP)_.*")).sorted().toList());
                return;
            }
            Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("stopping")));
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", exchange -> {
                exchange.sendResponseHeaders(200, -1);
                exchange.close();
            });
            server.start();
            System.out.println("port " + server.getAddress().getPort());
        }
    }
}
