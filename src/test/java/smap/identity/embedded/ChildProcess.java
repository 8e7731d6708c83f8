package smap.identity.embedded;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import org.awaitility.Awaitility;

/** Another JVM on the test class path, to be killed; it ends by itself when this one does, because its input ends. */
final class ChildProcess implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;

    private ChildProcess(String program, Path home) throws IOException {
        process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", System.getProperty("java.class.path"), ChildProcess.class.getName(), program, home.toString())
                .redirectErrorStream(true)
                .start();
        output = process.inputReader();
    }

    /** Whether any process runs: one that has ended but that nobody waits for, as in a container without an init, has no command. */
    static boolean runs(long pid) {
        return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).flatMap(process -> process.info().command()).isPresent();
    }

    /** Bounded; PostgreSQL removes its file just before it ends. */
    static void awaitEndOf(long pid) {
        Awaitility.await().atMost(Duration.ofSeconds(2)).until(() -> !runs(pid));
    }

    static ChildProcess holdingHome(Path home) throws IOException {
        return new ChildProcess("home", home);
    }

    static ChildProcess runningDatabase(Path home) throws IOException {
        return new ChildProcess("database", home);
    }

    static ChildProcess runningServers(Path home) throws IOException {
        return new ChildProcess("servers", home);
    }

    /** The rest of the line that begins so. */
    String awaitLine(String beginning) throws IOException {
        StringBuilder seen = new StringBuilder();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.startsWith(beginning)) {
                return line.substring(beginning.length()).strip();
            }
            seen.append(line).append('\n');
        }
        throw new IllegalStateException("the child ended without '" + beginning + "':\n" + seen);
    }

    String restOfOutput() throws IOException {
        StringBuilder rest = new StringBuilder();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            rest.append(line).append('\n');
        }
        return rest.toString();
    }

    long pid() {
        return process.pid();
    }

    void endInput() throws IOException {
        process.getOutputStream().close();
    }

    int awaitEnd() throws InterruptedException {
        return process.waitFor();
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }

    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[1]);
        switch (arguments[0]) {
            case "home" -> {
                EmbeddedHome.open(home);
                System.out.println("holding");
                awaitEndOfInput();
            }
            case "database" -> {
                EmbeddedDatabase database = EmbeddedDatabase.start(home);
                String url = "jdbc:postgresql://127.0.0.1:" + database.port() + "/" + database.database();
                try (Connection connection = DriverManager.getConnection(url, database.user(), database.password());
                        Statement statement = connection.createStatement()) {
                    statement.execute("CREATE TABLE kept (word text)");
                    statement.execute("INSERT INTO kept VALUES ('survived')");
                    System.out.println("written " + database.port());
                    awaitEndOfInput();
                }
            }
            case "servers" -> {
                EmbeddedServers servers = new EmbeddedServers(home, true, true, true);
                servers.start();
                System.out.println("started");
                awaitEndOfInput();
                servers.close();
                // no System.exit: a thread that is left would keep this process
                System.out.println("stopped");
            }
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static void awaitEndOfInput() throws IOException {
        System.in.transferTo(OutputStream.nullOutputStream());
    }
}
