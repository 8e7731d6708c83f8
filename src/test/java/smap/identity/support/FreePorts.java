package smap.identity.support;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Loopback ports nobody listens on, for what must be told its port before it starts.
 *
 * <p>They come from below the ephemeral range (32768 and up on Linux), so that the system gives none of them to a connection or to a
 * server on port 0 before its owner has bound it, and each test process of one build takes them in turn from a range of its own.
 * Thread-safe.
 */
public final class FreePorts {

    private static final int FIRST = 12_000;
    private static final int RANGE = 5_000;
    private static final int RANGES = 4;
    /** The build numbers its test processes from 1; a test run from an editor has no number. */
    private static final int RANGE_START = FIRST + Integer.getInteger("test.process", 0) % RANGES * RANGE;
    /** Two builds on one machine begin at different places. */
    private static final AtomicInteger NEXT = new AtomicInteger((int) (ProcessHandle.current().pid() * 37 % RANGE));

    private FreePorts() {}

    /** One free port. */
    public static int one() {
        for (int tries = 0; tries < RANGE; tries++) {
            int port = RANGE_START + Math.floorMod(NEXT.getAndIncrement(), RANGE);
            if (isFree(port)) {
                return port;
            }
        }
        throw new IllegalStateException("no free loopback port from " + RANGE_START + " to " + (RANGE_START + RANGE - 1));
    }

    /** {@code count} different free ports. */
    public static List<Integer> reserve(int count) {
        List<Integer> ports = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ports.add(one());
        }
        return List.copyOf(ports);
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
