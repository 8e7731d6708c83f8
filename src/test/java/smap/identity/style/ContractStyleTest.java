package smap.identity.style;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialect;
import com.networknt.schema.dialect.Dialects;
import com.networknt.schema.keyword.NonValidationKeyword;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import smap.identity.problem.ProblemCode;

/** What the contract says of each operation is complete: every status it can give, and an example of each that is true to its schema. */
class ContractStyleTest {

    private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch");
    private static final JsonNode DOCUMENT = read();
    private static final SchemaRegistry SCHEMAS = SchemaRegistry.withDialect(Dialect.builder(Dialects.getOpenApi30())
            .keyword(new NonValidationKeyword("components"))
            .keyword(new NonValidationKeyword("x-expected"))
            .build());

    /** An operation under its path and method, with the parameters of its path among its own. */
    private record Operation(String id, String method, JsonNode node, List<JsonNode> parameters) {

        boolean isSecured() {
            return !node.path("security").isEmpty();
        }

        boolean hasBody() {
            return node.has("requestBody");
        }

        /** Whether some of those who have a token are refused. */
        boolean isForSome() {
            return node.has("x-roles") && node.path("x-roles").size() < 2;
        }

        /** Whether a page of another origin may not ask for it with the cookie. */
        boolean isSecuredChange() {
            return isSecured() && !method.equals("get");
        }

        /** Whether it needs nothing that can be away: health tells of that, and the keys are settings. */
        boolean needsNothing() {
            return node.at("/tags/0").asText().equals("health") || id.equals("key-list");
        }

        Stream<Response> responses() {
            return node.path("responses").properties().stream()
                    .map(response -> new Response(id, Integer.parseInt(response.getKey()), resolve(response.getValue())));
        }


        @Override
        public String toString() {
            return id;
        }
    }

    /** What an operation answers with a status. */
    private record Response(String id, int status, JsonNode node) {

        JsonNode content() {
            JsonNode content = node.path("content");
            return content.isEmpty() ? content : content.elements().next();
        }

        /** Examples stand beside a schema, or in one that several answers share. */
        List<JsonNode> examples() {
            List<JsonNode> examples = new ArrayList<>();
            Stream.of(content().path("example"), resolve(content().path("schema")).path("example"))
                    .filter(example -> !example.isMissingNode()).limit(1).forEach(examples::add);
            content().path("examples").forEach(named -> examples.add(resolve(named).path("value")));
            return examples;
        }

        @Override
        public String toString() {
            return id + ' ' + status;
        }
    }

    static List<Operation> operations() {
        List<Operation> operations = new ArrayList<>();
        DOCUMENT.path("paths").forEach(path -> path.properties().stream().filter(entry -> METHODS.contains(entry.getKey()))
                .forEach(entry -> operations.add(new Operation(
                        entry.getValue().path("operationId").asText(), entry.getKey(), entry.getValue(),
                        Stream.of(path, entry.getValue()).flatMap(owner -> elements(owner.path("parameters")))
                                .map(ContractStyleTest::resolve).toList()))));
        return operations;
    }

    static Stream<Response> responses() {
        return operations().stream().flatMap(Operation::responses);
    }

    @ParameterizedTest
    @MethodSource("operations")
    void an_operation_documents_each_status_that_any_like_it_can_give(Operation operation) {
        Set<Integer> expected = new TreeSet<>();
        if (operation.hasBody()) {
            expected.addAll(Set.of(400, 413, 415));
        }
        if (!operation.parameters().isEmpty()) {
            expected.add(400);
        }
        if (operation.isSecured()) {
            expected.add(401);
        }
        if (operation.isForSome() || operation.isSecuredChange()) {
            expected.add(403);
        }
        if (!operation.needsNothing()) {
            expected.addAll(Set.of(500, 503));
        }

        assertThat(operation.responses().map(Response::status)).containsAll(expected).anyMatch(status -> status < 300);
    }

    @ParameterizedTest
    @MethodSource("operations")
    void an_operation_says_what_it_does_and_belongs_to_a_group(Operation operation) {
        assertThat(operation.node().path("summary").asText()).as("summary").isNotBlank();
        assertThat(operation.node().path("tags")).as("tags").hasSize(1);
        assertThat(DOCUMENT.path("tags").findValuesAsText("name")).contains(operation.node().at("/tags/0").asText());
    }

    @ParameterizedTest
    @MethodSource("operations")
    void a_token_may_come_in_the_header_or_in_the_cookie(Operation operation) {
        if (operation.isSecured()) {
            assertThat(operation.node().path("security").toString()).isEqualTo("[{\"bearer\":[]},{\"cookie\":[]}]");
        }
    }

    @ParameterizedTest
    @MethodSource("responses")
    void an_answer_is_described_and_has_an_example_that_fits_its_schema(Response response) {
        assertThat(response.node().path("description").asText()).as("description").isNotBlank();
        if (response.status() == 204) {
            return;
        }
        assertThat(response.examples()).as("examples").isNotEmpty();
        ObjectNode schema = resolve(response.content().path("schema")).deepCopy();
        schema.set("components", DOCUMENT.path("components"));
        assertThat(response.examples()).allSatisfy(example -> assertThat(SCHEMAS.getSchema(schema).validate(example)).isEmpty());
    }

    @ParameterizedTest
    @MethodSource("responses")
    void an_example_of_a_refusal_is_one_the_product_gives(Response response) {
        if (response.status() < 400) {
            return;
        }
        assertThat(response.examples()).allSatisfy(example -> assertThat(ProblemCode.values())
                .as(example.toString())
                .anySatisfy(code -> {
                    assertThat(code.number()).isEqualTo(example.path("error_code").asInt());
                    assertThat(code.message()).isEqualTo(example.path("message").asText());
                    assertThat(code.status()).isEqualTo(response.status());
                }));
    }

    @ParameterizedTest
    @MethodSource("operations")
    void who_is_told_to_come_back_is_told_when(Operation operation) {
        operation.responses().filter(response -> response.status() == 429 || response.status() == 503)
                .forEach(response -> assertThat(response.node().path("headers").has("Retry-After")).as(response.toString()).isTrue());
    }

    private static JsonNode resolve(JsonNode node) {
        return node.has("$ref") ? resolve(DOCUMENT.at(node.path("$ref").asText().substring(1))) : node;
    }

    private static Stream<JsonNode> elements(JsonNode node) {
        return StreamSupport.stream(node.spliterator(), false);
    }

    private static JsonNode read() {
        try {
            return new YAMLMapper().readTree(RouteTree.RESOURCES.resolve("openapi/smap-identity.yaml").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
