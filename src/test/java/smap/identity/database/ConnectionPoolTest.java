package smap.identity.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import smap.identity.Role;
import smap.identity.settings.Settings;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

class ConnectionPoolTest {

    @ParameterizedTest
    @CsvSource({
        "db.example,smap,jdbc:postgresql://db.example:5432/smap",
        "::1,smap,jdbc:postgresql://[::1]:5432/smap",
        "db,a?sslmode=disable&b/c,jdbc:postgresql://db:5432/a%3Fsslmode%3Ddisable%26b%2Fc"
    })
    void host_and_name_of_the_database_cannot_alter_the_rest_of_the_url(String host, String name, String url) {
        try (ConnectionPool pool = new ConnectionPool(settings(Map.of("POSTGRES_HOST", host, "POSTGRES_DB", name)))) {
            assertThat(pool.getJdbcUrl()).isEqualTo(url);
        }
    }

    @Test
    void it_is_made_without_a_database_being_there() {
        try (ConnectionPool pool = new ConnectionPool(settings(Map.of("POSTGRES_HOST", "127.0.0.1", "POSTGRES_PORT", "1")))) {
            assertThat(pool.isRunning()).isTrue();
        }
    }

    @Test
    void its_size_is_a_setting_and_a_password_is_taken_as_it_is() {
        String password = "a,b'\"c\\d${e} {{f}}";
        try (ConnectionPool pool = new ConnectionPool(settings(
                Map.of("POSTGRES_HOST", "db", "POSTGRES_CONNECTIONS", "3", "POSTGRES_PASSWORD", password,
                        "POSTGRES_SSLMODE", "verify-full")))) {
            assertThat(pool.getMaximumPoolSize()).isEqualTo(3);
            assertThat(pool.getPassword()).isEqualTo(password);
            assertThat(pool.getDataSourceProperties()).containsEntry("sslmode", "verify-full");
        }
    }

    @Test
    @WithPostgres
    void it_connects_as_the_settings_say(TestDatabase database) throws SQLException {
        try (ConnectionPool pool = connected(database);
                Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT current_database(), current_setting('application_name')")) {
            rows.next();
            assertThat(rows.getString(1)).isEqualTo(database.name());
            assertThat(rows.getString(2)).isEqualTo("smap-identity");
        }
    }

    @Test
    @WithPostgres
    void an_error_does_not_quote_the_row_it_is_about(TestDatabase database) throws SQLException {
        try (ConnectionPool pool = connected(database);
                Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            assertThatThrownBy(() -> statement.execute("INSERT INTO users (email, password_hash, role, created_at, updated_at)"
                    + " VALUES ('ann@example.com', 'its hash', 'KING', '2026-11-23', '2026-11-23')"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("users_role_check")
                    .hasMessageNotContaining("ann@example.com")
                    .hasMessageNotContaining("its hash");
        }
    }

    private static ConnectionPool connected(TestDatabase database) {
        return new ConnectionPool(settings(Map.of(
                "POSTGRES_HOST", database.host(),
                "POSTGRES_PORT", Integer.toString(database.port()),
                "POSTGRES_DB", database.name(),
                "POSTGRES_USER", database.user(),
                "POSTGRES_PASSWORD", database.password())));
    }

    private static Settings settings(Map<String, String> environment) {
        return Settings.read(Role.ALL, environment, new Properties());
    }
}
