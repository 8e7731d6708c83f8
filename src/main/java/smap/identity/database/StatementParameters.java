package smap.identity.database;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.RuntimeExchangeException;
import org.apache.camel.component.sql.DefaultSqlPrepareStatementStrategy;

/**
 * Finds the values of a statement's parameters as Camel does, but reads each statement once: {@code :#name} is looked up in a body that is
 * a map, in the headers and the variables, {@code :#${variable.name}} is a variable that may be missing, any other {@code :#${…}} is asked
 * of the simple language. Statements with parameters of another form are left to Camel. Thread-safe.
 */
final class StatementParameters extends DefaultSqlPrepareStatementStrategy {

    /** As Camel hands them over, with {@code ?} in the place of {@code #}. */
    private static final Pattern PARAMETER = Pattern.compile(":\\?(?!in:)(\\w+|\\$\\{[^{}]+})");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{variable\\.([\\w-]+)}");

    private final Map<String, Statement> statements = new ConcurrentHashMap<>();

    /** Where a value comes from. */
    private enum Source { NAME, VARIABLE, EXPRESSION }

    private record Parameter(Source source, String text) {

        static Parameter read(String text) {
            Matcher variable = VARIABLE.matcher(text);
            if (variable.matches()) {
                return new Parameter(Source.VARIABLE, variable.group(1));
            }
            return new Parameter(text.startsWith("$") ? Source.EXPRESSION : Source.NAME, text);
        }

        Object value(Exchange exchange, Map<?, ?> body) {
            return switch (source) {
                case NAME -> named(exchange, body);
                case VARIABLE -> exchange.getVariable(text);
                case EXPRESSION -> exchange.getContext().resolveLanguage("simple").createExpression(text).evaluate(exchange, Object.class);
            };
        }

        private Object named(Exchange exchange, Map<?, ?> body) {
            if (body != null && body.containsKey(text)) {
                return body.get(text);
            }
            if (exchange.getMessage().getHeaders().containsKey(text)) {
                return exchange.getMessage().getHeader(text);
            }
            if (exchange.getVariables().containsKey(text)) {
                return exchange.getVariable(text);
            }
            throw new RuntimeExchangeException("A statement has the parameter " + text + ", which the route does not provide", exchange);
        }
    }

    /** A statement as JDBC takes it; {@code parameters} is null where they are of another form. */
    private record Statement(String text, List<Parameter> parameters) {

        static Statement read(String query) {
            List<Parameter> parameters = PARAMETER.matcher(query).results().map(found -> Parameter.read(found.group(1))).toList();
            boolean isOurs = !parameters.isEmpty() && !PARAMETER.matcher(query).replaceAll("").contains("?");
            return isOurs ? new Statement(PARAMETER.matcher(query).replaceAll("?"), parameters) : new Statement(query, null);
        }
    }

    /** How many parameters a statement has; 0 if it has none, or Camel has to find out. */
    int count(String query) {
        List<Parameter> parameters = statement(query).parameters();
        return parameters == null ? 0 : parameters.size();
    }

    @Override
    public String prepareQuery(String query, boolean allowNamedParameters, Exchange exchange) throws SQLException {
        Statement statement = statement(query);
        return allowNamedParameters && statement.parameters() != null
                ? statement.text() : super.prepareQuery(query, allowNamedParameters, exchange);
    }

    @Override
    public Iterator<?> createPopulateIterator(String query, String preparedQuery, int expectedParams, Exchange exchange, Object value)
            throws SQLException {
        List<Parameter> parameters = statement(query).parameters();
        if (parameters == null || !(value == null || value instanceof Map)) {
            return super.createPopulateIterator(query, preparedQuery, expectedParams, exchange, value);
        }
        List<Object> values = new ArrayList<>(parameters.size());
        for (Parameter parameter : parameters) {
            values.add(parameter.value(exchange, (Map<?, ?>) value));
        }
        return values.iterator();
    }

    /** Statements are files, and those of a message's header are none of ours, so there is an end to them. */
    private Statement statement(String query) {
        return statements.computeIfAbsent(query, Statement::read);
    }
}
