package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialect;
import com.networknt.schema.dialect.Dialects;
import com.networknt.schema.keyword.NonValidationKeyword;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import smap.identity.support.JsonHttp;
import smap.identity.support.JsonHttp.Answer;

/**
 * Holds answers against the contract, read here independently of the product: the status is documented for the operation, the headers it
 * promises are there, and the body fits its schema. Remembers what was seen. Thread-safe.
 */
final class ContractCoverage {

    /** Too large a body, one of another type, a fault of ours, and what the product needs being away. */
    private static final Set<String> REFUSALS = Set.of("413", "415", "500", "503");

    private final JsonNode document = read();
    private final SchemaRegistry schemas = SchemaRegistry.withDialect(Dialect.builder(Dialects.getOpenApi30())
            .keyword(new NonValidationKeyword("components"))
            .keyword(new NonValidationKeyword("x-expected"))
            .build());
    private final Set<String> seen = new ConcurrentSkipListSet<>();

    /** Returns the answer, which fits the contract. */
    Answer check(String operationId, Answer answer) {
        JsonNode response = resolve(operation(operationId).path("responses").path(Integer.toString(answer.status())));
        assertThat(response.isMissingNode())
                .as("%s documents %d, which came with %s", operationId, answer.status(), answer.text()).isFalse();
        response.path("headers").properties().stream()
                .filter(header -> resolve(header.getValue()).path("required").asBoolean())
                .forEach(header -> assertThat(answer.header(header.getKey()))
                        .as("%s of %s %d", header.getKey(), operationId, answer.status()).isPresent());
        assertThat(answer.header("Content-Type")).hasValueSatisfying(type -> assertThat(type).startsWith("application/json"));

        ObjectNode schema = resolve(response.at("/content/application~1json/schema")).deepCopy();
        schema.set("components", document.path("components"));
        assertThat(schemas.getSchema(schema).validate(answer.json()))
                .as("%s %d: %s", operationId, answer.status(), answer.text()).isEmpty();
        List<Integer> codes = exampleCodes(response.at("/content/application~1json"));
        if (!codes.isEmpty()) {
            assertThat(codes).as("error codes in the examples of %s %d", operationId, answer.status()).contains(answer.errorCode());
        }
        seen.add(operationId + ' ' + answer.status());
        return answer;
    }

    private List<Integer> exampleCodes(JsonNode content) {
        List<JsonNode> examples = new ArrayList<>(List.of(content.path("example")));
        content.path("examples").forEach(example -> examples.add(resolve(example).path("value")));
        return examples.stream().map(example -> example.path("error_code")).filter(JsonNode::isInt).map(JsonNode::intValue).toList();
    }

    Set<String> seen() {
        return seen;
    }

    /** Every operation of these groups with every status the contract documents for it, but for those of {@link #refusals}. */
    Set<String> documented(String... tags) {
        return documented(operation -> List.of(tags).contains(operation.at("/tags/0").asText()), status -> !REFUSALS.contains(status));
    }

    /** Every operation with those of its statuses that say nothing of the operation: {@link RefusalContractTest} sees them. */
    Set<String> refusals() {
        return documented(operation -> true, REFUSALS::contains);
    }

    private Set<String> documented(Predicate<JsonNode> operations, Predicate<String> statuses) {
        Set<String> documented = new TreeSet<>();
        for (JsonNode path : document.path("paths")) {
            for (JsonNode operation : path) {
                if (operations.test(operation)) {
                    operation.path("responses").properties().stream().map(Map.Entry::getKey).filter(statuses)
                            .forEach(status -> documented.add(operation.path("operationId").asText() + ' ' + status));
                }
            }
        }
        return documented;
    }

    /** The statuses the contract documents for an operation. */
    Set<Integer> statuses(String operationId) {
        return operation(operationId).path("responses").properties().stream().map(Map.Entry::getKey).map(Integer::valueOf)
                .collect(Collectors.toSet());
    }

    /** Every operation as the contract's own examples ask for it. */
    List<ExampleRequest> examples() {
        List<ExampleRequest> examples = new ArrayList<>();
        document.path("paths").properties().forEach(path -> path.getValue().properties().stream()
                .filter(operation -> operation.getValue().has("operationId"))
                .forEach(operation -> examples.add(example(path.getKey(), path.getValue(), operation.getKey(), operation.getValue()))));
        return examples;
    }

    private ExampleRequest example(String path, JsonNode item, String method, JsonNode operation) {
        String base = item.at("/servers/0/url").asText(document.at("/servers/0/url").asText()).replaceAll("/$", "");
        StringBuilder url = new StringBuilder(base + path);
        char separator = '?';
        for (JsonNode reference : parameters(item, operation)) {
            JsonNode parameter = resolve(reference);
            String name = parameter.path("name").asText();
            if (parameter.path("in").asText().equals("path")) {
                int at = url.indexOf('{' + name + '}');
                url.replace(at, at + name.length() + 2, example(parameter));
            } else if (parameter.path("in").asText().equals("query") && parameter.path("required").asBoolean()) {
                url.append(separator).append(name).append('=').append(URLEncoder.encode(example(parameter), StandardCharsets.UTF_8));
                separator = '&';
            }
        }
        JsonNode body = resolve(operation.path("requestBody")).at("/content/application~1json");
        JsonNode roles = operation.path("x-roles");
        return new ExampleRequest(
                operation.path("operationId").asText(),
                method.toUpperCase(Locale.ROOT),
                url.toString(),
                body.isMissingNode() ? null : body.path("example"),
                !roles.isMissingNode(),
                !roles.isMissingNode() && !roles.toString().contains("USER"));
    }

    private static List<JsonNode> parameters(JsonNode item, JsonNode operation) {
        List<JsonNode> parameters = new ArrayList<>();
        item.path("parameters").forEach(parameters::add);
        operation.path("parameters").forEach(parameters::add);
        return parameters;
    }

    private String example(JsonNode parameter) {
        JsonNode example = parameter.path("example");
        return example.isMissingNode() ? resolve(parameter.path("schema")).path("example").asText() : example.asText();
    }

    /**
     * A request to one operation.
     *
     * @param path with query, below the server's root
     * @param body null if it takes none
     * @param forAdministrators whether a token of a user is not enough
     */
    record ExampleRequest(String id, String method, String path, JsonNode body, boolean secured, boolean forAdministrators) {

        Answer by(JsonHttp caller) {
            return caller.send(method, path, body);
        }
    }

    /** The groups an operation may belong to. */
    Set<String> tags() {
        return new TreeSet<>(document.path("tags").findValuesAsText("name"));
    }

    private JsonNode operation(String operationId) {
        for (JsonNode path : document.path("paths")) {
            for (JsonNode operation : path) {
                if (operation.path("operationId").asText().equals(operationId)) {
                    return operation;
                }
            }
        }
        throw new AssertionError("the contract has no operation " + operationId);
    }

    private JsonNode resolve(JsonNode node) {
        return node.has("$ref") ? document.at(node.path("$ref").asText().substring(1)) : node;
    }

    private static JsonNode read() {
        try (InputStream in = ContractCoverage.class.getResourceAsStream("/openapi/smap-identity.yaml")) {
            return new YAMLMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
