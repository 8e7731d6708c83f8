package smap.identity.problem;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class TraceIdsTest {

    private static final String ID = "4bf92f3577b34da6a3ce929d0e0e4736";

    private final TraceIds traceIds = new TraceIds();

    @ParameterizedTest
    @ValueSource(strings = {
        "00-" + ID + "-00f067aa0ba902b7-01", "00-" + ID + "-00f067aa0ba902b7-00", "cc-" + ID + "-00f067aa0ba902b7-01-more"
    })
    void a_request_keeps_the_trace_it_belongs_to(String traceparent) {
        assertThat(traceIds.from(traceparent)).isEqualTo(ID);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {
        "", ID, "00-" + ID + "-00f067aa0ba902b7", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "ff-" + ID + "-00f067aa0ba902b7-01",
        "00-" + ID + "-0000000000000000-01", "00-" + ID + "-00f067aa0ba902b7-01-more", "00-" + ID + "x-00f067aa0ba902b7-01",
        "00-" + ID + "-00f067aa0ba902b7-01\r\nX: y"
    })
    void any_other_request_begins_a_trace_of_its_own(String traceparent) {
        String id = traceIds.from(traceparent);

        assertThat(id).matches("[0-9a-f]{32}").isNotEqualTo(ID).isNotEqualTo("0".repeat(32));
        assertThat(traceIds.from(traceparent)).isNotEqualTo(id);
    }

}
