package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.RestClientRequestValidator.ValidationError;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.http.AllowedOrigins;
import smap.identity.problem.Envelope;
import smap.identity.problem.TraceIds;
import smap.identity.settings.AddressRanges;

class ContractRequestValidatorTest {

    private static final String REGISTER = "/api/v1/authentication/register";
    private static final String SEND_OTP = "/api/v1/authentication/send-otp";
    private static final String VALID = "{\"email\":\"ann@example.com\",\"password\":\"correct horse\"}";

    private static final ContractRequestValidator VALIDATOR =
            new ContractRequestValidator(Contract.read("openapi/smap-identity.yaml"), new Envelope(), new TraceIds());

    private DefaultCamelContext camel;
    private Exchange exchange;

    @BeforeEach
    void start() {
        camel = new DefaultCamelContext();
        camel.start();
        exchange = new DefaultExchange(camel);
    }

    @AfterEach
    void stop() throws IOException {
        camel.close();
    }

    @Nested
    class LettingThrough {

        @Test
        void declared_fields_become_variables() {
            assertThat(validate(REGISTER, """
                    {"email":"Ann@example.com","password":"correct horse","full_name":"Nguyễn Văn A"}""")).isNull();

            assertThat(exchange.getVariables()).containsOnlyKeys("trace_id", "traceparent", "operation", "email", "password", "full_name")
                    .containsEntry("email", "Ann@example.com")
                    .containsEntry("password", "correct horse")
                    .containsEntry("full_name", "Nguyễn Văn A");
        }

        @Test
        void undeclared_fields_headers_and_parameters_do_not_get_through() {
            exchange.getMessage().setHeader("id", "query or form parameter");
            exchange.getMessage().setHeader("role", "ADMIN");
            exchange.getMessage().setHeader("CamelSqlQuery", "DROP TABLE users");
            exchange.getMessage().setHeader("Authorization", "Bearer x");
            exchange.getMessage().setHeader("email", "eve@example.com");

            assertThat(validate(REGISTER, """
                    {"email":"ann@example.com","password":"correct horse","role":"ADMIN","is_active":true,
                     "CamelSqlQuery":"x","now":1}""")).isNull();

            assertThat(exchange.getVariables()).containsOnlyKeys("trace_id", "traceparent", "operation", "email", "password")
                    .containsEntry("email", "ann@example.com");
            assertThat(exchange.getMessage().getHeaders()).isEmpty();
            assertThat(exchange.getMessage().getBody()).isNull();
        }

        @ParameterizedTest
        @ValueSource(strings = {"1e400", "-1e400", "[1e400]", "{\"a\":[[1e400]]}"})
        void a_number_beyond_all_bounds_is_refused_where_the_contract_declares_the_field(String value) {
            assertThat(validate(REGISTER, VALID.replace("}", ",\"undeclared\":" + value + '}'))).isNull();

            ValidationError refused = validate(REGISTER, VALID.replace("\"ann@example.com\"", value));

            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(refused.body()).contains("\"field\":\"email\"", "must have no number that is too large to be read");
        }

        @Test
        void what_was_not_sent_or_is_null_is_no_variable() {
            exchange.setVariable("full_name", "left from before");

            assertThat(validate(REGISTER, VALID)).isNull();
            assertThat(exchange.getVariable("full_name")).isNull();

            assertThat(validate(REGISTER, VALID.replace("}", ",\"full_name\":null}"))).isNull();
            assertThat(exchange.getVariable("full_name")).isNull();
        }

        @Test
        void declared_headers_become_variables_whatever_their_case() {
            exchange.getMessage().setHeader("LANG", "vi");

            assertThat(validate(SEND_OTP, VALID)).isNull();

            assertThat(exchange.getVariables())
                    .containsOnlyKeys("trace_id", "traceparent", "operation", "email", "password", "lang")
                    .containsEntry("lang", "vi");
        }

        @Test
        void a_byte_order_mark_and_blanks_around_the_body_do_not_matter() {
            assertThat(validate(REGISTER, "\ufeff \r\n" + VALID + "\n ")).isNull();
            assertThat(exchange.getVariable("email")).isEqualTo("ann@example.com");
        }

        @ParameterizedTest
        @ValueSource(strings = {"${variable.email}", "#bean:dataSource", "'; DROP TABLE users; --",
            "nul\\u0000", "\\ud83d\\ude00", "{{jwt.secret}}"})
        void a_password_may_be_anything(String password) {
            assertThat(validate(REGISTER, "{\"email\":\"ann@example.com\",\"password\":\"correct " + password + "\"}")).isNull();
        }
    }

    @Nested
    class Tokens {

        private static final String ME = "/api/v1/authentication/me";

