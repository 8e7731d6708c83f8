package smap.identity.support;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/**
 * An embedded PostgreSQL, the one of its JVM when a test gets it by {@link WithPostgres}. Migrations run once, into a
 * template; every database is a copy of it. Thread-safe.
 */
public final class PostgresServer implements AutoCloseable {

    private static final String HOST = "127.0.0.1";
    private static final String USER = "postgres";
    private static final String PASSWORD = "postgres";

    private final EmbeddedPostgres postgres;
    private final Set<String> templates = new HashSet<>();
    private final AtomicInteger databases = new AtomicInteger();

    private PostgresServer(EmbeddedPostgres postgres) {
        this.postgres = postgres;
    }

    /** Starts a server on a free port; its data does not outlive it. */
    public static PostgresServer start() {
        try {
            return new PostgresServer(EmbeddedPostgres.builder()
                    .setServerConfig("fsync", "off")
                    .setServerConfig("synchronous_commit", "off")
                    .setServerConfig("full_page_writes", "off")
                    .setServerConfig("unix_socket_directories", "")
                    .start());
        } catch (IOException e) {
            throw new UncheckedIOException("no embedded PostgreSQL", e);
        }
    }

    /** A fresh database with the product's schema: all of {@code classpath:db/migration}. */
    public TestDatabase newDatabase() {
        return newDatabase("migrated", PostgresServer::migrate);
    }

    /** A fresh database with nothing in it. */
    public TestDatabase newEmptyDatabase() {
        return create("empty", "template1");
    }

    /**
     * A fresh database, copied from a template.
     *
     * @param template name of the template, a plain lower-case word
     * @param fill makes the template's content; it is called once for each name and leaves no connection open
     */
    public TestDatabase newDatabase(String template, Consumer<DataSource> fill) {
        String templateName = template + "_template";
        synchronized (templates) {
            if (!templates.contains(template)) {
                execute("CREATE DATABASE " + templateName);
                fill.accept(database(templateName).dataSource());
                templates.add(template);
            }
            return create(template, templateName);
        }
    }

    @Override
    public void close() {
        try {
            postgres.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void migrate(DataSource dataSource) {
        Flyway.configure().dataSource(dataSource).locations("classpath:db/migration").load().migrate();
    }

    private TestDatabase create(String prefix, String template) {
        String name = prefix + "_" + databases.incrementAndGet();
        execute("CREATE DATABASE " + name + " TEMPLATE " + template);
        return database(name);
    }

    private TestDatabase database(String name) {
        return new TestDatabase(HOST, postgres.getPort(), name, USER, PASSWORD);
    }

    private void execute(String sql) {
        try (Connection connection = database("postgres").dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }
}
