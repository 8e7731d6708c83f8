package smap.identity.http;

import io.vertx.core.MultiMap;

/**
 * The headers that every answer has, be it of a route, a refusal or a page: what a browser must not do with it. A page that needs more
 * than nothing names its own Content-Security-Policy.
 */
public final class SecurityHeaders {

    private static final String CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'";
    private static final String ONE_YEAR = "max-age=31536000; includeSubDomains";

    private SecurityHeaders() {}

    /** @param tls whether the request came by TLS: over plain HTTP nobody may believe it (RFC 6797, section 7.2) */
    public static void addTo(MultiMap headers, boolean tls) {
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Content-Security-Policy", CONTENT_SECURITY_POLICY);
        headers.set("Referrer-Policy", "no-referrer");
        headers.set("Cross-Origin-Resource-Policy", "same-origin");
        if (tls) {
            headers.set("Strict-Transport-Security", ONE_YEAR);
        }
    }
}
