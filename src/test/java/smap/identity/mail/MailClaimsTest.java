package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.UnitOfWorkHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessResourceFailureException;
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
