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
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import smap.identity.support.JsonHttp.Answer;

/**
 * Holds answers against the contract, read here independently of the product: the status is documented for the operation, the headers it
 * promises are there, and the body fits its schema. Remembers what was seen. Thread-safe.
 */
final class ContractCoverage {

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
        response.path("headers").properties().forEach(header -> assertThat(answer.header(header.getKey()))
                .as("%s of %s %d", header.getKey(), operationId, answer.status()).isPresent());
        assertThat(answer.header("Content-Type")).hasValueSatisfying(type -> assertThat(type).startsWith("application/json"));

        ObjectNode schema = resolve(response.at("/content/application~1json/schema")).deepCopy();
        schema.set("components", document.path("components"));
        assertThat(schemas.getSchema(schema).validate(answer.json()))
                .as("%s %d: %s", operationId, answer.status(), answer.text()).isEmpty();
        if (response.at("/content/application~1json/example/error_code").isInt()) {
            assertThat(answer.errorCode()).as("the example of %s %d", operationId, answer.status())
                    .isEqualTo(response.at("/content/application~1json/example/error_code").intValue());
        }
        seen.add(operationId + ' ' + answer.status());
        return answer;
    }

    Set<String> seen() {
        return seen;
    }

    /** Every operation of these groups with every status the contract documents for it. */
    Set<String> documented(String... tags) {
        Set<String> documented = new TreeSet<>();
        for (JsonNode path : document.path("paths")) {
            for (JsonNode operation : path) {
                if (List.of(tags).contains(operation.at("/tags/0").asText())) {
                    operation.path("responses").fieldNames()
                            .forEachRemaining(status -> documented.add(operation.path("operationId").asText() + ' ' + status));
                }
            }
        }
        return documented;
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
