package smap.identity.contract;

import com.networknt.schema.Schema;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the contract says of the requests to one operation. Immutable and thread-safe.
 *
 * @param id the {@code operationId}, which is the name of its route
 * @param method HTTP method in upper case
 * @param path anchored pattern of the path below its server
 * @param ownServer base path of the operation's own server, or null if it has none
 * @param tag the group it belongs to, which decides the error code of a wrong body
 * @param secured whether it asks for an access token
 * @param parameters those of path, query and header
 * @param bodyFields the schema of the body and the names it declares, or null if it takes none
 */
record ContractOperation(
        String id,
        String method,
        Pattern path,
        String ownServer,
        String tag,
        boolean secured,
        List<Parameter> parameters,
        Body bodyFields) {

    /** One parameter; {@code in} is {@code path}, {@code query} or {@code header}. */
    record Parameter(String name, String in, boolean required, Schema schema) {

        boolean isHeader() {
            return "header".equals(in);
        }
    }

    /** A JSON body: its schema, and for each field it declares the default. */
    record Body(Schema schema, Map<String, Object> fields, boolean required) {}

    Optional<Body> body() {
        return Optional.ofNullable(bodyFields);
    }

    boolean matches(String requestPath, String basePath) {
        String base = ownServer != null ? ownServer : basePath;
        return requestPath.startsWith(base) && path.matcher(requestPath.substring(base.length())).matches();
    }
}
