package smap.identity.sql;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/** What each test of statements begins with: a runner on the database of its class, whose tables are empty before each method. */
@WithPostgres
abstract class SqlTestSupport {

    static StatementRunner sql;

    @BeforeAll
    static void open(TestDatabase database) {
        sql = new StatementRunner(database);
    }

    @AfterAll
    static void close() {
        sql.close();
    }

    @BeforeEach
    void clear() {
        sql.clear();
    }
}
