package smap.identity.database;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.component.sql.DefaultSqlPrepareStatementStrategy;
import org.apache.camel.component.sql.SqlComponent;
import org.apache.camel.component.sql.SqlEndpoint;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

@WithPostgres
class ReadOnceSqlComponentTest {

    private static final String SUM = "sql:SELECT CAST(:#${variable.one} AS integer) + CAST(:#two AS integer)?outputType=SelectOne";

    private final DefaultCamelContext camel = new DefaultCamelContext();
    private HikariDataSource one;

    @BeforeEach
    void open(TestDatabase database) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(database.dataSource());
        config.setMaximumPoolSize(1);
        one = new HikariDataSource(config);
        SqlComponent component = new ReadOnceSqlComponent();
        component.setDataSource(one);
        camel.getRegistry().bind("sql", component);
        camel.start();
    }

    @AfterEach
    void close() {
        camel.stop();
        one.close();
    }

    @Test
    void a_statement_that_was_prepared_is_executed_as_it_is() throws SQLException {
        for (int i = 0; i < 12; i++) {
            assertThat(sum(i, 1)).isEqualTo(i + 1);
        }

        // the driver prepares a statement when it is executed for the fifth time
        assertThat(text("SELECT string_agg(generic_plans + custom_plans || ' executions', ',') FROM pg_prepared_statements"
                + " WHERE statement LIKE '%integer) +%'")).isEqualTo("8 executions");
    }

    @Test
    void what_is_null_stays_so() {
        assertThat(sum(null, 1)).isNull();
        assertThat(sum(2, 1)).isEqualTo(3);
    }

    @Test
    void an_endpoint_that_says_so_itself_has_its_own_count_and_strategy() {
        camel.getRegistry().bind("own", new DefaultSqlPrepareStatementStrategy());

        SqlEndpoint endpoint = camel.getEndpoint("sql:SELECT :#a?parametersCount=7&prepareStatementStrategy=#own", SqlEndpoint.class);

        assertThat(endpoint.getParametersCount()).isEqualTo(7);
        assertThat(endpoint.getPrepareStatementStrategy()).isNotInstanceOf(StatementParameters.class);
        assertThat(camel.getEndpoint("sql:SELECT :#a", SqlEndpoint.class).getParametersCount()).isOne();
    }

    private Object sum(Integer first, int second) {
        Map<String, Object> variables = new HashMap<>();
        variables.put("one", first);
        variables.put("two", second);
        return camel.createProducerTemplate().request(SUM, sent -> variables.forEach(sent::setVariable)).getMessage().getBody();
    }

    private String text(String query) throws SQLException {
        try (Connection connection = one.getConnection();
                PreparedStatement sql = connection.prepareStatement(query);
                ResultSet rows = sql.executeQuery()) {
            return rows.next() ? rows.getString(1) : null;
        }
    }
}
