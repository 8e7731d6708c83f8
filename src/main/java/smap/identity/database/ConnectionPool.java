package smap.identity.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import smap.identity.settings.Settings;

/** Connections to PostgreSQL, as the settings {@code postgres.*} say. Made without one being open: the migration waits for the database. */
public final class ConnectionPool extends HikariDataSource {

    private static final int LONGEST_WAIT_MILLIS = 5_000;

    public ConnectionPool(Settings settings) {
        super(config(settings));
    }

    private static HikariConfig config(Settings settings) {
        String host = settings.get("postgres.host");
        HikariConfig config = new HikariConfig();
        config.setPoolName("smap");
        config.setJdbcUrl("jdbc:postgresql://" + (host.contains(":") ? '[' + host + ']' : host) + ':' + settings.get("postgres.port") + '/'
                + URLEncoder.encode(settings.get("postgres.db"), StandardCharsets.UTF_8));
        config.addDataSourceProperty("sslmode", settings.get("postgres.sslmode"));
        config.addDataSourceProperty("ApplicationName", "smap-identity");
        // the detail of an error quotes the row: addresses, hashes and bodies would stand in the log
        config.addDataSourceProperty("logServerErrorDetail", "false");
        config.setUsername(settings.get("postgres.user"));
        config.setPassword(settings.get("postgres.password"));
        config.setMaximumPoolSize(settings.number("postgres.connections"));
        config.setConnectionTimeout(LONGEST_WAIT_MILLIS);
        config.setInitializationFailTimeout(-1);
        return config;
    }
}
