package smap.identity.support;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A private RabbitMQ node of the server installed on this machine: own name, ports, data, cookie and port mapper, loopback
 * only, so that neither the machine's own broker nor another test run is touched. Works as root and as any other user.
 *
 * <p>{@link #stop()} and {@link #kill()} keep data and port for the next {@link #start()}; {@link #close()}, also at the
 * JVM's end, leaves nothing behind. Thread-safe.
 */
public final class RabbitMqNode implements AutoCloseable {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final int VIRTUAL_HOSTS_AT_ONCE = 8;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path server;
    private final Path portMapper;
    private final String name = "smap-" + UUID.randomUUID().toString().substring(0, 8) + "@localhost";
    private final Deque<String> virtualHosts = new ArrayDeque<>();
    private final Thread atExit = new Thread(this::endEverything, "rabbitmq-node-end");

    // Volatile because neither the JVM's end nor the thread that waits for the start holds the lock of a start under way.
    private volatile TemporaryDirectory home;
    private volatile Process epmd;
    private volatile Process broker;
    private volatile int port;
    private Map<String, String> environment;

    private RabbitMqNode(Path server, Path portMapper) {
        this.server = server;
        this.portMapper = portMapper;
    }

    /** A node not yet started, where RabbitMQ is installed. */
    public static Optional<RabbitMqNode> find() {
        // The package's own scripts come first: what Debian puts on the PATH changes to the user "rabbitmq".
        Optional<Path> server = InstalledProgram.find("RABBITMQ_SERVER", List.of("/usr/lib/rabbitmq/bin"),
                List.of("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"), "rabbitmq-server");
        Optional<Path> portMapper = InstalledProgram.find("EPMD", List.of(), List.of("/usr/bin", "/usr/local/bin",
                "/opt/homebrew/bin", "/usr/lib/erlang/bin", "/opt/erlang/lib/erlang/bin"), "epmd");
        return server.flatMap(s -> portMapper.map(p -> new RabbitMqNode(s, p)));
    }

    /** A started node for a test that stops or kills it; the others share one by {@link RequiresRabbitMq}. */
    public static RabbitMqNode startNew() {
        RabbitMqNode node = find().orElseThrow(() -> new IllegalStateException(RequiresRabbitMq.REASON));
        node.start();
        return node;
    }

    /** Starts the node, or starts it again on the data and the port it had; returns when it answers AMQP. */
    public synchronized void start() {
        if (isRunning()) {
            return;
        }
        if (home == null) {
            prepare();
        }
        if (epmd == null || !epmd.isAlive()) {
            startPortMapper();
        }
        broker = launch(List.of(server.toString()), "broker.out");
        try {
            Awaitility.await("RabbitMQ node " + name)
                    .atMost(START_LIMIT)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(100))
                    .failFast("the node ended", () -> !broker.isAlive())
                    .until(this::answers);
        } catch (ConditionTimeoutException | org.awaitility.core.TerminalFailureException e) {
            String tail = logTail();
            kill();
            throw new IllegalStateException("RabbitMQ node " + name + " did not start: " + e.getMessage() + "\n" + tail, e);
        }
    }

    /** Whether the node's process lives. */
    public boolean isRunning() {
        Process process = broker;
        return process != null && process.isAlive();
    }

    /** The default virtual host, in the form people write it; {@link #connect(String)} reads it as they mean it. */
    public String url() {
        return "amqp://guest:guest@127.0.0.1:" + port() + "/";
    }

    /** The given virtual host, escaped as needed. */
    public String url(String virtualHost) {
        return url() + URLEncoder.encode(virtualHost, StandardCharsets.UTF_8).replace("+", "%20");
    }

    public int port() {
        if (port == 0) {
            throw new IllegalStateException("the node has not been started");
        }
        return port;
    }

    /** The URL of a virtual host that nobody else has, with all rights for the user in it. */
    public synchronized String newVirtualHost() {
        if (virtualHosts.isEmpty()) {
            // The command starts an Erlang machine of its own, so one call makes a few.
            List<String> made = IntStream.range(0, VIRTUAL_HOSTS_AT_ONCE).mapToObj(i -> "test-" + UUID.randomUUID()).toList();
            control("import_definitions", home.file("definitions.json", definitions(made)).toString());
            virtualHosts.addAll(made);
        }
        return url(virtualHosts.remove());
    }

    /** A connection to the default virtual host; the caller closes it. */
    public Connection connect() {
        return connect(url());
    }

    /** A connection to the virtual host this URL names; the caller closes it. */
    public Connection connect(String url) {
        try {
            ConnectionFactory factory = new ConnectionFactory();
            factory.setUri(url);
            if (factory.getVirtualHost().isEmpty()) {
                factory.setVirtualHost(ConnectionFactory.DEFAULT_VHOST);
            }
            // a node that has just started beside other tests may take its time; one that is stopped refuses at once
            factory.setConnectionTimeout(30_000);
            factory.setHandshakeTimeout(30_000);
            factory.setAutomaticRecoveryEnabled(false);
            return factory.newConnection("test");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException("no connection to " + url, e);
        }
    }

    /** How many messages are ready in a queue of the default virtual host; fails if there is no such queue. */
    public int queueDepth(String queue) {
        return queueDepth(url(), queue);
    }

    /** How many messages are ready in a queue of the virtual host this URL names; fails if there is no such queue. */
    public int queueDepth(String url, String queue) {
        try (Connection connection = connect(url); Channel channel = connection.createChannel()) {
            return channel.queueDeclarePassive(queue).getMessageCount();
        } catch (IOException e) {
            throw new UncheckedIOException("no depth of queue " + queue, e);
        } catch (TimeoutException e) {
            throw new IllegalStateException("no depth of queue " + queue, e);
        }
    }

    /** Stops the broker in order: it writes what it holds and closes its connections. */
    public synchronized void stop() {
        if (!isRunning()) {
            return;
        }
        broker.toHandle().destroy();
        if (!hasEnded(broker, STOP_LIMIT)) {
            String tail = logTail();
            kill();
            throw new IllegalStateException("RabbitMQ node " + name + " did not stop within " + STOP_LIMIT + "\n" + tail);
        }
    }

    /** Ends the broker as a crash does. */
    public synchronized void kill() {
        end(broker);
    }

    /** Stops all it started and deletes its files. */
    @Override
    public synchronized void close() {
        endEverything();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // The JVM is ending: the hook has run or will.
            return;
        }
    }

    private void endEverything() {
        // Nobody needs the data any more, so the quick way will do.
        end(broker);
        end(epmd);
        TemporaryDirectory directory = home;
        if (directory != null) {
            directory.close();
        }
    }

    private void prepare() {
        TemporaryDirectory directory = TemporaryDirectory.named("smap-rabbitmq");
        List<Integer> ports = FreePorts.reserve(4);
        port = ports.get(0);
        environment = Map.ofEntries(
                Map.entry("HOME", directory.path().toString()),
                Map.entry("ERL_EPMD_PORT", ports.get(2).toString()),
                Map.entry("ERL_EPMD_ADDRESS", "127.0.0.1"),
                Map.entry("RABBITMQ_NODENAME", name),
                Map.entry("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1"),
                Map.entry("RABBITMQ_NODE_PORT", ports.get(0).toString()),
                Map.entry("RABBITMQ_DIST_PORT", ports.get(1).toString()),
                Map.entry("RABBITMQ_CTL_DIST_PORT_MIN", ports.get(3).toString()),
                Map.entry("RABBITMQ_CTL_DIST_PORT_MAX", ports.get(3).toString()),
                Map.entry("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}"),
                Map.entry("RABBITMQ_MNESIA_BASE", directory.directory("data").toString()),
                Map.entry("RABBITMQ_LOG_BASE", directory.directory("log").toString()),
                Map.entry("RABBITMQ_SCHEMA_DIR", directory.directory("schema").toString()),
                Map.entry("RABBITMQ_GENERATED_CONFIG_DIR", directory.directory("config").toString()),
                Map.entry("RABBITMQ_ENABLED_PLUGINS_FILE", directory.file("enabled_plugins", "[].\n").toString()),
                Map.entry("RABBITMQ_CONF_ENV_FILE", directory.file("rabbitmq-env.conf", "").toString()),
                Map.entry("RABBITMQ_ADVANCED_CONFIG_FILE", directory.file("advanced.config", "[].\n").toString()),
                Map.entry("RABBITMQ_CONFIG_FILE", directory.file("rabbitmq.conf", """
                        listeners.tcp.1 = 127.0.0.1:%d
                        vm_memory_high_watermark.relative = 0.9
                        disk_free_limit.absolute = 1MB
                        """.formatted(port)).toString()));
        Path cookie = directory.file(".erlang.cookie", UUID.randomUUID().toString());
        try {
            Files.setPosixFilePermissions(cookie, PosixFilePermissions.fromString("r--------"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        home = directory;
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /** In the foreground and before the node: a node that finds no port mapper starts one that outlives it. */
    private void startPortMapper() {
        int mapperPort = Integer.parseInt(environment.get("ERL_EPMD_PORT"));
        epmd = launch(List.of(portMapper.toString(), "-port", Integer.toString(mapperPort), "-address", "127.0.0.1"), "epmd.out");
        Awaitility.await("epmd").atMost(START_LIMIT).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(20))
                .ignoreExceptions()
                .until(() -> {
                    new Socket(InetAddress.getLoopbackAddress(), mapperPort).close();
                    return true;
                });
    }

    private Process launch(List<String> command, String output) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(home.path().toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(home.path().resolve(output).toFile()));
        builder.environment().keySet().removeIf(key -> key.startsWith("RABBITMQ_") || key.startsWith("ERL_"));
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + command.get(0), e);
        }
    }

    /** A node that has just started answers AMQP before it takes commands: one that is refused is tried again once it does. */
    private void control(String... arguments) {
        if (!isDone(arguments) && !(isDone("await_startup") && isDone(arguments))) {
            throw new IllegalStateException("rabbitmqctl " + String.join(" ", arguments) + " failed\n"
                    + tail(home.path().resolve("control.out")));
        }
    }

    private boolean isDone(String... arguments) {
        List<String> command = new ArrayList<>(List.of(server.resolveSibling("rabbitmqctl").toString()));
        command.addAll(List.of(arguments));
        Process process = launch(command, "control.out");
        boolean ended = hasEnded(process, START_LIMIT);
        process.destroyForcibly();
        return ended && process.exitValue() == 0;
    }

    private static String definitions(List<String> virtualHosts) {
        try {
            return JSON.writeValueAsString(Map.of(
                    "vhosts", virtualHosts.stream().map(host -> Map.of("name", host)).toList(),
                    "permissions", virtualHosts.stream().map(host -> Map.of("user", "guest", "vhost", host,
                            "configure", ".*", "write", ".*", "read", ".*")).toList()));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean answers() {
        try (Connection connection = connect()) {
            return connection.isOpen();
        } catch (IOException | UncheckedIOException | IllegalStateException e) {
            return false;
        }
    }

    /** The machine that does the work first: the script that waits for it then ends by itself and leaves no zombie. */
    private static void end(Process process) {
        if (process != null) {
            List<ProcessHandle> children = process.descendants().toList();
            children.forEach(ProcessHandle::destroyForcibly);
            if (children.isEmpty() || !hasEnded(process, Duration.ofSeconds(5))) {
                process.destroyForcibly();
                hasEnded(process, STOP_LIMIT);
            }
        }
    }

    private static boolean hasEnded(Process process, Duration limit) {
        try {
            return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private String logTail() {
        String console = tail(home.path().resolve("broker.out"));
        try (Stream<Path> logs = Files.list(home.path().resolve("log"))) {
            return console + logs.filter(Files::isRegularFile).map(RabbitMqNode::tail).reduce("", String::concat);
        } catch (IOException e) {
            return console;
        }
    }

    private static String tail(Path file) {
        try {
            List<String> lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
            List<String> last = lines.subList(Math.max(0, lines.size() - 30), lines.size());
            return "--- " + file.getFileName() + "\n" + String.join("\n", last) + "\n";
        } catch (IOException e) {
            return "";
        }
    }
}
