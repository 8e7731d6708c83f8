package smap.identity.database;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/**
 * Brings the schema to the version this artifact needs, before any route starts. Replicas that start together wait for one another
 * (Flyway takes a lock). A database that is not there yet is waited for, because orchestrators start things in any order.
 */
public final class SchemaMigration {

    private static final int CONNECT_RETRIES = 30;
    private static final int LONGEST_PAUSE_SECONDS = 2;

    private final DataSource dataSource;

    public SchemaMigration(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** @throws org.flywaydb.core.api.FlywayException if the database stays away or refuses a migration */
    public void migrate() {
        Flyway.configure()
                .dataSource(dataSource)
                .locations("classpath:db/migration")
                .connectRetries(CONNECT_RETRIES)
                .connectRetriesInterval(LONGEST_PAUSE_SECONDS)
                .validateMigrationNaming(true)
                .load()
                .migrate();
    }
}
