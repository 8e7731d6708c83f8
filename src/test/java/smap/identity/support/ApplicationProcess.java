package smap.identity.support;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * The product in a JVM of its own, as its users run it: one role, settings by the environment, an empty working directory.
 * What it prints is kept, and written to {@code target/process-logs/<test>-<role>.log}. Thread-safe.
 */
public final class ApplicationProcess implements AutoCloseable {

    /** The setting that decides whether Camel shows routes and steps under JMX. */
    public static final String JMX = "CAMEL_MAIN_JMXENABLED";
    static final String PRODUCT = "smap.identity.Application";
    /** Longer than the product's {@code SHUTDOWN_TIMEOUT} and its own start of stopping. */
    private static final Duration TERMINATION_LIMIT = Duration.ofSeconds(45);
    private static final Duration CLOSING_LIMIT = Duration.ofSeconds(10);
    private static final int TAIL = 60;
    private static final Pattern SETTING = Pattern.compile("(ADMIN|APP|AUTH|JWT|LOG|LOGGER|LOGIN|MAIL|MANAGEMENT|OTP|PASSWORD|POSTGRES"
            + "|RABBITMQ|RATE|SHUTDOWN|SMAP|SMTP|SUBSCRIPTION|SUPPORT|TRIAL|TRUSTED)_.*");
    private static final List<String> LIMITED = List.of("REGISTER", "SEND_OTP", "VERIFY_OTP", "LOGIN", "FORGOT_PASSWORD", "RESET_PASSWORD",
            "CHANGE_PASSWORD", "CHANGE_ADDRESS");
    private static final Map<String, Integer> LOG_COUNTS = new ConcurrentHashMap<>();

    private final String title;
    private final Process process;
    private final TemporaryDirectory directory;
    private final Writer log;
    private final List<Line> lines = new ArrayList<>();
    private final List<Thread> readers;
    private final Thread atExit = new Thread(this::endEverything, "application-process-end");

