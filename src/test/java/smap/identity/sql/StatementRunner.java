package smap.identity.sql;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.util.CastUtils;
import org.awaitility.Awaitility;
import smap.identity.database.ReadOnceSqlComponent;
import smap.identity.support.TestDatabase;

/** Runs the product's SQL files as its routes do: by Camel's sql component, with exchange variables as parameters. Thread-safe. */
final class StatementRunner implements AutoCloseable {

    private static final int CONNECTIONS = 50;

    private final HikariDataSource dataSource;
    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final ProducerTemplate producer;

    StatementRunner(TestDatabase database) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(database.dataSource());
        config.setMaximumPoolSize(CONNECTIONS);
        config.setConnectionInitSql("SET lock_timeout = '20s'");
        dataSource = new HikariDataSource(config);
        camel.getRegistry().bind("dataSource", dataSource);
        camel.getRegistry().bind("sql", new ReadOnceSqlComponent());
        camel.start();
        producer = camel.createProducerTemplate();
    }

    /**
     * Empties every table of the product but the one that holds rules. Row by row, past triggers and foreign keys: with the few rows of a
     * test that takes a fraction of the time of TRUNCATE, which makes new files.
     */
    void clear() {
        execute("""
                DO $$ DECLARE name text; BEGIN
                    SET LOCAL session_replication_role = replica;
                    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
                                AND tablename NOT IN ('flyway_schema_history', 'subscription_transitions') LOOP
                        EXECUTE 'DELETE FROM ' || quote_ident(name);
                    END LOOP;
                END $$""");
    }

    /** What a file returns for one row: the value of its only column, else a map by column; null if there is no row. */
    Object one(String file, Map<String, ?> variables) {
        return send(file + "?outputType=SelectOne", variables).getMessage().getBody();
    }

    Map<String, Object> row(String file, Map<String, ?> variables) {
        return CastUtils.cast((Map<?, ?>) one(file, variables));
    }

    List<Map<String, Object>> rows(String file, Map<String, ?> variables) {
        return CastUtils.cast((List<?>) send(file, variables).getMessage().getBody());
    }

    /** How many rows a file that returns none has changed. */
    int change(String file, Map<String, ?> variables) {
        return send(file, variables).getMessage().getHeader("CamelSqlUpdateCount", Integer.class);
    }

    private Exchange send(String file, Map<String, ?> variables) {
        Exchange exchange = producer.send("sql:classpath:sql/" + file, sent -> variables.forEach(sent::setVariable));
        if (exchange.getException() != null) {
            throw new IllegalStateException(file, exchange.getException());
        }
        return exchange;
    }

    /** What each of so many calls returned that were made at once. */
    static <T> List<T> inParallel(int calls, Callable<T> call) {
        ExecutorService threads = Executors.newFixedThreadPool(calls);
        CountDownLatch start = new CountDownLatch(1);
        try {
            List<Future<T>> futures = new ArrayList<>();
            for (int i = 0; i < calls; i++) {
                futures.add(threads.submit(() -> {
                    start.await();
                    return call.call();
                }));
            }
            start.countDown();
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(future.get());
            }
            return results;
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        } finally {
            threads.shutdownNow();
        }
    }

    /** Runs a statement of the test's own, which prepares what a file is to find. */
    void execute(String statement, Object... arguments) {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement prepared = prepare(connection, statement, arguments)) {
            prepared.execute();
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** The first column of the first row of a query of the test's own, as text. */
    String text(String query, Object... arguments) {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement prepared = prepare(connection, query, arguments);
                ResultSet rows = prepared.executeQuery()) {
            return rows.next() ? rows.getString(1) : null;
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** Runs an action while another transaction has done something and is not at its end. */
    void whileHeld(String statement, Object argument, Runnable action) {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            try (PreparedStatement prepared = prepare(connection, statement, argument)) {
                prepared.execute();
                action.run();
            } finally {
                connection.rollback();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /**
     * Runs a call that has to wait for another transaction, which commits as soon as the call does wait.
     *
     * @param statement what the other transaction does first
     */
    <T> T whileWaitingFor(String statement, Object argument, Callable<T> call) {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            try (PreparedStatement prepared = prepare(connection, statement, argument)) {
                prepared.execute();
            }
            Future<T> waiting = thread.submit(call);
            Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> waiting.isDone() || text("SELECT count(*) FROM pg_stat_activity"
                    + " WHERE datname = current_database() AND wait_event_type = 'Lock'").equals("1"));
            connection.commit();
            return waiting.get();
        } catch (SQLException | InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e.getMessage(), e);
        } finally {
            thread.shutdownNow();
        }
    }

    private static PreparedStatement prepare(Connection connection, String statement, Object... arguments) throws SQLException {
        PreparedStatement prepared = connection.prepareStatement(statement);
        for (int i = 0; i < arguments.length; i++) {
            prepared.setObject(i + 1, arguments[i]);
        }
        return prepared;
    }

    @Override
    public void close() {
        camel.stop();
        dataSource.close();
    }
}
