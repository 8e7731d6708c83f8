package smap.identity.embedded;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import org.apache.qpid.server.SystemLauncher;
import org.apache.qpid.server.SystemLauncherListener;
import org.apache.qpid.server.model.Port;
import org.apache.qpid.server.model.State;
import org.apache.qpid.server.model.SystemConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An AMQP 0-9-1 broker in this process, for development: Qpid Broker-J in memory, on 127.0.0.1, behind a password that is
 * made at random for each start. Any virtual host leads to the same queues. Queue arguments that only RabbitMQ knows are
 * accepted and do nothing; messages do not outlive the process.
 *
 * <p>Thread-safe.
 */
public final class EmbeddedBroker implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedBroker.class);

    private static final String HOST = "127.0.0.1";
    private static final String USER = "smap";
    private static final int ANY_PORT = 0;

    private final SystemLauncher launcher;
    private final int port;
    private final String password;
    private boolean closed;

    private EmbeddedBroker(SystemLauncher launcher, int port, String password) {
        this.launcher = launcher;
        this.port = port;
        this.password = password;
    }

    /** Starts on a free port. */
    public static EmbeddedBroker start(Path home) {
        return start(home, ANY_PORT);
    }

    /**
     * @param home directory of the embedded servers; the broker's own files go to {@code broker} below it
     * @param port to listen at, 0 for a free one
     * @throws EmbeddedServerException when it cannot be started; nothing is left running then
     */
    public static EmbeddedBroker start(Path home, int port) {
        new LibraryLogs("org.apache.qpid", "qpid").quieten();
        String password = randomPassword();
        Listener listener = new Listener();
        SystemLauncher launcher = new SystemLauncher(listener);
        try {
            Path work = Files.createDirectories(home.toAbsolutePath().normalize().resolve("broker"), EmbeddedHome.ownerOnly("rwx------"));
            launcher.startup(Map.of(
                    SystemConfig.TYPE, "Memory",
                    SystemConfig.INITIAL_CONFIGURATION_LOCATION, EmbeddedBroker.class.getResource("/embedded/broker.json").toExternalForm(),
                    SystemConfig.STARTUP_LOGGED_TO_SYSTEM_OUT, "false",
                    SystemConfig.CONTEXT, Map.of(
                            SystemConfig.QPID_WORK_DIR, work.toString(),
                            "smap.broker.user", USER,
                            "smap.broker.password", password,
                            "smap.broker.port", Integer.toString(port))));
        } catch (IOException e) {
            throw new EmbeddedServerException("The embedded broker cannot use " + home + " (" + e + "). Make it writable, set SMAP_HOME"
                    + " to another directory, or set RABBITMQ_URL to a RabbitMQ server.", e);
        } catch (Exception e) {
            launcher.shutdown();
            throw failed(port, e);
        }
        if (listener.failure != null) {
            throw failed(port, listener.failure);
        }
        int bound = listener.boundPort();
        if (bound == ANY_PORT) {
            launcher.shutdown();
            throw failed(port, new IllegalStateException("it cannot listen there."));
        }
        listener.forgetShutdownHook();
        return new EmbeddedBroker(launcher, bound, password);
    }

    public String host() {
        return HOST;
    }

    public int port() {
        return port;
    }

    /** What RABBITMQ_URL would hold; it contains the password. */
    public String url() {
        return "amqp://" + USER + ":" + password + "@" + HOST + ":" + port + "/";
    }

    /** Breaks the connections and forgets every queue. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            launcher.shutdown();
        }
    }

    private static EmbeddedServerException failed(int port, Exception cause) {
        String place = port == ANY_PORT ? "a free port" : "port " + port;
        return new EmbeddedServerException("The embedded broker did not start at " + place + ": " + cause.getMessage()
                + " Put it right, or set RABBITMQ_URL to a RabbitMQ server.", cause);
    }

    private static String randomPassword() {
        byte[] bytes = new byte[18];
        new SecureRandom().nextBytes(bytes);
        // letters, digits, '-' and '_': no escaping in a URL
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** The launcher swallows a failure and keeps the broker to itself; a listener hears of both. */
    private static final class Listener extends SystemLauncherListener.DefaultSystemLauncherListener {

        private RuntimeException failure;
        private SystemConfig<?> system;

        @Override
        public void errorOnStartup(RuntimeException e) {
            failure = e;
        }

        @Override
        public void onContainerResolve(SystemConfig<?> systemConfig) {
            system = systemConfig;
        }

        /** The broker itself goes on without a port that it could not open. */
        private int boundPort() {
            return system.getContainer().getChildren(Port.class).stream()
                    .filter(bound -> bound.getState() == State.ACTIVE)
                    .mapToInt(bound -> bound.getBoundPort())
                    .findFirst().orElse(ANY_PORT);
        }

        /**
         * The broker would stop at the first sign of a shutdown, before the routes that still publish and acknowledge.
         * It has no setting for this; without the field it merely stops early, as it always did.
         */
        private void forgetShutdownHook() {
            for (Class<?> type = system.getContainer().getClass(); type != null; type = type.getSuperclass()) {
                try {
                    Field hook = type.getDeclaredField("_shutdownHook");
                    hook.setAccessible(true);
                    Runtime.getRuntime().removeShutdownHook((Thread) hook.get(system.getContainer()));
                    return;
                } catch (NoSuchFieldException e) {
                    LOG.trace("{} has no shutdown hook", type);
                } catch (ReflectiveOperationException | RuntimeException e) {
                    LOG.debug("The embedded broker keeps its shutdown hook", e);
                    return;
                }
            }
        }
    }
}