    private ApplicationProcess(String title, Process process, TemporaryDirectory directory, Writer log) {
        this.title = title;
        this.process = process;
        this.directory = directory;
        this.log = log;
        this.readers = List.of(reader(process.getInputStream(), false), reader(process.getErrorStream(), true));
        this.readers.forEach(Thread::start);
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /**
     * Starts a role; the settings of this JVM's own environment are not handed on.
     *
     * @param test names the log file
     * @param role {@code api}, {@code consumer} or {@code all}
     * @param environment the settings
     */
    public static ApplicationProcess start(Class<?> test, String role, Map<String, String> environment) {
        return start(test, role, environment, Map.of());
    }

    /**
     * Starts a role in a directory that holds these files: the text of each by its relative path. All tests are one client, and in a hurry:
     * unless they set a limit, it is out of their way, and unless they ask for it, Camel does not show each step under JMX.
     */
    public static ApplicationProcess start(Class<?> test, String role, Map<String, String> environment, Map<String, String> files) {
        Map<String, String> settings = new HashMap<>();
        LIMITED.forEach(limited -> settings.put("RATE_LIMIT_" + limited, "1000000/1h,1000000/1h"));
        settings.put(JMX, "false");
        settings.putAll(environment);
        return start(test, PRODUCT, ClassArchive.options(productClassPath()), role, settings, files);
    }

    /** Starts a command that ends by itself; its first word names the log file with the test. */
    public static ApplicationProcess command(Class<?> test, Map<String, String> environment, String command, String... words) {
        return start(test, PRODUCT, ClassArchive.options(productClassPath()), command, environment, Map.of(), words);
    }

    static ApplicationProcess start(Class<?> test, String mainClass, List<String> options, String role, Map<String, String> environment,
            Map<String, String> files, String... words) {
        TemporaryDirectory directory = TemporaryDirectory.named("smap-process");
        files.forEach((file, text) -> write(directory.path().resolve(file), text));
        // A small heap, with room for a few copies of the 30 MiB job, and the quick compiler only: many of these start, none lives long.
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx192m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC").directory(directory.path().toFile());
        builder.command().addAll(options);
        builder.command().addAll(List.of(mainClass, role));
        builder.command().addAll(List.of(words));
        builder.environment().keySet().removeIf(name -> SETTING.matcher(name).matches());
        builder.environment().putAll(environment);
        String name = test.getSimpleName() + "-" + role;
        int count = LOG_COUNTS.merge(name, 1, Integer::sum);
        String title = count == 1 ? name : name + "-" + count;
        try {
            Path logs = Files.createDirectories(Path.of("target", "process-logs"));
            Writer log = Files.newBufferedWriter(logs.resolve(title + ".log"));
            return new ApplicationProcess(title, builder.start(), directory, log);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + title, e);
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The class path of this JVM without the tests' own classes and resources, which would shadow the product's. */
    static String productClassPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.endsWith("test-classes") && !entry.endsWith("test-classes" + File.separator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** Where it runs: what it keeps in {@code .smap} is below. */
    public Path directory() {
        return directory.path();
    }

    /** All it printed so far, both streams in the order of arrival. */
    public List<String> lines() {
        synchronized (lines) {
            return lines.stream().map(Line::text).toList();
        }
    }

    /** What it printed to standard output so far. */
    public List<String> outputLines() {
        synchronized (lines) {
            return lines.stream().filter(line -> !line.error()).map(Line::text).toList();
        }
    }

    /** The first line that matches, printed before or still to come; fails when the process ends without one. */
    public String awaitLine(Predicate<String> wanted, Duration limit) {
        awaitOrEnd("the awaited line", limit, () -> lines().stream().anyMatch(wanted));
        return lines().stream().filter(wanted).findFirst().orElseThrow(() -> failure("ended without the awaited line"));
    }

    /** The first line in which this regular expression is found. */
    public String awaitLine(String regex, Duration limit) {
        Predicate<String> found = Pattern.compile(regex).asPredicate();
        awaitOrEnd("/" + regex + "/", limit, () -> lines().stream().anyMatch(found));
        return lines().stream().filter(found).findFirst().orElseThrow(() -> failure("ended without a line /" + regex + "/"));
    }

    /** Returns when a GET is answered 200; fails when the process ends before. */
    public void awaitReady(URI uri, Duration limit) {
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(2))
                .proxy(HttpClient.Builder.NO_PROXY)
                .build();
        HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(5)).build();
        awaitOrEnd("200 from " + uri, limit, () -> isAlive() && isOk(client, request));
        if (!isAlive()) {
            throw failure("ended before " + uri + " answered 200");
        }
    }

    /** Waits for its end by itself, and answers the exit code. */
    public int awaitExit(Duration limit) {
        if (!hasEnded(limit)) {
            throw failure("did not end within " + limit);
        }
        return process.exitValue();
    }

    /** Asks it to end (SIGTERM) and answers the exit code; one that does not end in time is killed, and that is a failure. */
    public int terminate() {
        return terminate(TERMINATION_LIMIT);
    }

    /** The same within this time. */
    public int terminate(Duration limit) {
        // By the handle, because Process.destroy() also closes the streams, and with them what it says while it stops.
        process.toHandle().destroy();
        if (!hasEnded(limit)) {
            kill();
            throw failure("did not end within " + limit + " of SIGTERM");
        }
        return process.exitValue();
    }

    /** Asks it to end as Ctrl-C does (SIGINT) and answers the exit code; one that does not end in time is killed, and that is a failure. */
    public int interrupt() {
        try {
            // The JDK sends no other signals than SIGTERM and SIGKILL.
            new ProcessBuilder("kill", "-INT", Long.toString(pid())).start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!hasEnded(TERMINATION_LIMIT)) {
            kill();
            throw failure("did not end within " + TERMINATION_LIMIT + " of SIGINT");
        }
        return process.exitValue();
    }

    /** Ends it as a crash does (SIGKILL). What it started may live on until {@link #close()}. */
    public void kill() {
        process.toHandle().destroyForcibly();
        hasEnded(CLOSING_LIMIT);
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Its exit code, once it has ended. */
    public int exitCode() {
        if (isAlive()) {
            throw new IllegalStateException(title + " still runs");
        }
        return process.exitValue();
    }

    public long pid() {
        return process.pid();
    }

    /** The processes it started, and theirs, as far as they have not cut the tie. */
    public List<ProcessHandle> descendants() {
        return process.descendants().toList();
    }

    /** Ends it, and what it started, and deletes its directory; the log stays. */
    @Override
    public void close() {
        List<ProcessHandle> descendants = descendants();
        process.toHandle().destroy();
        if (!hasEnded(CLOSING_LIMIT)) {
            kill();
        }
        descendants.forEach(ProcessHandle::destroyForcibly);
        endOrphans();
        directory.close();
        try {
            log.close();
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (IllegalStateException e) {
            // The JVM is ending: the hook has run or will.
            return;
        }
    }

    private void endEverything() {
        descendants().forEach(ProcessHandle::destroyForcibly);
        process.toHandle().destroyForcibly();
        endOrphans();
        directory.close();
    }

    /** An embedded PostgreSQL detaches itself, so it outlives a killed product; its pid stands in its data directory. */
    private void endOrphans() {
        try (Stream<Path> files = Files.walk(directory.path())) {
            files.filter(file -> file.endsWith("postmaster.pid")).toList().forEach(ApplicationProcess::endPostgres);
        } catch (IOException | UncheckedIOException e) {
            // The directory is gone or going: so is its server.
            return;
        }
    }

    private static void endPostgres(Path pidFile) {
        try {
            long pid = Long.parseLong(Files.readAllLines(pidFile).get(0).strip());
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy);
            Awaitility.await("PostgreSQL " + pid).atMost(CLOSING_LIMIT).pollInterval(Duration.ofMillis(50))
                    .until(() -> !Files.exists(pidFile));
        } catch (IOException | ConditionTimeoutException e) {
            // It removes the file itself when it ends; a stale file of a server that crashed stays until the directory goes.
            return;
        }
    }

    private void awaitOrEnd(String what, Duration limit, Callable<Boolean> condition) {
        try {
            Awaitility.await(what).atMost(limit).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(50))
                    .until(() -> condition.call() || hasSaidAll());
        } catch (ConditionTimeoutException e) {
            throw failure("gave no " + what + " within " + limit);
        }
    }

    /** Ended, and every line it printed has been read. */
    private boolean hasSaidAll() {
        return !isAlive() && readers.stream().noneMatch(Thread::isAlive);
    }

    private boolean hasEnded(Duration limit) {
        try {
            boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
            for (Thread reader : readers) {
                // Bounded: a process it started may hold the other end of the pipe open.
                reader.join(ended ? 1_000 : 1);
            }
            return ended;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static boolean isOk(HttpClient client, HttpRequest request) throws InterruptedException {
        try {
            return client.send(request, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    private AssertionError failure(String what) {
        List<String> all = lines();
        String exit = isAlive() ? "" : " (exit code " + process.exitValue() + ")";
        return new AssertionError(title + " " + what + exit + "; the end of what it printed:\n"
                + String.join("\n", all.subList(Math.max(0, all.size() - TAIL), all.size())));
    }

    private Thread reader(InputStream stream, boolean error) {
        Thread thread = new Thread(() -> read(stream, error), title + (error ? "-stderr" : "-stdout"));
        thread.setDaemon(true);
        return thread;
    }

    private void read(InputStream stream, boolean error) {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String text = reader.readLine(); text != null; text = reader.readLine()) {
                synchronized (lines) {
                    lines.add(new Line(error, text));
                    log.write(text + "\n");
                    log.flush();
                }
            }
        } catch (IOException e) {
            // The stream or the log was closed: the process is being ended.
            return;
        }
    }

    private record Line(boolean error, String text) {}
}
