package smap.identity.contract;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.CorsHandler;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import smap.identity.http.AllowedOrigins;
import smap.identity.http.ApiPrefixes;
import smap.identity.http.Gate;
import smap.identity.http.SecurityHeaders;
import smap.identity.problem.Envelope;
import smap.identity.problem.FieldError;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.TraceIds;

/**
 * Every request of the API passes here before a Camel route is reached, and every answer gets its headers here: what browsers may do with
 * it and which origins may read it. The old system's paths are led to the contract's. Where Camel and Vert.x would answer with an empty
 * body, the envelope is given: while not all routes run, for what is not HTTP, unknown paths, wrong methods, bodies that are too large
 * (RFC 9110, 15.5.14) or of another type than JSON. What the contract does not know under its base path ends here. Handlers run on the
 * event loop and never block. Thread-safe.
 */
public final class RequestGate implements Gate {

    private static final Logger LOG = LoggerFactory.getLogger(RequestGate.class);
    private static final String JSON = "application/json";
    private static final String LIVE = "/live";
    /** Shows one-time codes: no page of another origin reads it, whatever else that may read. */
    private static final String DEVELOPMENT = "/dev/";
    private static final int FIRST = -1;
    private static final long LONGEST_DISCARD_MILLIS = 5_000;
    private static final int PREFLIGHT_SECONDS = 3_600;

    private final Contract contract;
    private final Envelope envelope;
    private final TraceIds traceIds;
    private final AllowedOrigins origins;
    private final ApiPrefixes prefixes;
    private final ClientAddress clientAddress;
    private final long mostBodyBytes;
    private final CorsHandler cors;

    public RequestGate(Contract contract, Envelope envelope, TraceIds traceIds, AllowedOrigins origins, ApiPrefixes prefixes,
            ClientAddress clientAddress, long mostBodyBytes) {
        this.contract = contract;
        this.envelope = envelope;
        this.traceIds = traceIds;
        this.origins = origins;
        this.prefixes = prefixes;
        this.clientAddress = clientAddress;
        this.mostBodyBytes = mostBodyBytes;
        // Vert.x's own: Camel's reflects any origin together with credentials (CVE-2026-84176)
        this.cors = CorsHandler.create()
                .addOrigins(origins.all())
                .allowCredentials(true)
                .allowedMethods(Set.of(HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE))
                .allowedHeaders(Set.of(
                        "Authorization", "Content-Type", "lang", "Accept-Language", "Idempotency-Key", "If-Match", "traceparent"))
                .exposedHeaders(Set.of("ETag", "Retry-After", "Idempotency-Replayed"))
                .maxAgeSeconds(PREFLIGHT_SECONDS);
    }

    @Override
    public void install(Router router, BooleanSupplier serving) {
        router.route().order(FIRST)
                .handler(this::receive)
                .handler(this::share)
                .handler(context -> serve(context, serving))
                .handler(this::admit)
                .failureHandler(this::fail);
        router.route().last().handler(context -> refuse(context, ProblemCode.NOT_FOUND));
    }

    @Override
    public void refuseUnreadable(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        ProblemCode code = cause instanceof TooLongHttpLineException ? ProblemCode.URI_TOO_LONG
                : cause instanceof TooLongHttpHeaderException ? ProblemCode.HEADERS_TOO_LARGE
                : ProblemCode.BAD_REQUEST;
        HttpServerResponse response = request.response().setStatusCode(code.status())
                .putHeader(HttpHeaders.CONTENT_TYPE, JSON)
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        SecurityHeaders.addTo(response.headers(), clientAddress.isSecure(request));
        response.end(Buffer.buffer(envelope.failure(code, List.of(), traceIds.from(null))))
                .onComplete(sent -> request.connection().close());
    }

    /** A path of the old system's is the contract's under another name; what the contract does not know either is left as it is. */
    private void receive(RoutingContext context) {
        String path;
        try {
            path = context.normalizedPath();
        } catch (IllegalArgumentException e) {
            // a percent sign with no two digits behind it, which Vert.x finds out no sooner
            refuseUnreadable(context.request());
            return;
        }
        if (!contract.knows(path)) {
            Optional<String> target = prefixes.targets(path, contract.basePath()).filter(contract::knows).findFirst();
            if (target.isPresent()) {
                String query = context.request().query();
                context.reroute(query == null ? target.get() : target.get() + '?' + query);
                return;
            }
        }
        SecurityHeaders.addTo(context.response().headers(), clientAddress.isSecure(context.request()));
        context.next();
    }

    /** Whose page may read the answer. One that may not gets it all the same: its browser keeps it back, and others are no browsers. */
    private void share(RoutingContext context) {
        if (origins.isEmpty() || context.normalizedPath().startsWith(DEVELOPMENT)) {
            context.next();
            return;
        }
        boolean allowed = origins.contains(context.request().getHeader(HttpHeaders.ORIGIN));
        if (!allowed || origins.all().size() == 1) {
            // Vert.x says it of an allowed origin among several; a cache has to know it of the others too
            context.response().putHeader(HttpHeaders.VARY, "origin");
        }
        if (allowed) {
            cors.handle(context);
        } else {
            context.next();
        }
    }

    private void serve(RoutingContext context, BooleanSupplier serving) {
        if (serving.getAsBoolean()) {
            context.next();
        } else if (context.normalizedPath().equals(LIVE) && context.request().method() == HttpMethod.GET) {
            context.response().putHeader(HttpHeaders.CONTENT_TYPE, JSON).putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                    .end(Buffer.buffer(envelope.success(Map.of("status", "UP"))));
        } else {
            refuse(context, ProblemCode.SERVICE_UNAVAILABLE, List.of(new FieldError("routes", "do not all run")));
        }
    }

    private void admit(RoutingContext context) {
        String path = context.normalizedPath();
        boolean ofTheApi = path.startsWith(contract.basePath());
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
        if (operation.body().isEmpty()) {
            // nobody reads it, and Vert.x would fail on a form where it expects none
            request.headers().remove(HttpHeaders.CONTENT_TYPE);
        }
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
                if (context.statusCode() >= 400 && context.statusCode() < 500) {
                    // such as an Expect that nobody can meet
                    refuse(context, ProblemCode.BAD_REQUEST);
                    return;
                }
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
        HttpServerResponse response = context.response().setStatusCode(code.status())
                .putHeader(HttpHeaders.CONTENT_TYPE, JSON)
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        if (code == ProblemCode.SERVICE_UNAVAILABLE) {
            response.putHeader(HttpHeaders.RETRY_AFTER, "1");
        }
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
        String[] parts = contentType.toLowerCase(Locale.ROOT).replace("\"", "").split(";", -1);
        for (int i = 1; i < parts.length; i++) {
            if (parts[i].strip().startsWith("charset=") && !parts[i].strip().equals("charset=utf-8")) {
                return false;
            }
        }
        return parts[0].strip().equals(JSON);
    }
}
