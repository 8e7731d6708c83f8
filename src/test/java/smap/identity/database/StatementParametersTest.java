package smap.identity.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.RuntimeExchangeException;
import org.apache.camel.component.sql.DefaultSqlPrepareStatementStrategy;
import org.apache.camel.component.sql.SqlHelper;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatementParametersTest {

    private static final Path STATEMENTS = Path.of("src/main/resources/sql");

    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final Exchange exchange = new DefaultExchange(camel);
    private final StatementParameters parameters = new StatementParameters();

    static Stream<String> statements() throws IOException {
        try (Stream<Path> files = Files.walk(STATEMENTS)) {
            return files.filter(Files::isRegularFile).map(file -> "sql/" + STATEMENTS.relativize(file)).sorted().toList().stream();
        }
    }

    @AfterEach
    void stop() {
        camel.stop();
    }

    @ParameterizedTest
    @MethodSource("statements")
    void a_statement_of_ours_is_read_as_camel_reads_it(String file) throws Exception {
        String query = SqlHelper.resolveQuery(camel, "classpath:" + file, "#");
        String prepared = new DefaultSqlPrepareStatementStrategy().prepareQuery(query, true, exchange);

        assertThat(parameters.prepareQuery(query, true, exchange)).isEqualTo(prepared);
        assertThat(parameters.count(query)).isEqualTo((int) prepared.chars().filter(letter -> letter == '?').count());
    }

    @Test
    void a_value_is_found_where_camel_finds_it() throws SQLException {
        String query = "SELECT :?one, :?two, :?three, :?${variable.three}, :?${variable.If-Match},"
                + " :?${variable.user[id]}, :?one";
        exchange.getMessage().setHeader("two", "header");
        Map<String, Object> body = new HashMap<>(Map.of("one", "body"));
        for (String name : List.of("one", "two", "three", "If-Match")) {
            exchange.setVariable(name, "variable " + name);
        }
        exchange.setVariable("user", Map.of("id", 7));

        assertThat(values(query, body))
                .containsExactly("body", "header", "variable three", "variable three", "variable If-Match", 7, "body")
                .isEqualTo(read(new DefaultSqlPrepareStatementStrategy(), query, body));
        assertThat(values("SELECT :?one", null)).containsExactly("variable one");
    }

    @Test
    void a_variable_may_be_missing_but_not_what_is_a_parameter_by_name_alone() throws SQLException {
        assertThat(values("SELECT :?${variable.none}", null)).containsExactly((Object) null);
        assertThatThrownBy(() -> values("SELECT :?none", null)).isInstanceOf(RuntimeExchangeException.class).hasMessageContaining("none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"SELECT 1", "SELECT ?", "SELECT :?in:ids", "SELECT :?a, :?in:ids", "SELECT :?a, :?${variable.x[${variable.a}]}",
            "SELECT :?a WHERE x ? 'y'"})
    void what_has_none_or_others_is_left_to_camel(String query) throws SQLException {
        exchange.setVariable("ids", List.of(1, 2));
        exchange.setVariable("a", 1);

        assertThat(parameters.count(query)).isZero();
        assertThat(parameters.prepareQuery(query, true, exchange))
                .isEqualTo(new DefaultSqlPrepareStatementStrategy().prepareQuery(query, true, exchange));
    }

    @Test
    void a_body_that_is_no_map_is_left_to_camel() throws SQLException {
        exchange.setVariable("a", 1);
        exchange.getMessage().setBody("text");

        assertThat(values("SELECT :?a", "text")).containsExactly(1);
    }

    private List<Object> values(String query, Object body) throws SQLException {
        return read(parameters, query, body);
    }

    private List<Object> read(DefaultSqlPrepareStatementStrategy strategy, String query, Object body) throws SQLException {
        exchange.getMessage().setBody(body);
        List<Object> values = new ArrayList<>();
        strategy.createPopulateIterator(query, null, 0, exchange, body).forEachRemaining(values::add);
        return values;
    }
}
