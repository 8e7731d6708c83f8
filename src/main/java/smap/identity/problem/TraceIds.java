package smap.identity.problem;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The id under which a request is found in answers and logs: the trace id of its {@code traceparent} (W3C Trace Context, 3.2.2) if it
 * came with one, else a new one of the same form. Thread-safe.
 */
public final class TraceIds {

    private static final Pattern TRACEPARENT = Pattern.compile(
            "(?!ff)(?!00.{54})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?");
    private static final int TRACE_BYTES = 16;
    private static final int SPAN_BYTES = 8;

    public String from(String traceparent) {
        if (traceparent != null) {
            Matcher matcher = TRACEPARENT.matcher(traceparent);
            if (matcher.matches()) {
                return matcher.group(1);
            }
        }
        return random(TRACE_BYTES);
    }

    /** A {@code traceparent} for what a request causes elsewhere: of its trace, from a span of ours, not sampled. */
    public String traceparent(String traceId) {
        return "00-" + traceId + '-' + random(SPAN_BYTES) + "-00";
    }

    private static String random(int bytes) {
        byte[] id = new byte[bytes];
        ThreadLocalRandom.current().nextBytes(id);
        return HexFormat.of().formatHex(id);
    }
}
