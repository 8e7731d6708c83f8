package smap.identity.contract;

import java.util.Arrays;
import java.util.Set;
import smap.identity.account.AuthCookie;

/**
 * The access token of a request: its own (RFC 6750, section 2.1), else that of the cookie.
 *
 * @param value null if there is none
 * @param isFromCookie whether the browser has added it, as it does to what any site's page asks for
 */
record RequestToken(String value, boolean isFromCookie) {

    private static final String BEARER = "bearer ";
    private static final String COOKIE = AuthCookie.NAME + '=';
    /** RFC 9110, section 9.2.1. */
    private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");

    /**
     * @param authorization header {@code Authorization}, or null
     * @param cookies header {@code Cookie}, or null; several of them joined by semicolons
     */
    static RequestToken read(String authorization, String cookies) {
        String bearer = bearer(authorization);
        String cookie = bearer == null ? cookie(cookies) : null;
        return new RequestToken(bearer != null ? bearer : cookie, cookie != null);
    }

    /** Whether it does as it is for such a request; if not, the page that asks has to be one of ours. */
    boolean isEnoughFor(String method) {
        return !isFromCookie || SAFE.contains(method);
    }

    private static String bearer(String authorization) {
        boolean given = authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length());
        return given ? authorization.substring(BEARER.length()).strip() : null;
    }

    /** RFC 6265, section 5.4: the first of several is that of the most specific path. */
    private static String cookie(String cookies) {
        return cookies == null ? null : Arrays.stream(cookies.split(";"))
                .map(String::strip)
                .filter(pair -> pair.startsWith(COOKIE))
                .map(pair -> pair.substring(COOKIE.length()))
                .filter(value -> !value.isEmpty())
                .findFirst().orElse(null);
    }

    @Override
    public String toString() {
        return "RequestToken[isFromCookie=" + isFromCookie + ']';
    }
}
