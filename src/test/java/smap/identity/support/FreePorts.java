package smap.identity.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/**
 * Loopback ports nobody listens on.
 *
 * <p>A port found here is free, not held: between its release and its use another process may take it. The system hands
 * out ephemeral ports in turn, so this is rare; whoever can bind port 0 and ask afterwards should do that instead.
 */
public final class FreePorts {

    private FreePorts() {}

    /** One free port. */
    public static int one() {
        return reserve(1).get(0);
    }

    /** {@code count} different free ports: each stays bound until all are found. */
    public static List<Integer> reserve(int count) {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return held.stream().map(ServerSocket::getLocalPort).toList();
        } catch (IOException e) {
            throw new UncheckedIOException("no free loopback port", e);
        } finally {
            held.forEach(FreePorts::release);
        }
    }

    private static void release(ServerSocket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
