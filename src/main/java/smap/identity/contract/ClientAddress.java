package smap.identity.contract;

import io.netty.util.NetUtil;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import smap.identity.settings.AddressRanges;
import smap.identity.settings.Settings;

/**
 * Who a request comes from, and whether it came over TLS, where proxies may stand in between. What a proxy says of that counts only if the
 * connection itself comes from an address that {@code TRUSTED_PROXIES} lists: anybody can send the headers. Thread-safe.
 */
public final class ClientAddress {

    private final AddressRanges trusted;

    public ClientAddress(AddressRanges trusted) {
        this.trusted = trusted;
    }

    public static ClientAddress of(Settings settings) {
        return new ClientAddress(AddressRanges.parse(settings.get("trusted.proxies")));
    }

    /**
     * The client's address: that of the connection, or, if it is a trusted proxy's, the rightmost entry of {@code X-Forwarded-For} that no
     * trusted proxy has. Entries left of that were written by the client. An entry that is no address ends the search: what is known then
     * is the proxy that passed it on. In the form of RFC 5952; null if the connection has no address (a Unix socket).
     */
    public String address(HttpServerRequest request) {
        InetAddress address = peer(request);
        if (address == null) {
            return null;
        }
        List<String> hops = new ArrayList<>();
        request.headers().getAll("X-Forwarded-For").forEach(line -> hops.addAll(List.of(line.split(",", -1))));
        Collections.reverse(hops);
        for (String hop : hops) {
            InetAddress before = trusted.contains(address) ? AddressRanges.address(withoutPort(hop.strip())) : null;
            if (before == null) {
                break;
            }
            address = before;
        }
        return NetUtil.toAddressString(address);
    }

    /** Whether the client speaks TLS: to us, or to a trusted proxy that says so ({@code X-Forwarded-Proto}, the first of its values). */
    public boolean isSecure(HttpServerRequest request) {
        if (request.isSSL() || trusted.isEmpty()) {
            return request.isSSL();
        }
        InetAddress peer = peer(request);
        String scheme = request.getHeader("X-Forwarded-Proto");
        return peer != null && trusted.contains(peer) && scheme != null && scheme.split(",", -1)[0].strip().equalsIgnoreCase("https");
    }

    private static InetAddress peer(HttpServerRequest request) {
        SocketAddress remote = request.remoteAddress();
        return remote == null || remote.hostAddress() == null ? null : AddressRanges.address(remote.hostAddress());
    }

    /** Some proxies add the port: {@code 192.0.2.1:4711}, {@code [2001:db8::1]:4711}. */
    private static String withoutPort(String hop) {
        if (hop.startsWith("[")) {
            int end = hop.indexOf(']');
            return end < 0 ? hop : hop.substring(1, end);
        }
        int colon = hop.indexOf(':');
        return colon >= 0 && colon == hop.lastIndexOf(':') ? hop.substring(0, colon) : hop;
    }
}
