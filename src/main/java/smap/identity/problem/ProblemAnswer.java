package smap.identity.problem;

import java.time.Duration;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.util.ObjectHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns the failure of an exchange into its HTTP answer. The route configuration {@code api-problem} decides which code a failure gets
 * (variable {@code problem}); a {@link ProblemException} brings its own. What is our fault, or a dependency's, is logged here, once.
 * Thread-safe.
 */
public final class ProblemAnswer {

    private static final Logger LOG = LoggerFactory.getLogger(ProblemAnswer.class);
    private static final String RETRY_AFTER = "Retry-After";

    private final Envelope envelope;
    private final TraceIds traceIds;

    public ProblemAnswer(Envelope envelope, TraceIds traceIds) {
        this.envelope = envelope;
        this.traceIds = traceIds;
    }

    /**
     * Replaces body and headers of the message. Reads the variables {@code problem} (name of a {@link ProblemCode}),
     * {@code retry_after} (seconds) and {@code trace_id}.
     */
    public void render(Exchange exchange) {
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        // as onException finds it: whatever a step on the way has wrapped around it
        ProblemException problem = ObjectHelper.getException(ProblemException.class, failure);
        String named = exchange.getVariable("problem", String.class);
        ProblemCode code = problem != null ? problem.code() : ProblemCode.valueOf(named);
        List<FieldError> errors = problem != null ? problem.errors() : List.of();

        String given = exchange.getVariable("trace_id", String.class);
        // a route outside the contract's prefix has none
        String traceId = given != null ? given : traceIds.from(null);
        log(exchange, code, failure, traceId);

        var message = exchange.getMessage();
        message.removeHeaders("*");
        message.setHeader(Exchange.HTTP_RESPONSE_CODE, code.status());
        message.setHeader(Exchange.CONTENT_TYPE, "application/json");
        Long seconds = retryAfter(exchange, problem, code);
        if (seconds != null) {
            message.setHeader(RETRY_AFTER, seconds);
        }
        message.setBody(envelope.failure(code, errors, traceId));
    }

    private static void log(Exchange exchange, ProblemCode code, Exception failure, String traceId) {
        if (code == ProblemCode.SOMETHING_WENT_WRONG) {
            LOG.atError()
                    .addKeyValue("trace_id", traceId)
                    .addKeyValue("route", exchange.getProperty(Exchange.FAILURE_ROUTE_ID))
                    .setCause(failure)
                    .log("Request failed");
        } else if (code == ProblemCode.SERVICE_UNAVAILABLE) {
            LOG.atWarn()
                    .addKeyValue("trace_id", traceId)
                    .addKeyValue("route", exchange.getProperty(Exchange.FAILURE_ROUTE_ID))
                    .addKeyValue("cause", String.valueOf(failure))
                    .log("Request refused for want of what it needs");
        }
    }

    private static Long retryAfter(Exchange exchange, ProblemException problem, ProblemCode code) {
        if (problem != null && problem.retryAfter() != null) {
            Duration wait = problem.retryAfter();
            return Math.max(1, wait.plusMillis(999).toSeconds());
        }
        if (code.status() != 429 && code.status() != 503 && code != ProblemCode.REQUEST_UNDER_WAY) {
            return null;
        }
        Long seconds = exchange.getVariable("retry_after", Long.class);
        // product.md promises the header with every 429 and 503, so one is given even where nobody knows better
        return seconds == null ? 1L : Math.max(1L, seconds);
    }
}
