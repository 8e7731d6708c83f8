package smap.identity.contract;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;
import smap.identity.http.AllowedOrigins;

/**
 * Tells whether a request that came with a cookie was made by a page of ours: a browser sends the cookie whoever asks it to. Immutable and
 * thread-safe.
 */
public final class SameOrigin {

    private static final Set<String> OURS = Set.of("same-origin", "none");

    private final AllowedOrigins allowed;

    /** @param allowed origins that are as good as our own */
    public SameOrigin(AllowedOrigins allowed) {
        this.allowed = allowed;
    }

    /**
     * Whether the request may change something. What the browser itself says of where it comes from ({@code Sec-Fetch-Site}, which no page
     * can set) goes before a comparison of addresses, which a proxy in between may have changed; a browser that says neither is none.
     *
     * @param own the address this server was asked under, as {@link #of} writes it
     * @param origin header {@code Origin}, or null
     * @param fetchSite header {@code Sec-Fetch-Site}, or null
     */
    boolean allows(String own, String origin, String fetchSite) {
        if (allowed.contains(origin)) {
            return true;
        }
        return fetchSite != null ? OURS.contains(fetchSite) : origin != null && origin.equals(own);
    }

    /**
     * An origin as browsers write it (RFC 6454, section 6.2).
     *
     * @param authority host and port as the request names them; null if it names none
     * @return null if there is none
     */
    static String of(String scheme, String authority) {
        if (scheme == null || authority == null) {
            return null;
        }
        try {
            URI uri = new URI(scheme + "://" + authority).parseServerAuthority();
            boolean usual = uri.getPort() == -1 || uri.getPort() == (uri.getScheme().equals("https") ? 443 : 80);
            return (uri.getScheme() + "://" + uri.getHost() + (usual ? "" : ":" + uri.getPort())).toLowerCase(Locale.ROOT);
        } catch (URISyntaxException e) {
            return null;
        }
    }
}
