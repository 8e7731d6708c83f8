package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.Exchange;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

/** What came of asking a route. */
record Answer(Exchange exchange) {

    /** The status an HTTP caller would get. */
    int status() {
        return exchange.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE, 200, Integer.class);
    }

    String body() {
        return exchange.getMessage().getBody(String.class);
    }

    JsonNode json() {
        try {
            return new ObjectMapper().readTree(body());
        } catch (JsonProcessingException e) {
            throw new AssertionError("Expected JSON, got " + body(), e);
        }
    }

    Map<String, Object> headers() {
        return exchange.getMessage().getHeaders();
    }

    Object variable(String name) {
        return exchange.getVariable(name);
    }

    /** What a caller that is itself a route has to deal with; null if nothing. */
    Exception failure() {
        return exchange.getException();
    }

    /** Checks that the body goes out with a status, and that nothing failed. */
    Answer succeeded(int status) {
        assertThat(exchange.getProperty(Exchange.EXCEPTION_CAUGHT)).isNull();
        assertThat(failure()).isNull();
        assertThat(status()).isEqualTo(status);
        return this;
    }

    /** Checks that this is the envelope of a refusal and nothing else; on {@code Retry-After} where it belongs too. */
    Answer refused(ProblemCode code) {
        return refused(code, code.status() == 429 || code.status() == 503 ? 1L : null);
    }

    /** @param retryAfter seconds, or null if there is to be no such header */
    Answer refused(ProblemCode code, Long retryAfter) {
        assertThat(failure()).isNull();
        Map<String, Object> headers = new HashMap<>(
                Map.of(Exchange.HTTP_RESPONSE_CODE, code.status(), Exchange.CONTENT_TYPE, "application/json"));
        if (retryAfter != null) {
            headers.put("Retry-After", retryAfter);
        }
        assertThat(headers()).containsExactlyInAnyOrderEntriesOf(headers);
        assertThat(json().properties()).extracting(field -> field.getKey()).containsExactly("error_code", "message", "trace_id");
        assertThat(json().path("error_code").asInt()).isEqualTo(code.number());
        assertThat(json().path("message").asText()).isEqualTo(code.message());
        assertThat(json().path("trace_id").asText()).isEqualTo(RouteTestSupport.TRACE_ID);
        return this;
    }

    /** Checks that a sub-flow leaves its refusal to whoever called it. */
    Answer failedWith(ProblemCode code) {
        assertThat(failure()).isInstanceOfSatisfying(ProblemException.class, refusal -> assertThat(refusal.code()).isEqualTo(code));
        return this;
    }
}