        @ParameterizedTest
        @CsvSource({"Bearer a.b.c,a.b.c", "bearer a.b.c,a.b.c", "BEARER   a.b.c ,a.b.c"})
        void a_secured_operation_gets_the_token_of_the_caller(String authorization, String token) {
            exchange.getMessage().setHeader("Authorization", authorization);

            assertThat(validate("GET", ME, null)).isNull();

            assertThat(exchange.getVariables()).containsOnlyKeys("trace_id", "traceparent", "operation", "token", "allowed_roles")
                    .containsEntry("token", token)
                    .containsEntry("allowed_roles", Set.of("USER", "ADMIN"));
        }

        @ParameterizedTest
        @NullSource
        @ValueSource(strings = {"", "Basic YTpi", "a.b.c", "Bearer"})
        void who_has_none_gets_through_without_one_for_the_route_to_refuse(String authorization) {
            exchange.getMessage().setHeader("Authorization", authorization);

            assertThat(validate("GET", ME, null)).isNull();

            assertThat(exchange.getVariables()).doesNotContainKey("token");
        }

        @Test
        void an_open_operation_gets_no_token() {
            exchange.getMessage().setHeader("Authorization", "Bearer a.b.c");

            validate(REGISTER, VALID);

            assertThat(exchange.getVariables()).doesNotContainKey("token");
        }
    }

    @Nested
    class Cookies {

        private static final String LOGOUT = "/api/v1/authentication/logout";
        private static final String ME = "/api/v1/authentication/me";
        private static final ContractRequestValidator WITH_APP = new ContractRequestValidator(
                Contract.read("openapi/smap-identity.yaml"), new Envelope(), new TraceIds(),
                new ClientAddress(AddressRanges.parse("")), new SameOrigin(new AllowedOrigins(List.of("https://app.example.com"))));

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                smap_auth_token=a.b.c                              | a.b.c
                lang=vi;smap_auth_token=a.b.c ; x=y                | a.b.c
                smap_auth_token=a.b.c; smap_auth_token=d.e.f       | a.b.c
                smap_auth_token=; smap_auth_token=d.e.f            | d.e.f
                xsmap_auth_token=a.b.c                             |
                smap_auth_token_2=a.b.c                            |
                SMAP_AUTH_TOKEN=a.b.c                              |
                x=smap_auth_token=a.b.c                            |
                smap_auth_token=                                   |
                smap_auth_token                                    |""")
        void a_request_without_a_token_of_its_own_has_that_of_the_cookie(String cookie, String token) {
            exchange.getMessage().setHeader("Cookie", cookie);

            assertThat(validate("GET", ME, null)).isNull();

            assertThat(exchange.getVariable("token")).isEqualTo(token);
        }

        @Test
        void the_token_a_request_brings_itself_goes_before_that_of_the_cookie() {
            exchange.getMessage().setHeader("Authorization", "Bearer a.b.c");
            exchange.getMessage().setHeader("Cookie", "smap_auth_token=d.e.f");
            exchange.getMessage().setHeader("Origin", "https://evil.example");

            assertThat(validate("POST", LOGOUT, null)).as("no page can make a browser send this").isNull();

            assertThat(exchange.getVariable("token")).isEqualTo("a.b.c");
        }

        @ParameterizedTest
        @CsvSource(nullValues = "-", value = {
            "-, -", "https://evil.example, -", "https://evil.example, cross-site", "null, -", "-, same-site", "-, cross-site"})
        void what_another_sites_page_changes_with_the_cookie_is_refused(String origin, String fetchSite) throws IOException {
            exchange.getMessage().setHeader("Cookie", "smap_auth_token=a.b.c");
            exchange.getMessage().setHeader("Origin", origin);
            exchange.getMessage().setHeader("Sec-Fetch-Site", fetchSite);

            ValidationError refusal = validate("POST", LOGOUT, null);

            assertThat(refusal.statusCode()).isEqualTo(403);
            assertThat(answer(refusal).get("error_code").asInt()).isEqualTo(403);
            assertThat(exchange.getMessage().getHeaders()).isEmpty();
        }

        @Test
        void what_a_page_of_ours_or_of_a_trusted_origin_changes_is_let_through() {
            exchange.getMessage().setHeader("Cookie", "smap_auth_token=a.b.c");
            exchange.getMessage().setHeader("Sec-Fetch-Site", "same-origin");
            assertThat(validate("POST", LOGOUT, null)).isNull();

            exchange.getMessage().setHeader("Cookie", "smap_auth_token=a.b.c");
            exchange.getMessage().setHeader("Sec-Fetch-Site", "cross-site");
            exchange.getMessage().setHeader("Origin", "https://app.example.com");
            assertThat(WITH_APP.validate(asked("POST", LOGOUT), null)).isNull();
            assertThat(exchange.getVariable("token")).isEqualTo("a.b.c");
        }

        @Test
        void what_is_only_read_may_be_asked_for_from_anywhere() {
            exchange.getMessage().setHeader("Cookie", "smap_auth_token=a.b.c");
            exchange.getMessage().setHeader("Sec-Fetch-Site", "cross-site");

            assertThat(validate("GET", ME, null)).isNull();
        }

        @Test
        void an_open_operation_does_not_look_at_the_cookie() {
            exchange.getMessage().setHeader("Cookie", "smap_auth_token=a.b.c");
            exchange.getMessage().setHeader("Origin", "https://evil.example");

            assertThat(validate(REGISTER, VALID)).isNull();

            assertThat(exchange.getVariable("token")).isNull();
        }
    }

    @Nested
    class Browsers {

        @Test
        void what_the_browser_calls_itself_is_known_up_to_a_length() {
            exchange.getMessage().setHeader("User-Agent", "x".repeat(301));

            validate(REGISTER, VALID);

            assertThat(exchange.getVariable("user_agent")).isEqualTo("x".repeat(300));
        }

        @Test
        void what_no_text_in_the_database_holds_is_not_in_it() {
            exchange.getMessage().setHeader("User-Agent", "Fire\u0000fox\u0007 1\u007F\u00851");

            validate(REGISTER, VALID);

            assertThat(exchange.getVariable("user_agent")).isEqualTo("Fire fox  1  1");
        }
    }

    @Nested
    class Traces {

        @Test
        void the_trace_of_the_caller_is_kept_in_variable_and_refusal() throws IOException {
            exchange.getMessage().setHeader("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");

            ValidationError refusal = validate(REGISTER, "{}");

            assertThat(exchange.getVariable("trace_id")).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
            assertThat(answer(refusal).get("trace_id").asText()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
        }

        @Test
        void who_comes_without_one_gets_one() {
            validate(REGISTER, VALID);

            assertThat(exchange.getVariable("trace_id", String.class)).matches("[0-9a-f]{32}");
        }
    }

    @Nested
    class Refusing {

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                {"password":"correct horse"}                                          | email     | is required
                {"email":null,"password":"correct horse"}                             | email     | string
                {"email":7,"password":"correct horse"}                                | email     | string
                {"email":["ann@example.com"],"password":"correct horse"}              | email     | string
                {"email":"ann","password":"correct horse"} | email | must be an e-mail address such as user@example.com
                {"email":"ann@example.com\\n","password":"correct horse"} | email | must be an e-mail address such as user@example.com
                {"email":"ann@example.com","password":"short"}              | password  | must have at least 8 characters, has 5
                {"email":"ann@example.com","password":"correct horse","full_name":7}  | full_name | string
                {"email":"ann@example.com","password":"correct horse","full_name":"a\\u0000"} | full_name | must be one line of text""")
        void each_error_names_its_field_and_what_was_expected(String body, String field, String message) throws IOException {
            List<String> errors = errors(validate(REGISTER, body), 110002);

            assertThat(errors).singleElement().asString().startsWith(field + ": ").contains(message);
        }

