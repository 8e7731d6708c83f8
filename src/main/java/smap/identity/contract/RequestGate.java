package smap.identity.contract;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import smap.identity.problem.Envelope;
import smap.identity.problem.FieldError;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.TraceIds;

/**
 * Gives the envelope to what is refused before a Camel route is reached, where Camel and Vert.x answer with an empty body: unknown paths,
 * wrong methods, bodies that are too large (RFC 9110, 15.5.14) or of another type than JSON. What the contract does not know under its
 * base path ends here. Handlers run on the event loop and never block. Thread-safe.
 */
public final class RequestGate {

    private static final Logger LOG = LoggerFactory.getLogger(RequestGate.class);
    private static final String JSON = "application/json";
    private static final int FIRST = -1;
    private static final long LONGEST_DISCARD_MILLIS = 5_000;

    private final Contract contract;
    private final Envelope envelope;
    private final TraceIds traceIds;
    private final long mostBodyBytes;

    public RequestGate(Contract contract, Envelope envelope, TraceIds traceIds, long mostBodyBytes) {
        this.contract = contract;
        this.envelope = envelope;
        this.traceIds = traceIds;
        this.mostBodyBytes = mostBodyBytes;
    }

    /** Puts the gate in front of what is routed already, and a last answer behind it. */
    public void install(Router router) {
        router.route().order(FIRST).handler(this::admit).failureHandler(this::fail);
        router.route().last().handler(context -> refuse(context, ProblemCode.NOT_FOUND));
    }

    private void admit(RoutingContext context) {
        String path = context.normalizedPath();
        boolean ofTheApi = path.startsWith(contract.basePath());
        context.response().putHeader("X-Content-Type-Options", "nosniff");
        if (ofTheApi) {
            context.response().putHeader(HttpHeaders.CONTENT_TYPE, JSON).putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        }
        Optional<ContractOperation> operation = contract.find(context.request().method().name(), path);
        if (operation.isPresent()) {
            admit(context, operation.get());
            return;
        }
        Set<String> methods = contract.methods(path);
        if (!methods.isEmpty()) {
            context.response().putHeader(HttpHeaders.ALLOW, String.join(", ", methods));
            refuse(context, ProblemCode.METHOD_NOT_ALLOWED);
        } else if (ofTheApi) {
            refuse(context, ProblemCode.NOT_FOUND);
        } else {
            context.next();
        }
    }

    private void admit(RoutingContext context, ContractOperation operation) {
        HttpServerRequest request = context.request();
        boolean takesBody = operation.body().filter(body -> body.required() || hasBody(request)).isPresent();
        if (takesBody && !isJson(request.getHeader(HttpHeaders.CONTENT_TYPE))) {
            refuse(context, ProblemCode.UNSUPPORTED_MEDIA_TYPE, List.of(new FieldError("Content-Type", "must be " + JSON)));
        } else if (announcedLength(request) > mostBodyBytes) {
            refuse(context, ProblemCode.BODY_TOO_LARGE);
        } else {
            context.next();
        }
    }

    private void fail(RoutingContext context) {
        if (context.response().closed()) {
            return; // the caller has gone; there is nobody to tell
        }
        switch (context.statusCode()) {
            case 400 -> refuse(context, ProblemCode.BAD_REQUEST);
            case 404 -> refuse(context, ProblemCode.NOT_FOUND);
            case 413 -> refuse(context, ProblemCode.BODY_TOO_LARGE);
            case 415 -> refuse(context, ProblemCode.UNSUPPORTED_MEDIA_TYPE);
            case 503 -> refuse(context, ProblemCode.SERVICE_UNAVAILABLE);
            default -> {
                LOG.error("Request failed before it reached a route", context.failure());
                refuse(context, ProblemCode.SOMETHING_WENT_WRONG);
            }
        }
    }

    private void refuse(RoutingContext context, ProblemCode code) {
        refuse(context, code, List.of());
    }

    private void refuse(RoutingContext context, ProblemCode code, List<FieldError> errors) {
        if (context.response().ended()) {
            return;
        }
        HttpServerRequest request = context.request();
        var response = context.response().setStatusCode(code.status()).putHeader(HttpHeaders.CONTENT_TYPE, JSON);
        // in HTTP/2 a request is a stream of its own, and the connection is left alone
        boolean unread = request.version() != HttpVersion.HTTP_2 && hasBody(request) && !request.isEnded();
        if (unread) {
            // the rest of a body that nobody will read would otherwise be taken for the next request
            response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
        Buffer answer = Buffer.buffer(envelope.failure(code, errors, traceIds.from(request.getHeader("traceparent"))));
        response.end(answer);
        if (unread) {
            discard(context);
        }
    }

    /**
     * Reads on for a while before the connection is closed: a caller that is still sending when it is cut off sees a broken connection in
     * place of the answer (RFC 9112, section 9.6).
     */
    private static void discard(RoutingContext context) {
        HttpServerRequest request = context.request();
        HttpConnection connection = request.connection();
        long timer = context.vertx().setTimer(LONGEST_DISCARD_MILLIS, expired -> connection.close());
        connection.closeHandler(closed -> context.vertx().cancelTimer(timer));
        request.handler(ignored -> {});
        request.endHandler(ended -> connection.close());
        request.resume();
    }

    private static boolean hasBody(HttpServerRequest request) {
        return announcedLength(request) > 0 || request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
    }

    private static long announcedLength(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        try {
            return length == null ? 0 : Long.parseLong(length);
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }

    private static boolean isJson(String contentType) {
        if (contentType == null) {
            return false;
        }
        String[] parts = contentType.toLowerCase(Locale.ROOT).replace("\"", "").split(";");
        for (int i = 1; i < parts.length; i++) {
            if (parts[i].strip().startsWith("charset=") && !parts[i].strip().equals("charset=utf-8")) {
                return false;
            }
        }
        return parts[0].strip().equals(JSON);
    }
}
