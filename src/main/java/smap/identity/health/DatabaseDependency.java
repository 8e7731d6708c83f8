package smap.identity.health;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** PostgreSQL: asked whether it answers on a pooled connection. Nothing works without it. Thread-safe. */
public final class DatabaseDependency implements Dependency {

    private static final int SECONDS = 2;

    private final DataSource dataSource;

    public DatabaseDependency(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    @Override
    public String name() {
        return "database";
    }

    @Override
    public boolean isVital() {
        return true;
    }

    @Override
    public void probe() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            if (!connection.isValid(SECONDS)) {
                throw new SQLException("PostgreSQL did not answer within " + SECONDS + " s");
            }
        }
    }
}
