package smap.identity.account;

import java.util.Map;
import org.apache.camel.Variable;
import smap.identity.settings.Settings;

/**
 * The cookie a browser keeps its access token in (RFC 6265): no script reads it, no form of another site sends it, and once there is TLS it
 * does not leave without. Stateless.
 */
public final class AuthCookie {

    /** Its name, which is the old system's. */
    public static final String NAME = "smap_auth_token";

    private final String secure;
    private final boolean isProduction;

    /**
     * @param secure whether it is for TLS alone: {@code true}, {@code false}, or {@code auto}, which is in production and wherever the
     *     request came by https
     */
    public AuthCookie(String secure, boolean isProduction) {
        this.secure = secure;
        this.isProduction = isProduction;
    }

    public static AuthCookie of(Settings settings) {
        return new AuthCookie(settings.get("cookie.secure"), settings.isProduction());
    }

    /**
     * A {@code Set-Cookie} that hands out a token: for the life of the session if it is to be remembered, else until the browser is closed.
     *
     * @param session columns {@code remember} and {@code seconds_left}
     * @param origin the address this server was asked under
     */
    public String hold(
            @Variable("access_token") AccessToken token,
            @Variable("session") Map<String, Object> session,
            @Variable("own_origin") String origin) {
        String age = Boolean.TRUE.equals(session.get("remember")) ? "; Max-Age=" + session.get("seconds_left") : "";
        return NAME + '=' + token.token() + age + attributes(origin);
    }

    /** A {@code Set-Cookie} that takes it back. */
    public String expire(@Variable("own_origin") String origin) {
        return NAME + "=; Max-Age=0" + attributes(origin);
    }

    private String attributes(String origin) {
        return "; Path=/; HttpOnly; SameSite=Lax" + (isSecure(origin) ? "; Secure" : "");
    }

    private boolean isSecure(String origin) {
        return secure.equals("auto") ? isProduction || origin != null && origin.startsWith("https:") : Boolean.parseBoolean(secure);
    }
}