        @Test
        void all_errors_are_told_at_once() throws IOException {
            assertThat(errors(validate(REGISTER, "{\"full_name\":1}"), 110002))
                    .extracting(error -> error.substring(0, error.indexOf(':')))
                    .containsExactlyInAnyOrder("email", "password", "full_name");
        }

        @Test
        void no_error_repeats_what_was_sent() throws IOException {
            assertThat(errors(validate(REGISTER, "{\"email\":\"hidden1\",\"password\":\"hidden2\",\"full_name\":\"hidden3\\n\"}"), 110002))
                    .isNotEmpty().allSatisfy(error -> assertThat(error).doesNotContain("hidden"));
        }

        @ParameterizedTest
        @NullSource
        @ValueSource(strings = {"", " ", "null", "[]", "\"text\"", "7", "true"})
        void a_body_that_is_no_object_is_refused(String body) throws IOException {
            assertThat(errors(validate(REGISTER, body), 110002)).containsExactly("body: must be a JSON object");
        }

        @ParameterizedTest
        @ValueSource(strings = {
            "{", "{\"email\":}", "{'email':'a'}", "email=ann@example.com&password=x", "<email/>", "{\"email\":NaN}", "{\"email\":01}",
            "{\"email\":\"a\nb\"}", "{\"email\":\"\\x\"}", "{\"a\":1,}", "{} {}", VALID + "x", VALID + VALID, "/**/{}", "\u0000"
        })
        void a_body_that_is_no_json_is_refused_with_the_place(String body) throws IOException {
            assertThat(errors(validate(REGISTER, body), 110002)).singleElement().asString()
                    .matches("body: must be JSON, and is not at line [0-9]+, column [0-9]+");
        }

