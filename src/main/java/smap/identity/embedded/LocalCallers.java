package smap.identity.embedded;

import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpConstants;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

/**
 * Keeps the development pages to this machine, wherever the API listens. The name the caller used counts too: a foreign page that points
 * its own name at 127.0.0.1 (DNS rebinding) must not read them through somebody's browser. Thread-safe.
 */
public final class LocalCallers {

    private static final Pattern LOCAL_HOST = Pattern.compile(
            "localhost|127(\\.[0-9]{1,3}){3}|\\[(0:0:0:0:0:0:0|:):1]", Pattern.CASE_INSENSITIVE);

    /**
     * @param url as asked for; its host is that of {@code Host} in HTTP/1.1 and of {@code :authority} in HTTP/2
     * @throws ProblemException with {@link ProblemCode#NOT_FOUND} if the request came from elsewhere
     */
    public void check(@Header(VertxPlatformHttpConstants.REMOTE_ADDRESS) SocketAddress caller, @Header(Exchange.HTTP_URL) String url) {
        if (!isLoopback(caller) || !hasLocalHost(url)) {
            throw new ProblemException(ProblemCode.NOT_FOUND);
        }
    }

    private static boolean hasLocalHost(String url) {
        try {
            String host = url == null ? null : new URI(url).getHost();
            return host != null && LOCAL_HOST.matcher(host).matches();
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static boolean isLoopback(SocketAddress caller) {
        try {
            // a numeric address, so nothing is looked up
            return caller != null && InetAddress.getByName(caller.hostAddress()).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
