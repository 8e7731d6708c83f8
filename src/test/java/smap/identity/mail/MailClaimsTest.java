package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.UnitOfWorkHelper;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.dao.DataAccessResourceFailureException;
import smap.identity.support.TcpProxy;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

@WithPostgres
class MailClaimsTest {

    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";
    private static final String LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database ="
            + " (SELECT oid FROM pg_database WHERE datname = current_database())";

    private final CamelContext camel = new DefaultCamelContext();
    private final List<HikariDataSource> pools = new ArrayList<>();
    private TestDatabase database;
    private MailClaims here;
    private MailClaims elsewhere;

    @BeforeEach
    void connect(TestDatabase server) {
        database = server;
        here = new MailClaims(pool());
        elsewhere = new MailClaims(pool());
    }

    @AfterEach
    void disconnect() {
        here.close();
        elsewhere.close();
        pools.forEach(HikariDataSource::close);
    }

    @Test
    void a_job_is_claimed_by_one_worker_until_its_exchange_is_done() {
        Exchange first = new DefaultExchange(camel);
        here.claim(first, ID);

        assertThatThrownBy(() -> here.claim(new DefaultExchange(camel), ID)).isInstanceOf(MailUnderWayException.class)
                .hasMessageContaining(ID);
        assertThatThrownBy(() -> elsewhere.claim(new DefaultExchange(camel), ID)).isInstanceOf(MailUnderWayException.class);

        done(first);
        assertThatNoException().isThrownBy(() -> elsewhere.claim(new DefaultExchange(camel), ID));
        assertThatThrownBy(() -> here.claim(new DefaultExchange(camel), ID)).isInstanceOf(MailUnderWayException.class);
    }

    @Test
    void a_claim_that_was_refused_leaves_nothing_behind() {
        Exchange first = new DefaultExchange(camel);
        elsewhere.claim(first, ID);
        assertThatThrownBy(() -> here.claim(new DefaultExchange(camel), ID)).isInstanceOf(MailUnderWayException.class);
        done(first);

        Exchange second = new DefaultExchange(camel);
        here.claim(second, ID);
        done(second);

        assertThat(database.text(LOCKS)).isEqualTo("0");
    }

    @Test
    void other_jobs_are_not_concerned() {
        here.claim(new DefaultExchange(camel), ID);

        assertThatNoException().isThrownBy(() -> {
            here.claim(new DefaultExchange(camel), ID.replace('7', '8'));
            elsewhere.claim(new DefaultExchange(camel), ID.replace('7', '9'));
        });
    }

    @Test
    void the_claims_of_a_process_end_with_its_session() {
        here.claim(new DefaultExchange(camel), ID);
        here.close();

        assertThat(database.text(LOCKS)).isEqualTo("0");
        assertThatNoException().isThrownBy(() -> elsewhere.claim(new DefaultExchange(camel), ID));
    }

    @Test
    void a_session_that_ended_meanwhile_is_replaced() {
        Exchange first = new DefaultExchange(camel);
        here.claim(first, ID);
        database.text("SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND database ="
                + " (SELECT oid FROM pg_database WHERE datname = current_database())");
        done(first);

        assertThatNoException().isThrownBy(() -> here.claim(new DefaultExchange(camel), ID));
        assertThatThrownBy(() -> elsewhere.claim(new DefaultExchange(camel), ID)).isInstanceOf(MailUnderWayException.class);
    }

    @Test
    void a_session_that_ended_while_nobody_used_it_costs_no_job_its_turn() {
        Exchange first = new DefaultExchange(camel);
        here.claim(first, ID);
        done(first);
        database.text("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
                + " AND query LIKE '%pg_advisory_unlock(%' AND pid <> pg_backend_pid()");

        assertThatNoException().isThrownBy(() -> here.claim(new DefaultExchange(camel), ID));
        assertThatThrownBy(() -> elsewhere.claim(new DefaultExchange(camel), ID)).isInstanceOf(MailUnderWayException.class);
    }