        @ParameterizedTest
        @ValueSource(strings = {
            "{\"email\":\"ann@example.com\",\"password\":\"correct horse\",\"email\":\"eve@example.com\"}",
            "{\"email\":\"ann@example.com\",\"password\":\"correct horse\",\"x\":{\"a\":1,\"a\":2}}",
            "{\"email\":\"ann@example.com\",\"password\":\"correct horse\",\"\\u0065mail\":\"eve@example.com\"}"
        })
        void a_field_sent_twice_is_refused(String body) throws IOException {
            assertThat(errors(validate(REGISTER, body), 110002)).singleElement().asString().startsWith("body: must be JSON");
        }

        @Test
        void bytes_that_are_no_utf_8_are_refused() throws IOException {
            byte[] latin1 = VALID.replace("correct", "c\u00f6rrect").getBytes(StandardCharsets.ISO_8859_1);

            assertThat(errors(validate("POST", REGISTER, latin1), 110002)).singleElement().asString().startsWith("body: must be JSON");
        }

        @ParameterizedTest
        @CsvSource({"'[',']'", "'{\"a\":','}'"})
        void deep_nesting_is_refused_and_costs_no_stack(String open, String close) throws IOException {
            String nested = open.repeat(100_000) + (open.startsWith("{") ? "1" : "") + close.repeat(100_000);

            for (String body : List.of(nested, "{\"full_name\":" + nested + "}", open.repeat(100_000))) {
                assertThat(errors(validate(REGISTER, body), 110002)).singleElement().asString().startsWith("body: must be JSON");
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"1e999999999", "-1e-999999999", "123456789012345678901234567890", "0.1e2147483648"})
        void a_huge_number_is_refused_as_any_other_where_text_is_expected(String number) throws IOException {
            assertThat(errors(validate(REGISTER, VALID.replace("}", ",\"full_name\":" + number + "}")), 110002))
                    .singleElement().asString().startsWith("full_name: ");
        }

        @Test
        void a_number_of_a_hundred_thousand_digits_is_refused() throws IOException {
            String body = VALID.replace("}", ",\"x\":" + "9".repeat(100_000) + "}");

            assertThat(errors(validate(REGISTER, body), 110002)).singleElement().asString().startsWith("body: must be JSON");
        }

        @Test
        void a_parameter_that_is_too_long_is_refused_by_its_name() throws IOException {
            exchange.getMessage().setHeader("lang", "x".repeat(101));

            assertThat(errors(validate(SEND_OTP, VALID), 110002)).singleElement().asString().startsWith("lang: ");
        }

        @Test
        void nothing_of_a_refused_request_is_left_on_the_message() {
            exchange.getMessage().setHeader("id", "1");

            validate(REGISTER, "{");

            assertThat(exchange.getMessage().getHeaders()).isEmpty();
            assertThat(exchange.getMessage().getBody()).isNull();
        }

        @Test
        void a_request_the_contract_does_not_know_is_a_fault_of_ours() throws IOException {
            ValidationError answer = validate("DELETE", REGISTER, null);
            assertThat(answer.statusCode()).isEqualTo(500);
            assertThat(answer.body()).contains("\"error_code\":500", "Something went wrong").doesNotContain("Camel");
        }

        private List<String> errors(ValidationError refusal, int code) throws IOException {
            assertThat(refusal).isNotNull();
            assertThat(refusal.statusCode()).isEqualTo(400);
            JsonNode answer = answer(refusal);
            assertThat(answer.get("error_code").asInt()).isEqualTo(code);
            List<String> errors = new ArrayList<>();
            answer.get("errors").forEach(error -> errors.add(error.get("field").asText() + ": " + error.get("message").asText()));
            return errors;
        }
    }

    private ValidationError validate(String path, String body) {
        return validate("POST", path, body == null ? null : body.getBytes(StandardCharsets.UTF_8));
    }

    private ValidationError validate(String method, String path, byte[] body) {
        exchange.getMessage().setBody(body);
        return VALIDATOR.validate(asked(method, path), null);
    }

    private Exchange asked(String method, String path) {
        exchange.getMessage().setHeader(Exchange.HTTP_METHOD, method);
        exchange.getMessage().setHeader(Exchange.HTTP_PATH, path);
        return exchange;
    }

    private static JsonNode answer(ValidationError refusal) throws IOException {
        return new ObjectMapper().readTree(refusal.body());
    }
}
