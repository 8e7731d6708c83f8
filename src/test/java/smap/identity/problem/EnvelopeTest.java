package smap.identity.problem;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EnvelopeTest {

    private final Envelope envelope = new Envelope();

    @Test
    void success_wraps_what_was_asked_for_and_writes_times_as_rfc_3339() {
        assertThat(text(envelope.success(Map.of("at", Instant.parse("2026-11-23T09:00:00Z")))))
                .isEqualTo("{\"error_code\":0,\"message\":\"Success\",\"data\":{\"at\":\"2026-11-23T09:00:00Z\"}}");
        assertThat(text(envelope.success(null))).isEqualTo("{\"error_code\":0,\"message\":\"Success\",\"data\":null}");
        assertThat(text(envelope.success(Collections.singletonMap("a", null)))).endsWith("\"data\":{\"a\":null}}");
    }

    @Test
    void failure_leaves_out_errors_there_are_none_of() {
        assertThat(text(envelope.failure(ProblemCode.WRONG_OTP, List.of(), "4bf9")))
                .isEqualTo("{\"error_code\":110006,\"message\":\"Wrong OTP\",\"trace_id\":\"4bf9\"}");
    }

    @Test
    void failure_names_each_field() {
        assertThat(text(envelope.failure(ProblemCode.BAD_REQUEST,
                List.of(new FieldError("email", "is required"), new FieldError("full_name", "không \"ổn\"")), "4bf9")))
                .isEqualTo("{\"error_code\":400,\"message\":\"Bad request\",\"errors\":[{\"field\":\"email\",\"message\":\"is required\"},"
                        + "{\"field\":\"full_name\",\"message\":\"không \\\"ổn\\\"\"}],\"trace_id\":\"4bf9\"}");
    }

    private static String text(byte[] json) {
        return new String(json, StandardCharsets.UTF_8);
    }
}
