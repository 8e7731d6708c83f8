package smap.identity.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialect;
import com.networknt.schema.dialect.Dialects;
import com.networknt.schema.keyword.NonValidationKeyword;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import smap.identity.contract.ContractOperation.Body;
import smap.identity.contract.ContractOperation.Field;
import smap.identity.contract.ContractOperation.Parameter;

/** Reads operations out of an OpenAPI document and compiles their schemas. */
final class OperationReader {

    private static final String JSON = "application/json";
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([^/}]+)}");
    /** Variables that routes take for true because no request can set them. */
    private static final Set<String> RESERVED =
            Set.of("actor", "allowed_roles", "caller", "caller_id", "idempotency_lease", "now", "operation", "own_origin", "remote_address",
                    "session_id", "token", "trace_id", "traceparent", "user_agent");
    /** What an account can be. */
    private static final Set<String> ROLES = Set.of("USER", "ADMIN");

    private final JsonNode document;
    private final SchemaRegistry schemas = SchemaRegistry.withDialect(Dialect.builder(Dialects.getOpenApi30())
            .keyword(new NonValidationKeyword("components"))
            .keyword(new NonValidationKeyword("x-expected"))
            .build());
    private final ObjectMapper json = new ObjectMapper();

    OperationReader(JsonNode document) {
        this.document = document;
    }

    ContractOperation read(String path, String method, JsonNode pathItem, JsonNode operation) {
        return new ContractOperation(
                operation.path("operationId").asText(),
                method.toUpperCase(Locale.ROOT),
                Pattern.compile(PLACEHOLDER.matcher(path).replaceAll("(?<$1>[^/]+)")),
                (int) PLACEHOLDER.matcher(path).results().count(),
                ownServer(pathItem),
                operation.at("/tags/0").asText(),
                roles(operation),
                parameters(pathItem, operation),
                body(operation));
    }

    /** Who may ask for an operation has to be said of each one: what was forgotten would be open to everybody. */
    private static Set<String> roles(JsonNode operation) {
        String id = operation.path("operationId").asText();
        JsonNode security = operation.path("security");
        if (!security.isArray()) {
            throw new IllegalArgumentException("The contract does not say who may ask for " + id
                    + ": expected security, which is [] for anyone, and x-roles where it is not");
        }
        Set<String> roles = new TreeSet<>();
        operation.path("x-roles").forEach(role -> roles.add(role.asText()));
        if (roles.isEmpty() != security.isEmpty() || !ROLES.containsAll(roles)) {
            throw new IllegalArgumentException("The contract has x-roles " + roles + " for " + id
                    + ": expected " + (security.isEmpty() ? "none, because anyone may ask for it" : "some of USER, ADMIN"));
        }
        return Set.copyOf(roles);
    }

    private static String ownServer(JsonNode pathItem) {
        JsonNode url = pathItem.at("/servers/0/url");
        return url.isMissingNode() ? null : url.asText().replaceAll("/$", "");
    }

    private List<Parameter> parameters(JsonNode pathItem, JsonNode operation) {
        List<Parameter> parameters = new ArrayList<>();
        for (JsonNode owner : List.of(pathItem, operation)) {
            for (JsonNode reference : owner.path("parameters")) {
                JsonNode parameter = resolve(reference);
                JsonNode schema = parameter.path("schema");
                parameters.add(new Parameter(
                        parameter.path("in").asText(),
                        parameter.path("required").asBoolean(),
                        compile(schema),
                        field(parameter.path("name").asText(), schema)));
            }
        }
        return List.copyOf(parameters);
    }

    private Body body(JsonNode operation) {
        JsonNode requestBody = resolve(operation.path("requestBody"));
        JsonNode schema = requestBody.path("content").path(JSON).path("schema");
        if (schema.isMissingNode()) {
            return null;
        }
        List<Field> fields = new ArrayList<>();
        resolve(schema).path("properties").properties().forEach(field -> fields.add(field(field.getKey(), field.getValue())));
        return new Body(compile(schema), List.copyOf(fields), requestBody.path("required").asBoolean());
    }

    private Field field(String name, JsonNode schema) {
        if (RESERVED.contains(name)) {
            throw new IllegalArgumentException("The contract declares '" + name + "', which no request may set");
        }
        ValueType type = type(schema);
        JsonNode preset = resolve(schema).path("default");
        return new Field(name, type, preset.isMissingNode() ? null : type.variable(preset, json.convertValue(preset, Object.class)));
    }

    private ValueType type(JsonNode reference) {
        JsonNode schema = resolve(reference);
        String name = schema.path("type").asText();
        return new ValueType(name, schema.path("format").asText(), name.equals("array") ? type(schema.path("items")) : null);
    }

    /** A schema that stands alone: the document's components go with it, so that its references lead somewhere. */
    private Schema compile(JsonNode schema) {
        ObjectNode alone = resolve(schema).deepCopy();
        alone.set("components", document.path("components"));
        return schemas.getSchema(alone);
    }

    private JsonNode resolve(JsonNode node) {
        JsonNode reference = node.path("$ref");
        if (reference.isMissingNode()) {
            return node;
        }
        JsonNode target = document.at(reference.asText().substring(1));
        if (target.isMissingNode()) {
            throw new IllegalArgumentException("The contract refers to " + reference.asText() + ", which it does not hold");
        }
        return resolve(target);
    }
}
