package smap.identity.embedded;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The embedded servers of one process: those that are asked for, started side by side, and stopped in reverse order.
 *
 * <p>Thread-safe. {@link #close} may be called while {@link #start} is under way, as by a shutdown hook: it breaks the start
 * off, and returns when nothing runs any more.
 */
public final class EmbeddedServers implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedServers.class);

    private final Path directory;
    private final boolean withDatabase;
    private final boolean withBroker;
    private final boolean withMail;

    private final Object starting = new Object();
    private final Deque<AutoCloseable> running = new ArrayDeque<>();
    private final Map<String, String> properties = new TreeMap<>();
    private EmbeddedMailServer mailServer;
    /** The one start that takes long and can be broken off; the broker would only fill the log with its interruption. */
    private volatile ExecutorService databaseStarter;
    private volatile boolean closed;

    /** @param directory SMAP_HOME; made, and held against other processes, when the database or the broker is asked for */
    public EmbeddedServers(Path directory, boolean database, boolean broker, boolean mail) {
        this.directory = directory;
        this.withDatabase = database;
        this.withBroker = broker;
        this.withMail = mail;
    }

    /**
     * Starts what is asked for; call it once.
     *
     * @throws EmbeddedServerException when one of them does not start; the others are stopped then
     */
    public void start() {
        synchronized (starting) {
            ExecutorService interruptible = Executors.newSingleThreadExecutor(EmbeddedServers::daemon);
            ExecutorService patient = Executors.newCachedThreadPool(EmbeddedServers::daemon);
            databaseStarter = interruptible;
            try {
                startAll(interruptible, patient);
            } catch (RuntimeException | Error e) {
                stopAll();
                if (closed) {
                    throw new EmbeddedServerException("The embedded servers were stopped before they had started.", e);
                }
                throw e;
            } finally {
                interruptible.shutdown();
                patient.shutdown();
            }
        }
    }

    /** Camel property keys, with the values that lead to the servers that run; empty before the start. */
    public Map<String, String> properties() {
        synchronized (starting) {
            return Map.copyOf(properties);
        }
    }

    /** The mail server, when it was asked for and runs. */
    public Optional<EmbeddedMailServer> mailServer() {
        synchronized (starting) {
            return Optional.ofNullable(mailServer);
        }
    }

    /** Stops what runs; a server that fails to stop is logged and does not hold up the rest. */
    @Override
    public void close() {
        closed = true;
        ExecutorService interruptible = databaseStarter;
        if (interruptible != null) {
            interruptible.shutdownNow();
        }
        synchronized (starting) {
            stopAll();
        }
    }

    private void startAll(ExecutorService interruptible, ExecutorService patient) {
        if (withDatabase || withBroker) {
            running.push(EmbeddedHome.open(directory));
        }
        if (withDatabase) {
            EmbeddedDatabase.probeMachine();
        }
        if (closed) {
            throw new IllegalStateException("closed");
        }
        Future<EmbeddedDatabase> database = withDatabase ? interruptible.submit(() -> EmbeddedDatabase.start(directory)) : null;
        Future<EmbeddedBroker> broker = withBroker ? patient.submit(() -> EmbeddedBroker.start(directory)) : null;
        Future<EmbeddedMailServer> mail = withMail ? patient.submit(() -> EmbeddedMailServer.start()) : null;
        // each is awaited, whatever became of the others: what has started must be known here to be stopped
        List<Throwable> failures = new ArrayList<>();
        running(database, failures).ifPresent(this::describe);
        running(broker, failures).ifPresent(this::describe);
        running(mail, failures).ifPresent(this::describe);
        if (!failures.isEmpty()) {
            Throwable first = failures.remove(0);
            failures.forEach(first::addSuppressed);
            if (first instanceof LinkageError missing) {
                throw missing;
            }
            throw (RuntimeException) first;
        }
    }

    private <T extends AutoCloseable> Optional<T> running(Future<T> start, List<Throwable> failures) {
        if (start == null) {
            return Optional.empty();
        }
        try {
            T server = get(start);
            running.push(server);
            return Optional.of(server);
        } catch (RuntimeException | LinkageError e) {
            failures.add(e);
            return Optional.empty();
        }
    }

    private static <T> T get(Future<T> start) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return start.get();
                } catch (InterruptedException e) {
                    // leaving now would leave a server behind
                    interrupted = true;
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof RuntimeException failure) {
                        throw failure;
                    }
                    if (e.getCause() instanceof LinkageError missing) {
                        throw missing;
                    }
                    throw new EmbeddedServerException("An embedded server did not start: " + e.getCause(), e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void describe(EmbeddedDatabase database) {
        properties.put("postgres.host", database.host());
        properties.put("postgres.port", Integer.toString(database.port()));
        properties.put("postgres.user", database.user());
        properties.put("postgres.password", database.password());
        properties.put("postgres.db", database.database());
    }

    private void describe(EmbeddedBroker broker) {
        properties.put("rabbitmq.url", broker.url());
    }

    private void describe(EmbeddedMailServer mail) {
        properties.put("smtp.host", mail.host());
        properties.put("smtp.port", Integer.toString(mail.port()));
        mailServer = mail;
    }

    private void stopAll() {
        while (!running.isEmpty()) {
            AutoCloseable server = running.pop();
            try {
                server.close();
            } catch (Exception e) {
                LOG.warn("{} could not be stopped", server.getClass().getSimpleName(), e);
            }
        }
        properties.clear();
        mailServer = null;
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "embedded-server-start");
        thread.setDaemon(true);
        return thread;
    }
}
