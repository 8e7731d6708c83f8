package smap.identity.database;

import java.util.Map;
import org.apache.camel.Endpoint;
import org.apache.camel.component.sql.SqlComponent;
import org.apache.camel.component.sql.SqlEndpoint;
import org.apache.camel.component.sql.SqlHelper;
import org.apache.camel.spi.annotations.Component;

/**
 * The stock {@code sql} component, but for one thing: a statement is read once. The stock one reads it again for each execution, and asks
 * PostgreSQL how many parameters it has; by that the driver forgets that the statement was prepared, and it is parsed and planned anew
 * each time, which takes longer than to execute most of ours.
 */
@Component("sql")
public final class ReadOnceSqlComponent extends SqlComponent {

    private final StatementParameters statements = new StatementParameters();

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        boolean counted = parameters.containsKey("parametersCount");
        SqlEndpoint endpoint = (SqlEndpoint) super.createEndpoint(uri, remaining, parameters);
        if (endpoint.getPrepareStatementStrategy() == null) {
            endpoint.setPrepareStatementStrategy(statements);
        }
        if (!counted) {
            String placeholder = endpoint.isUsePlaceholder() ? endpoint.getPlaceholder() : null;
            endpoint.setParametersCount(statements.count(SqlHelper.resolveQuery(getCamelContext(), endpoint.getQuery(), placeholder)));
        }
        return endpoint;
    }
}
