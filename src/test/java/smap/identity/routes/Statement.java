package smap.identity.routes;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.component.sql.DefaultSqlPrepareStatementStrategy;
import org.apache.camel.component.sql.SqlConstants;
import org.apache.camel.component.sql.SqlEndpoint;
import org.apache.camel.component.sql.SqlHelper;
import org.apache.camel.component.sql.SqlOutputType;

/**
 * Stands in for an {@code sql:} endpoint. Parameters are looked up as camel-sql does it, so that one which the route does not provide fails
 * here too. A query that is told no answer finds no row; a statement that is no query leaves the body as it is.
 */
final class Statement extends Edge {

    private static final Pattern PARAMETER = Pattern.compile(":\\?(?:(\\w+)|\\$\\{([^}]+)})");

    private final SqlEndpoint endpoint;
    private final List<Map<String, Object>> parameters = new CopyOnWriteArrayList<>();
    private volatile Object answer;
    private volatile String slow;

    Statement(String name, SqlEndpoint endpoint, MockEndpoint mock, List<String> visited) {
        super(name, endpoint, mock, visited);
        this.endpoint = endpoint;
    }

    /** @param answer the row that is found, as a map or as its value if it has one column; or the list of them */
    Statement answers(Object answer) {
        this.answer = answer;
        return this;
    }

    /** The parameters it was run with, which is once, by the names they have in the file. */
    Map<String, Object> parameters() {
        sent();
        return parameters.get(0);
    }

    /**
     * The class of a body it came with that is no map; null if there was none. For each parameter camel-sql asks Camel to make a map of the
     * body, and that takes long where it cannot be done.
     */
    String slowBody() {
        return slow;
    }

    @Override
    void receive(Exchange exchange) throws Exception {
        Object body = exchange.getMessage().getBody();
        if (body != null && !(body instanceof Map)) {
            slow = body.getClass().getName();
        }
        parameters.add(lookUp(exchange));
        if (answer == null && endpoint.getOutputType() != SqlOutputType.SelectOne) {
            exchange.getMessage().setHeader(SqlConstants.SQL_UPDATE_COUNT, 1);
        } else {
            exchange.getMessage().setHeader(SqlConstants.SQL_ROW_COUNT, answer == null ? 0 : 1);
            boolean asItIs = endpoint.getOutputType() == SqlOutputType.SelectOne || answer instanceof List;
            exchange.getMessage().setBody(asItIs ? answer : List.of(answer));
        }
    }

    private Map<String, Object> lookUp(Exchange exchange) throws Exception {
        String text = SqlHelper.resolveQuery(endpoint.getCamelContext(), endpoint.getQuery(), endpoint.getPlaceholder());
        Iterator<?> values = new DefaultSqlPrepareStatementStrategy()
                .createPopulateIterator(text, null, 0, exchange, exchange.getMessage().getBody());
        Map<String, Object> found = new LinkedHashMap<>();
        Matcher names = PARAMETER.matcher(text);
        while (names.find()) {
            found.put(names.group(1) != null ? names.group(1) : names.group(2), values.next());
        }
        return found;
    }
}
