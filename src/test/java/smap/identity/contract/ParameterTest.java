package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.RestClientRequestValidator.ValidationError;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.problem.Envelope;
import smap.identity.problem.TraceIds;

/** Parameters, and fields that are more than text: what they are checked as, and what their variables are. */
class ParameterTest {

    private static final ContractRequestValidator VALIDATOR =
            new ContractRequestValidator(Contract.read("contract/things.yaml"), new Envelope(), new TraceIds());

    private DefaultCamelContext camel;
    private Exchange exchange;

    @BeforeEach
    void start() {
        camel = new DefaultCamelContext();
        camel.start();
        exchange = new DefaultExchange(camel);
        exchange.getMessage().setHeader("word", "yes");
    }

    @AfterEach
    void stop() throws IOException {
        camel.close();
    }

    @Test
    void a_parameter_becomes_a_variable_of_its_type() {
        give("page", "7");
        give("large", "2147483648");
        give("deep", "true");
        give("kinds", "new,old");
        give("sizes", "1,2");
        give("since", "2026-11-23T16:00:00.5+07:00");

        assertThat(list()).isNull();

        assertThat(exchange.getVariable("page")).isEqualTo(7);
        assertThat(exchange.getVariable("large")).isEqualTo(2_147_483_648L);
        assertThat(exchange.getVariable("deep")).isEqualTo(true);
        assertThat(exchange.getVariable("kinds")).isEqualTo(new String[] {"new", "old"});
        assertThat(exchange.getVariable("sizes")).isEqualTo(List.of(1, 2));
        assertThat(exchange.getVariable("since")).as("in UTC, as PostgreSQL takes every time")
                .isEqualTo(OffsetDateTime.parse("2026-11-23T09:00:00.5Z"));
        assertThat(exchange.getVariable("word")).isEqualTo("yes");
    }

    @Test
    void what_is_not_given_has_its_default_or_is_no_variable() {
        assertThat(list()).isNull();

        assertThat(exchange.getVariables()).containsOnlyKeys("trace_id", "traceparent", "operation", "word", "page", "deep", "kinds")
                .containsEntry("page", 1).containsEntry("deep", false);
        assertThat(exchange.getVariable("kinds")).isEqualTo(new String[] {"old"});
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            page  | x                        | must be a whole number
            page  | 1.0                      | must be a whole number
            page  | ''                       | must be a whole number
            page  | 1e3                      | must be a whole number
            page  | 99999999999999999999     | must be a whole number
            page  | 0                        | must have a minimum value of 1
            page  | 1000001                  | must have a maximum value of 1000000
            deep  | yes                      | must be true or false
            deep  | TRUE                     | must be true or false
            kinds | old,bad                  | does not have a value in the enumeration ["old", "new"]
            kinds | old,                     | does not have a value in the enumeration ["old", "new"]
            kinds | ''                       | does not have a value in the enumeration ["old", "new"]
            sizes | 1,x                      | must be a whole number, or several separated by commas
            sizes | 1,10                     | must have a maximum value of 9
            since | yesterday                | must be a time such as 2026-11-23T09:00:00Z
            since | 2026-11-23               | must be a time such as 2026-11-23T09:00:00Z
            since | 2026-11-23T09:00:00      | must be a time such as 2026-11-23T09:00:00Z
            since | 2026-02-30T09:00:00Z     | must be a time such as 2026-11-23T09:00:00Z
            since | 2026-11-23T09:00:00 01:00 | must be a time such as 2026-11-23T09:00:00Z
            word  | Two words                | must be one word""")
    void a_refusal_names_the_parameter_and_what_was_expected(String name, String value, String message) throws IOException {
        give(name, value);

        assertThat(errors(list(), 150001)).containsExactly(name + ": " + message);
    }

    @Test
    void one_that_is_required_is_named_when_it_is_missing() throws IOException {
        exchange.getMessage().removeHeader("word");

        assertThat(errors(list(), 150001)).containsExactly("word: is required");
    }

    @Test
    void a_path_parameter_comes_from_the_path_and_from_nowhere_else() throws IOException {
        give("id", "ffff");

        assertThat(validate("GET", "/api/v1/things/7a4c", null)).isNull();
        assertThat(exchange.getVariable("id")).isEqualTo("7a4c");

        assertThat(errors(validate("GET", "/api/v1/things/xyz", null), 150001)).containsExactly("id: must be an id such as 7a4c");
    }

    @Test
    void a_caller_is_never_taken_from_a_request_nor_left_from_before() {
        give("caller", "eve");
        exchange.setVariable("caller", "left from before");

        assertThat(list()).isNull();

        assertThat(exchange.getVariable("caller")).isNull();
    }

    @Test
    void fields_of_a_body_become_variables_of_their_types_too() {
        assertThat(make("{\"since\":\"2026-11-23T09:00:00Z\",\"kinds\":[\"a,b\",\"c\"]}")).isNull();

        assertThat(exchange.getVariable("rate")).isEqualTo(10);
        assertThat(exchange.getVariable("kinds")).isEqualTo(new String[] {"a,b", "c"});
        assertThat(exchange.getVariable("since")).isEqualTo(OffsetDateTime.parse("2026-11-23T09:00:00Z"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"2026-13-01T00:00:00Z\"", "\"now\"", "7"})
    void a_field_that_is_no_time_is_refused_once(String since) throws IOException {
        assertThat(errors(make("{\"since\":" + since + "}"), 400)).singleElement().asString().startsWith("since: ");
    }

    @Test
    void a_body_that_is_not_required_may_be_missing() throws IOException {
        assertThat(make(null)).isNull();
        assertThat(exchange.getVariables()).containsOnlyKeys("trace_id", "traceparent", "operation", "rate").containsEntry("rate", 10);

        assertThat(errors(make("{}"), 400)).containsExactly("since: is required");
    }

    private void give(String name, String value) {
        exchange.getMessage().setHeader(name, value);
    }

    private ValidationError list() {
        return validate("GET", "/api/v1/things", null);
    }

    private ValidationError make(String body) {
        return validate("POST", "/api/v1/things", body == null ? null : body.getBytes(StandardCharsets.UTF_8));
    }

    private ValidationError validate(String method, String path, byte[] body) {
        exchange.getMessage().setHeader(Exchange.HTTP_METHOD, method);
        exchange.getMessage().setHeader(Exchange.HTTP_PATH, path);
        exchange.getMessage().setBody(body);
        return VALIDATOR.validate(exchange, null);
    }

    private static List<String> errors(ValidationError refusal, int code) throws IOException {
        assertThat(refusal).isNotNull();
        assertThat(refusal.statusCode()).isEqualTo(400);
        JsonNode answer = new ObjectMapper().readTree(refusal.body());
        assertThat(answer.get("error_code").asInt()).isEqualTo(code);
        List<String> errors = new ArrayList<>();
        answer.get("errors").forEach(error -> errors.add(error.get("field").asText() + ": " + error.get("message").asText()));
        return errors;
    }
}
