package smap.identity.contract;

import com.networknt.schema.Schema;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the contract says of the requests to one operation. Immutable and thread-safe.
 *
 * @param id the {@code operationId}, which is the name of its route
 * @param method HTTP method in upper case
 * @param path anchored pattern of the path below its server
 * @param placeholders how many segments of the path are not spelled out
 * @param ownServer base path of the operation's own server, or null if it has none
 * @param tag the group it belongs to, which decides the error code of a wrong body
 * @param roles those who may ask for it ({@code x-roles}); empty: anyone, with or without an access token
 * @param parameters those of path, query and header
 * @param bodyOrNull what it takes as its body, or null if it takes none
 */
record ContractOperation(
        String id,
        String method,
        Pattern path,
        int placeholders,
        String ownServer,
        String tag,
        Set<String> roles,
        List<Parameter> parameters,
        Body bodyOrNull) {

    /** One parameter; {@code in} is {@code path}, {@code query} or {@code header}. */
    record Parameter(String in, boolean required, Schema schema, Field field) {

        String name() {
            return field.name();
        }
    }

    /** A JSON body: its schema, the fields it declares, and whether a request has to bring one. */
    record Body(Schema schema, List<Field> fields, boolean required) {}

    /** What becomes a variable; {@code preset} is its value where a request has none. */
    record Field(String name, ValueType type, Object preset) {}

    /** Whether it asks for an access token. */
    boolean secured() {
        return !roles.isEmpty();
    }

    Optional<Body> body() {
        return Optional.ofNullable(bodyOrNull);
    }

    /** The path as a request has it, of an operation without placeholders. */
    String spelled(String basePath) {
        return base(basePath) + path.pattern();
    }

    boolean matches(String requestPath, String basePath) {
        return requestPath.startsWith(base(basePath)) && matcher(requestPath, basePath).matches();
    }

    /** What stands in a matching path in the place of {@code {name}}, decoded (RFC 3986, section 2.1). */
    String pathValue(String name, String requestPath, String basePath) {
        Matcher matcher = matcher(requestPath, basePath);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("The path is not one of " + id);
        }
        return URLDecoder.decode(matcher.group(name).replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private Matcher matcher(String requestPath, String basePath) {
        return path.matcher(requestPath.substring(base(basePath).length()));
    }

    private String base(String basePath) {
        return ownServer != null ? ownServer : basePath;
    }
}