    @Test
    void a_job_stays_its_exchanges_own_for_every_try_at_it() {
        Exchange exchange = new DefaultExchange(camel);
        here.claim(exchange, ID);

        assertThatNoException().as("a redelivery").isThrownBy(() -> here.claim(exchange, ID));
        assertThatThrownBy(() -> elsewhere.claim(new DefaultExchange(camel), ID)).isInstanceOf(MailUnderWayException.class);

        done(exchange);
        assertThatNoException().isThrownBy(() -> elsewhere.claim(new DefaultExchange(camel), ID));
    }

    @Test
    void who_is_done_with_a_job_takes_nothing_from_the_next_who_has_it() throws Exception {
        Exchange first = new DefaultExchange(camel);
        here.claim(first, ID);
        database.text("SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND database ="
                + " (SELECT oid FROM pg_database WHERE datname = current_database())");
        here.claim(new DefaultExchange(camel), ID.replace('7', '8'));
        Thread releasing = new Thread(() -> done(first));
        boolean claimed;
        synchronized (here) {
            releasing.start();
            Awaitility.await().until(() -> releasing.getState() == Thread.State.BLOCKED);
            claimed = claims(here, ID);
        }
        releasing.join(10_000);

        assertThat(claimed && claims(elsewhere, ID)).as("both have it").isFalse();
    }

    private boolean claims(MailClaims who, String id) {
        try {
            who.claim(new DefaultExchange(camel), id);
            return true;
        } catch (MailUnderWayException e) {
            return false;
        }
    }

    @Test
    @Timeout(60)
    void a_database_that_says_nothing_is_away_and_blocks_nobody_for_good() throws Exception {
        try (TcpProxy line = TcpProxy.to(URI.create(database.jdbcUrl().substring(5)).getPort())) {
            HikariDataSource slow = pool();
            slow.setJdbcUrl(database.jdbcUrl().replaceFirst(":[0-9]+/", ":" + line.port() + "/"));
            slow.setConnectionTimeout(1_000);
            MailClaims claims = new MailClaims(slow);
            claims.claim(new DefaultExchange(camel), ID.replace('7', '8'));
            line.stall();
            FutureTask<Void> task = new FutureTask<>(() -> {
                claims.claim(new DefaultExchange(camel), ID);
                return null;
            });
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            thread.start();
            try {
                assertThatThrownBy(() -> task.get(30, TimeUnit.SECONDS))
                        .hasCauseInstanceOf(DataAccessResourceFailureException.class);
            } finally {
                line.restore();
            }
        }
    }

    @Test
    void while_the_database_is_away_nothing_is_claimed_and_afterwards_all_is_free() {
        HikariDataSource away = new HikariDataSource();
        away.setJdbcUrl("jdbc:postgresql://127.0.0.1:1/none");
        away.setInitializationFailTimeout(-1);
        away.setConnectionTimeout(250);
        pools.add(away);
        MailClaims claims = new MailClaims(away);

        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> claims.claim(new DefaultExchange(camel), ID))
                    .isInstanceOf(DataAccessResourceFailureException.class);
        }
    }

    @Test
    void who_waited_for_a_session_that_could_not_be_had_does_not_wait_for_the_same_again() {
        AtomicInteger asked = new AtomicInteger();
        HikariDataSource away = new HikariDataSource() {
            @Override
            public Connection getConnection() throws SQLException {
                asked.incrementAndGet();
                throw new SQLException("not now");
            }
        };
        MailClaims claims = new MailClaims(away);

        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> claims.claim(new DefaultExchange(camel), ID))
                    .isInstanceOf(DataAccessResourceFailureException.class).hasRootCauseMessage("not now");
        }

        assertThat(asked).hasValueLessThan(3);
    }

    private HikariDataSource pool() {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(database.jdbcUrl());
        pool.setUsername(database.user());
        pool.setPassword(database.password());
        pool.setMaximumPoolSize(2);
        pools.add(pool);
        return pool;
    }

    private static void done(Exchange exchange) {
        UnitOfWorkHelper.doneSynchronizations(exchange, exchange.getExchangeExtension().handoverCompletions());
    }
}
