package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.contract.ContractOperation.Field;
import smap.identity.contract.ContractOperation.Parameter;

class OperationReaderTest {

    private static final String DOCUMENT = """
            paths:
              /plans/{id}:
                parameters:
                  - {name: id, in: path, required: true, schema: {$ref: '#/components/schemas/Id'}}
                put:
                  operationId: plan-replace
                  tags: [plans, others]
                  security: [{bearer: []}]
                  x-roles: [ADMIN]
                  parameters:
                    - $ref: '#/components/parameters/Lang'
                  requestBody: {$ref: '#/components/requestBodies/Plan'}
              /live:
                servers: [{url: /}]
                get: {operationId: live, security: []}
              /broken:
                get:
                  operationId: broken
                  security: []
                  parameters: [{$ref: '#/components/parameters/Nowhere'}]
            components:
              parameters:
                Lang: {name: lang, in: header, schema: {type: string, maxLength: 2}}
              requestBodies:
                Plan:
                  required: true
                  content:
                    application/json:
                      schema: {$ref: '#/components/schemas/Plan'}
              schemas:
                Id: {type: string, format: uuid}
                Name: {type: string, default: free}
                Plan:
                  type: object
                  required: [code]
                  properties:
                    code: {type: string}
                    name: {$ref: '#/components/schemas/Name'}
                    max_usage: {type: integer, default: 100}
            """;

    @Test
    void an_operation_is_read_with_all_it_says() throws IOException {
        ContractOperation operation = read("/plans/{id}", "put");

        assertThat(operation.id()).isEqualTo("plan-replace");
        assertThat(operation.method()).isEqualTo("PUT");
        assertThat(operation.tag()).isEqualTo("plans");
        assertThat(operation.secured()).isTrue();
        assertThat(operation.roles()).containsExactly("ADMIN");
        assertThat(operation.parameters()).extracting(Parameter::name, Parameter::in, Parameter::required)
                .containsExactly(tuple("id", "path", true), tuple("lang", "header", false));
    }

    @Test
    void a_path_is_matched_below_the_server_one_segment_a_placeholder() throws IOException {
        ContractOperation operation = read("/plans/{id}", "put");

        assertThat(operation.matches("/api/v1/plans/7", "/api/v1")).isTrue();
        assertThat(operation.matches("/api/v1/plans/7/8", "/api/v1")).isFalse();
        assertThat(operation.matches("/api/v1/plans/", "/api/v1")).isFalse();
        assertThat(operation.matches("/plans/7", "/api/v1")).isFalse();
    }

    @Test
    void a_path_may_have_a_server_of_its_own() throws IOException {
        ContractOperation operation = read("/live", "get");

        assertThat(operation.matches("/live", "/api/v1")).isTrue();
        assertThat(operation.matches("/api/v1/live", "/api/v1")).isFalse();
        assertThat(operation.secured()).isFalse();
        assertThat(operation.tag()).isEmpty();
        assertThat(operation.body()).isEmpty();
        assertThat(operation.parameters()).isEmpty();
    }

    @Test
    void the_fields_of_a_body_are_those_it_declares_with_their_defaults() throws IOException {
        ContractOperation.Body body = read("/plans/{id}", "put").body().orElseThrow();

        assertThat(body.required()).isTrue();
        assertThat(body.fields()).extracting(Field::name, field -> field.type().name(), Field::preset)
                .containsExactly(tuple("code", "string", null), tuple("name", "string", "free"), tuple("max_usage", "integer", 100));
    }

    @Test
    void what_stands_in_the_place_of_a_placeholder_is_taken_from_the_path_and_decoded() throws IOException {
        ContractOperation operation = read("/plans/{id}", "put");

        assertThat(operation.pathValue("id", "/api/v1/plans/a%20b+c%2Fd", "/api/v1")).isEqualTo("a b+c/d");
    }

    @ParameterizedTest
    @ValueSource(strings = {"actor", "allowed_roles", "caller", "caller_id", "now", "remote_address", "session_id", "token", "trace_id",
        "traceparent", "user_agent"})
    void a_name_that_routes_take_for_true_cannot_be_declared(String name) throws IOException {
        for (String place : List.of("name: lang", "code: {type: string}")) {
            JsonNode document = new YAMLMapper().readTree(DOCUMENT.replace(place, place.replaceFirst("lang|code", name)));
            JsonNode item = document.path("paths").path("/plans/{id}");

            assertThatThrownBy(() -> new OperationReader(document).read("/plans/{id}", "put", item, item.path("put")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("The contract declares '" + name + "', which no request may set");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            security: [] | x-roles: [ADMIN] | for plan-replace: expected none, because anyone may
            security: [{bearer: []}] | x-other: 1 | x-roles [] for plan-replace: expected some of USER, ADMIN
            security: [{bearer: []}] | x-roles: [ROOT] | x-roles [ROOT] for plan-replace: expected some of USER, ADMIN
            x-security: [] | x-roles: [ADMIN] | does not say who may ask for plan-replace
            """)
    void an_operation_that_does_not_say_who_may_ask_for_it_stops_the_start(String security, String roles, String refusal)
            throws IOException {
        JsonNode document = new YAMLMapper().readTree(
                DOCUMENT.replace("security: [{bearer: []}]", security).replace("x-roles: [ADMIN]", roles));
        JsonNode item = document.path("paths").path("/plans/{id}");

        assertThatThrownBy(() -> new OperationReader(document).read("/plans/{id}", "put", item, item.path("put")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(refusal);
    }

    @Test
    void schemas_stand_alone_with_what_they_refer_to() throws IOException {
        ContractOperation operation = read("/plans/{id}", "put");
        ObjectMapper json = new ObjectMapper();

        assertThat(operation.body().orElseThrow().schema().validate(json.valueToTree(Map.of("code", "c", "name", "n")))).isEmpty();
        assertThat(operation.body().orElseThrow().schema().validate(json.valueToTree(Map.of("name", 7)))).hasSize(2);
        assertThat(operation.parameters().get(1).schema().validate(TextNode.valueOf("vi"))).isEmpty();
        assertThat(operation.parameters().get(1).schema().validate(TextNode.valueOf("vie"))).hasSize(1);
    }

    @Test
    void a_reference_that_leads_nowhere_stops_the_start() {
        assertThatThrownBy(() -> read("/broken", "get"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("The contract refers to #/components/parameters/Nowhere, which it does not hold");
    }

    @Test
    void a_contract_that_is_not_there_stops_the_start() {
        assertThatThrownBy(() -> Contract.read("openapi/none.yaml")).hasMessage("There is no contract openapi/none.yaml on the class path");
    }

    private static ContractOperation read(String path, String method) throws IOException {
        JsonNode document = new YAMLMapper().readTree(DOCUMENT);
        JsonNode item = document.path("paths").path(path);
        return new OperationReader(document).read(path, method, item, item.path(method));
    }
}
