package smap.identity.embedded;

import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real PostgreSQL for development, its data kept between runs, reachable from this machine only and by password only.
 *
 * <p>The caller holds the directory's {@link EmbeddedHome}, so a server found running on the data is an orphan of a killed
 * run and is stopped. The server outlives this object unless {@link #close} is called: no shutdown hook is registered,
 * because what uses the database has to stop first. Zonky's launcher is not used, only its programs: it switches fsync off,
 * trusts every local user, only logs that a stop has failed, and leaves half-made data behind when it is stopped early.
 *
 * <p>Thread-safe.
 */
public final class EmbeddedDatabase implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedDatabase.class);

    private static final String HOST = "127.0.0.1";
    private static final String USER = "postgres";
    private static final String DATABASE = "smap";
    private static final String PASSWORD_FILE = "smap-password";
    private static final String NO_SUCH_DATABASE = "3D000";
    private static final Pattern MAJOR = Pattern.compile("PostgreSQL\\)? (\\d+)");

    private static final int START_ATTEMPTS = 3;
    private static final int START_SECONDS = 60;
    private static final int ORPHAN_STOP_SECONDS = 10;
    private static final int STOP_SECONDS = 3;
    private static final int INTERRUPTED_SECONDS = 2;
    private static final int LOG_LINES_IN_MESSAGE = 8;

    private final Path home;
    private final Path data;
    private final Path log;
    private final Path programs;
    private int port;
    private String password;
    private boolean closed;

    private EmbeddedDatabase(Path home, Path programs) {
        this.home = home;
        this.data = home.resolve("postgres");
        this.log = home.resolve("postgres.log");
        this.programs = programs;
    }

    /**
     * Starts the server, on first use after unpacking it and making the database.
     *
     * @param home directory of the embedded servers; data go to {@code postgres}, messages to {@code postgres.log} below it
     * @throws EmbeddedServerException when it cannot be started; nothing is left running then
     */
    public static EmbeddedDatabase start(Path home) {
        new LibraryLogs("io.zonky.test").quieten();
        Path directory = home.toAbsolutePath().normalize();
        try {
            Files.createDirectories(directory, EmbeddedHome.ownerOnly("rwx------"));
            EmbeddedDatabase database = new EmbeddedDatabase(directory, new PostgresBinaries(directory.resolve("binaries")).unpacked());
            database.start();
            return database;
        } catch (IOException | SQLException | LinkageError e) {
            throw new EmbeddedServerException("The embedded PostgreSQL in " + directory + " did not start: " + e.getMessage()
                    + " Put it right, or set POSTGRES_HOST to a PostgreSQL server.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddedServerException("The start of the embedded PostgreSQL was interrupted.", e);
        }
    }

    /** Zonky asks the machine on first use, and swallows an interruption meanwhile: so before a start that may be interrupted. */
    static void probeMachine() {
        new LibraryLogs("io.zonky.test").quieten();
        LinuxUtils.isUnshareAvailable();
    }

    public String host() {
        return HOST;
    }

    public int port() {
        return port;
    }

    public String user() {
        return USER;
    }

    /** Made at random with the data, and kept beside them. */
    public String password() {
        return password;
    }

    public String database() {
        return DATABASE;
    }

    /** Stops the server within about four seconds, breaking its connections; what was committed stays. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            stop(STOP_SECONDS);
        }
    }

    private void start() throws IOException, SQLException, InterruptedException {
        refuseRoot();
        refuseOtherVersion();
        stopOrphan();
        if (!Files.isDirectory(data)) {
            initialise();
        }
        password = Files.readString(data.resolve(PASSWORD_FILE)).strip();
        try {
            launch();
            createDatabase();
        } catch (IOException | SQLException | InterruptedException | RuntimeException e) {
            stop(STOP_SECONDS);
            throw e;
        }
    }

    private void refuseRoot() {
        if ("root".equals(System.getProperty("user.name")) && !LinuxUtils.isUnshareAvailable()) {
            throw new EmbeddedServerException("PostgreSQL does not run as root, and this machine does not allow the user namespace"
                    + " that would help. Run as another user, or set POSTGRES_HOST to a PostgreSQL server.");
        }
    }

    private void refuseOtherVersion() throws IOException, InterruptedException {
        Path version = data.resolve("PG_VERSION");
        if (!Files.exists(version)) {
            return;
        }
        String made = Files.readString(version).strip();
        Matcher ours = MAJOR.matcher(output(Duration.ofSeconds(10), "postgres", "--version"));
        if (ours.find() && !ours.group(1).equals(made)) {
            throw new EmbeddedServerException("The data in " + data + " were made by PostgreSQL " + made + ", but PostgreSQL "
                    + ours.group(1) + " is embedded now, which cannot read them. Move that directory away to begin with an empty"
                    + " database, or set POSTGRES_HOST to a PostgreSQL " + made + " server that holds the data.");
        }
    }

    private void stopOrphan() throws IOException {
        Optional<Postmaster> found = postmaster();
        if (found.isEmpty()) {
            return;
        }
        Postmaster postmaster = found.get();
        if (postmaster.runsOn(data)) {
            LOG.warn("Stopping the embedded PostgreSQL that a killed run has left, process {}", postmaster.pid());
            stop(ORPHAN_STOP_SECONDS);
        } else if (!postmaster.isPostgres()) {
            // after a reboot the number may belong to any process, and the server would refuse to start because of it
            Files.deleteIfExists(postmasterPid());
        }
    }

    /** Makes the data aside and moves them into place when complete: a first run may be stopped at any moment. */
    private void initialise() throws IOException, InterruptedException {
        Path partial = home.resolve("postgres.partial");
        Path secret = home.resolve("postgres.password");
        Files.deleteIfExists(secret);
        Files.createFile(secret, EmbeddedHome.ownerOnly("rw-------"));
        Files.writeString(secret, randomPassword() + "\n");
        // C.UTF-8 knows the case of letters beyond ASCII, but not every system has it
        try {
            initdb(partial, secret, "C.UTF-8");
        } catch (IOException e) {
            LOG.debug("initdb failed with C.UTF-8, trying C", e);
            initdb(partial, secret, "C");
        }
        Files.move(secret, partial.resolve(PASSWORD_FILE));
        Files.move(partial, data, StandardCopyOption.ATOMIC_MOVE);
    }

    private void initdb(Path target, Path secret, String locale) throws IOException, InterruptedException {
        PostgresBinaries.deleteTree(target);
        output(Duration.ofSeconds(START_SECONDS), "initdb", "-D", target.toString(), "-U", USER, "-E", "UTF8", "--locale=" + locale,
                "-A", "scram-sha-256", "--pwfile=" + secret);
    }

    private void launch() throws IOException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            port = freePort();
            Files.deleteIfExists(log);
            try {
                // pg_ctl, not the server itself: it takes the server out of the terminal's group, so that Ctrl-C reaches only us
                output(Duration.ofSeconds(START_SECONDS + 5), "pg_ctl", "-D", data.toString(), "-l", log.toString(), "-w",
                        "-t", Integer.toString(START_SECONDS), "-o", String.join(" ", settings()), "start");
                return;
            } catch (IOException e) {
                List<String> messages = Files.exists(log) ? Files.readAllLines(log) : List.of();
                boolean portTaken = messages.stream().anyMatch(line -> line.contains("Address already in use"));
                if (!portTaken || attempt == START_ATTEMPTS) {
                    throw new IOException(e.getMessage() + "\n" + last(messages), e);
                }
            }
        }
    }

    /** For a shell: no value may hold a space or a quote. */
    private List<String> settings() {
        return List.of(
                "-c", "listen_addresses=" + HOST,
                "-c", "port=" + port,
                // no socket file: its path may be too long, and the password guards the port alike
                "-c", "unix_socket_directories=",
                "-c", "timezone=UTC",
                "-c", "log_timezone=UTC",
                "-c", "log_checkpoints=off",
                "-c", "log_connections=off",
                // nobody replicates from here; less is written to the log, and fsync stays on
                "-c", "wal_level=minimal",
                "-c", "max_wal_senders=0",
                "-c", "shared_buffers=64MB",
                "-c", "jit=off");
    }

    private void createDatabase() throws SQLException {
        try (Connection connection = dataSource(DATABASE).getConnection()) {
            LOG.trace("Database {} is there: {}", DATABASE, connection);
        } catch (SQLException e) {
            if (!NO_SUCH_DATABASE.equals(e.getSQLState())) {
                throw e;
            }
            try (Connection connection = dataSource(USER).getConnection(); Statement statement = connection.createStatement()) {
                statement.execute("CREATE DATABASE " + DATABASE);
            }
        }
    }

    private PGSimpleDataSource dataSource(String name) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {HOST});
        source.setPortNumbers(new int[] {port});
        source.setDatabaseName(name);
        source.setUser(USER);
        source.setPassword(password);
        return source;
    }

    /** First orderly, then at once (the next start recovers), then by force; never throws, because others are to be stopped too. */
    private void stop(int seconds) {
        // an interrupted caller wants to leave, but not without having stopped the server
        boolean interrupted = Thread.interrupted();
        try {
            if (stopped("fast", seconds) || stopped("immediate", 1)) {
                return;
            }
            LOG.warn("The embedded PostgreSQL did not stop in {} s; killing it", seconds + 1);
            postmaster().filter(postmaster -> postmaster.runsOn(data)).ifPresent(Postmaster::kill);
        } catch (IOException e) {
            LOG.warn("The embedded PostgreSQL in {} could not be stopped: {}", data, e.toString());
        } catch (InterruptedException e) {
            interrupted = true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private boolean stopped(String mode, int seconds) throws IOException, InterruptedException {
        if (postmaster().filter(postmaster -> postmaster.runsOn(data)).isEmpty()) {
            return true;
        }
        try {
            output(Duration.ofSeconds(seconds + 1), "pg_ctl", "-D", data.toString(), "-m", mode, "-w",
                    "-t", Integer.toString(seconds), "stop");
            return true;
        } catch (IOException e) {
            LOG.debug("pg_ctl stop -m {} failed", mode, e);
            return postmaster().filter(postmaster -> postmaster.runsOn(data)).isEmpty();
        }
    }

    private Path postmasterPid() {
        return data.resolve("postmaster.pid");
    }

    private Optional<Postmaster> postmaster() throws IOException {
        if (!Files.exists(postmasterPid())) {
            return Optional.empty();
        }
        try {
            List<String> lines = Files.readAllLines(postmasterPid(), StandardCharsets.US_ASCII);
            return lines.isEmpty() ? Optional.empty() : ProcessHandle.of(Long.parseLong(lines.get(0).strip())).map(Postmaster::new);
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Runs one of PostgreSQL's programs to its end; IOException with its last messages unless it succeeds. */
    private String output(Duration limit, String program, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        if (LinuxUtils.isUnshareAvailable()) {
            // root, seen by PostgreSQL as somebody else
            command.addAll(List.of("unshare", "-U"));
        }
        command.add(programs.resolve("bin").resolve(program).toString());
        command.addAll(Arrays.asList(arguments));
        // into a file: a server that inherits a pipe would keep its reader waiting
        Path messages = Files.createTempFile(home, program, ".out");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(messages.toFile());
            // a developer's own PostgreSQL settings must not reach this server
            builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
            builder.environment().put("LC_ALL", "C");
            Process process = builder.start();
            try {
                if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                    throw new IOException(program + " did not end within " + limit.toSeconds() + " s.");
                }
            } catch (InterruptedException e) {
                // a pg_ctl that is killed while it starts the server leaves one that nobody knows of yet
                process.waitFor(INTERRUPTED_SECONDS, TimeUnit.SECONDS);
                throw e;
            } finally {
                process.destroyForcibly();
            }
            if (process.exitValue() != 0) {
                throw new IOException(program + " ended with status " + process.exitValue() + ":\n"
                        + last(Files.readAllLines(messages)));
            }
            return Files.readString(messages);
        } finally {
            Files.deleteIfExists(messages);
        }
    }

    private static String last(List<String> lines) {
        return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES_IN_MESSAGE), lines.size()));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static String randomPassword() {
        byte[] bytes = new byte[18];
        new SecureRandom().nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** The process that postmaster.pid names, which may by now be any other. */
    private record Postmaster(ProcessHandle process) {

        long pid() {
            return process.pid();
        }

        boolean runsOn(Path data) {
            return isPostgres()
                    && process.info().arguments().map(arguments -> Arrays.asList(arguments).contains(data.toString())).orElse(true);
        }

        boolean isPostgres() {
            return process.isAlive() && process.info().command().map(command -> command.contains("postgres")).orElse(false);
        }

        void kill() {
            process.destroyForcibly();
        }
    }
}
