package smap.identity.routes;

import java.sql.Connection;
import org.springframework.jdbc.datasource.AbstractDataSource;

/** Stands where the pool is in production. Nobody asks it: every statement of a route test is an edge. */
final class NoDataSource extends AbstractDataSource {

    @Override
    public Connection getConnection() {
        throw new AssertionError("A route test has no database");
    }

    @Override
    public Connection getConnection(String user, String password) {
        return getConnection();
    }
}
