package smap.identity.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EmbeddedDatabaseTest {

    @TempDir
    private static Path shared;

    private Path temporary;

    @BeforeAll
    static void unpack() throws Exception {
        new PostgresBinaries(shared.resolve("binaries")).unpacked();
    }

    /** Unpacking takes longer than all the rest, and every test has its own home. */
    @BeforeEach
    void reusePrograms() throws IOException {
        temporary = Files.createTempDirectory(shared, "home");
        Files.createSymbolicLink(temporary.resolve("binaries"), shared.resolve("binaries"));
    }

    @Test
    void data_are_kept_from_one_start_to_the_next() throws SQLException {
        Path home = temporary.resolve("a home with spaces");
        try (EmbeddedDatabase database = EmbeddedDatabase.start(home); Connection connection = connect(database)) {
            execute(connection, "CREATE TABLE kept (word text)");
            execute(connection, "INSERT INTO kept VALUES ('Grüße')");
        }

        try (EmbeddedDatabase database = EmbeddedDatabase.start(home); Connection connection = connect(database)) {
            assertThat(query(connection, "SELECT word FROM kept")).isEqualTo("Grüße");
        }
    }

    @Test
    void it_is_postgresql_15_in_utf_8_that_syncs_its_files() throws SQLException {
        try (EmbeddedDatabase database = EmbeddedDatabase.start(temporary); Connection connection = connect(database)) {
            assertThat(database.host()).isEqualTo("127.0.0.1");
            assertThat(database.user()).isEqualTo("postgres");
            assertThat(database.database()).isEqualTo("smap");
            assertThat(query(connection, "SHOW server_version")).startsWith("15.");
            assertThat(query(connection, "SHOW server_encoding")).isEqualTo("UTF8");
            assertThat(query(connection, "SHOW fsync")).isEqualTo("on");
            assertThat(query(connection, "SHOW synchronous_commit")).isEqualTo("on");
            assertThat(query(connection, "SELECT 'a' < 'B'")).as("order of code points").isEqualTo("f");
        }
    }

    @Test
    void it_is_reached_from_this_machine_only_and_by_password_only() throws Exception {
        try (EmbeddedDatabase database = EmbeddedDatabase.start(temporary)) {
            assertThatThrownBy(() -> DriverManager.getConnection(url(database), database.user(), "guessed"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("password");
            for (InetAddress address : otherAddresses()) {
                assertThatThrownBy(() -> connectSocket(address, database.port())).isInstanceOf(IOException.class);
            }
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(temporary.resolve("postgres/smap-password"))))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void no_process_is_left_after_the_stop() throws IOException {
        EmbeddedDatabase database = EmbeddedDatabase.start(temporary);
        long pid = postmasterPid();
        assertThat(ChildProcess.runs(pid)).isTrue();

        long before = System.nanoTime();
        database.close();
        database.close();

        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(4));
        ChildProcess.awaitEndOf(pid);
    }

    @Test
    void the_orphan_of_a_killed_run_is_replaced_and_its_data_are_there() throws Exception {
        long orphan;
        try (ChildProcess child = ChildProcess.runningDatabase(temporary)) {
            child.awaitLine("written");
            orphan = postmasterPid();
            child.kill();
        }
        assertThat(ChildProcess.runs(orphan)).as("the server outlives the JVM").isTrue();

        try (EmbeddedDatabase database = EmbeddedDatabase.start(temporary); Connection connection = connect(database)) {
            assertThat(query(connection, "SELECT word FROM kept")).isEqualTo("survived");
            ChildProcess.awaitEndOf(orphan);
        }
    }

    @Test
    void a_server_that_was_killed_itself_recovers() throws Exception {
        try (EmbeddedDatabase database = EmbeddedDatabase.start(temporary); Connection connection = connect(database)) {
            execute(connection, "CREATE TABLE kept AS SELECT 'survived'::text AS word");
            ProcessHandle postmaster = ProcessHandle.of(postmasterPid()).orElseThrow();
            postmaster.destroyForcibly();
            ChildProcess.awaitEndOf(postmaster.pid());
        }

        try (EmbeddedDatabase database = EmbeddedDatabase.start(temporary); Connection connection = connect(database)) {
            assertThat(query(connection, "SELECT word FROM kept")).isEqualTo("survived");
        }
    }

    @Test
    void a_stale_pid_that_now_belongs_to_another_process_neither_hinders_the_start_nor_harms_that_process() throws IOException {
        EmbeddedDatabase.start(temporary).close();
        long self = ProcessHandle.current().pid();
        Path data = temporary.resolve("postgres");
        Files.writeString(data.resolve("postmaster.pid"), self + "\n" + data + "\n1700000000\n5432\n\n127.0.0.1\n1 1\nready   \n");

        try (EmbeddedDatabase database = EmbeddedDatabase.start(temporary)) {
            assertThat(database.port()).isPositive();
            assertThat(postmasterPid()).isNotEqualTo(self);
        }
    }

    @Test
    void what_a_first_run_left_unfinished_is_made_anew() throws Exception {
        Files.delete(temporary.resolve("binaries"));
        Files.createDirectories(temporary.resolve("binaries/partial/bin"));
        Files.writeString(temporary.resolve("binaries/partial/bin/postgres"), "half");
        Files.createDirectories(temporary.resolve("postgres.partial"));
        Files.writeString(temporary.resolve("postgres.partial/postgresql.conf"), "");

        try (EmbeddedDatabase database = EmbeddedDatabase.start(temporary); Connection connection = connect(database)) {
            assertThat(query(connection, "SELECT 1")).isEqualTo("1");
        }
        assertThat(temporary.resolve("binaries/partial")).doesNotExist();
        assertThat(temporary.resolve("postgres.partial")).doesNotExist();
    }

    @Test
    void everything_is_kept_below_its_home() throws IOException {
        EmbeddedDatabase.start(temporary).close();

        try (Stream<Path> files = Files.list(temporary)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder("binaries", "postgres", "postgres.log");
        }
    }

    @Test
    void data_of_another_version_are_refused_with_both_versions_and_a_way_out() throws IOException {
        Path data = Files.createDirectories(temporary.resolve("postgres"));
        Files.writeString(data.resolve("PG_VERSION"), "14\n");

        assertThatThrownBy(() -> EmbeddedDatabase.start(temporary))
                .isInstanceOf(EmbeddedServerException.class)
                .hasMessageContaining(data.toString())
                .hasMessageContaining("PostgreSQL 14")
                .hasMessageContaining("PostgreSQL 15")
                .hasMessageContaining("POSTGRES_HOST");
        assertThat(data.resolve("PG_VERSION")).hasContent("14");
    }

    @Test
    void a_server_that_refuses_to_start_is_quoted() throws IOException {
        EmbeddedDatabase.start(temporary).close();
        Files.writeString(temporary.resolve("postgres/postgresql.conf"), "no_such_setting = on\n");

        assertThatThrownBy(() -> EmbeddedDatabase.start(temporary))
                .isInstanceOf(EmbeddedServerException.class)
                .hasMessageContaining("no_such_setting")
                .hasMessageContaining("POSTGRES_HOST");
    }

    @Test
    void a_machine_without_programs_is_sent_to_a_configured_server() {
        PostgresBinaries binaries = new PostgresBinaries(temporary, "Linux", "sparc");

        assertThatThrownBy(binaries::unpacked)
                .isInstanceOf(EmbeddedServerException.class)
                .hasMessageContaining("Linux on sparc")
                .hasMessageContaining("POSTGRES_HOST");
    }

    @ParameterizedTest
    @CsvSource({"Linux, x86_64", "Linux, aarch64", "Darwin, x86_64", "Darwin, aarch64"})
    void programs_for_every_supported_machine_are_at_hand(String system, String machine) throws IOException {
        try (InputStream archive = DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(system, machine)) {
            assertThat(archive).isNotNull();
        }
    }

    private long postmasterPid() throws IOException {
        return Long.parseLong(Files.readAllLines(temporary.resolve("postgres/postmaster.pid")).get(0));
    }

    private static String url(EmbeddedDatabase database) {
        return "jdbc:postgresql://" + database.host() + ":" + database.port() + "/" + database.database();
    }

    private static Connection connect(EmbeddedDatabase database) throws SQLException {
        return DriverManager.getConnection(url(database), database.user(), database.password());
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String query(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery(sql)) {
            assertThat(result.next()).isTrue();
            return result.getString(1);
        }
    }

    private static List<InetAddress> otherAddresses() throws IOException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
                .toList();
    }

    private static void connectSocket(InetAddress address, int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 2000);
        }
    }
}
