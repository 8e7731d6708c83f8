package smap.identity.problem;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The one shape of every answer, as UTF-8 JSON. Answers read from the database are wrapped there, by the function {@code success}.
 * Thread-safe.
 */
public final class Envelope {

    private final ObjectMapper json = new ObjectMapper()
            .registerModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS);

    /** Wraps what was asked for. Times are written as RFC 3339. */
    public byte[] success(Object data) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("error_code", 0);
        answer.put("message", "Success");
        answer.put("data", data);
        return write(answer);
    }

    /** @param errors left out of the answer when empty */
    public byte[] failure(ProblemCode code, List<FieldError> errors, String traceId) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("error_code", code.number());
        answer.put("message", code.message());
        if (!errors.isEmpty()) {
            answer.put("errors", errors);
        }
        answer.put("trace_id", traceId);
        return write(answer);
    }

    private byte[] write(Map<String, Object> answer) {
        try {
            return json.writeValueAsBytes(answer);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
