package smap.identity.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@WithPostgres
class PostgresServerTest {

    private static TestDatabase ofThisClass;

    @BeforeAll
    static void remember(TestDatabase database) {
        ofThisClass = database;
    }

    @Test
    void a_test_class_has_one_database_of_its_own(TestDatabase database, PostgresServer server) {
        assertThat(database).isEqualTo(ofThisClass);
        assertThat(server.newDatabase().name()).isNotEqualTo(database.name());
        assertThat(query(database, "SELECT current_database()")).isEqualTo(database.name());
    }

    @Test
    void the_server_is_a_recent_one_on_loopback_that_does_not_wait_for_the_disk(TestDatabase database) {
        assertThat(Integer.parseInt(query(database, "SHOW server_version_num"))).isGreaterThanOrEqualTo(150_000);
        assertThat(query(database, "SHOW fsync")).isEqualTo("off");
        assertThat(query(database, "SHOW unix_socket_directories")).isEmpty();
        assertThat(query(database, "SHOW listen_addresses")).isEqualTo("localhost");
    }

    @Test
    void a_template_is_filled_once_and_its_copies_do_not_share_rows(PostgresServer server) {
        AtomicInteger fillings = new AtomicInteger();
        Consumer<DataSource> fill = dataSource -> {
            fillings.incrementAndGet();
            update(dataSource, "CREATE TABLE greeting (text text)");
            update(dataSource, "INSERT INTO greeting VALUES ('hello')");
        };

        TestDatabase first = server.newDatabase("greeting", fill);
        TestDatabase second = server.newDatabase("greeting", fill);
        update(first.dataSource(), "INSERT INTO greeting VALUES ('again')");

        assertThat(fillings).hasValue(1);
        assertThat(query(first, "SELECT count(*) FROM greeting")).isEqualTo("2");
        assertThat(query(second, "SELECT count(*) FROM greeting")).isEqualTo("1");
    }

    @Test
    void an_empty_database_has_no_tables(PostgresServer server) {
        assertThat(query(server.newEmptyDatabase(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).isEqualTo("0");
    }

    @Nested
    class Inside {

        @Test
        void a_nested_class_has_the_database_of_the_outer_one(TestDatabase database) {
            assertThat(database).isEqualTo(ofThisClass);
        }
    }

    private static String query(TestDatabase database, String sql) {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    private static void update(DataSource dataSource, String sql) {
        try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }
}
