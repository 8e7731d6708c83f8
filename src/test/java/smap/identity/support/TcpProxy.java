package smap.identity.support;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.awaitility.Awaitility;

/**
 * A loopback port in front of another one, which fails as a network and a server's machine do: it refuses, it breaks off, it goes silent.
 * The port stays the same through all of it. Thread-safe.
 */
public final class TcpProxy implements AutoCloseable {

    private final int target;
    private final int port;
    private final Set<Line> lines = ConcurrentHashMap.newKeySet();
    private final Object gate = new Object();
    private boolean stalled;
    private ServerSocket listener;
    private Thread acceptor;

    private TcpProxy(int target) {
        this.target = target;
        this.listener = listen(0);
        this.port = listener.getLocalPort();
    }

    /** A proxy on a free port that passes everything on to this port. */
    public static TcpProxy to(int target) {
        return new TcpProxy(target);
    }

    public int port() {
        return port;
    }

    /** Connections open now. */
    public int connections() {
        return lines.size();
    }

    /** Refuses new connections, as a port does on which nobody listens; the open ones go on. */
    public synchronized void refuse() {
        closeQuietly(listener);
        try {
            // The port is free only when nobody waits at it any more.
            acceptor.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Refuses new connections and resets the open ones, as a crash of the server does. */
    public synchronized void cut() {
        refuse();
        lines.forEach(Line::reset);
    }

    /** Takes connections and bytes and passes nothing on, either way, until {@link #restore()}: what was on the way arrives then. */
    public void stall() {
        synchronized (gate) {
            stalled = true;
        }
    }

    /** Passes everything on again, what was held back first. */
    public synchronized void restore() {
        if (listener.isClosed()) {
            listener = listen(port);
        }
        synchronized (gate) {
            stalled = false;
            gate.notifyAll();
        }
    }

    @Override
    public synchronized void close() {
        cut();
        synchronized (gate) {
            stalled = false;
            gate.notifyAll();
        }
    }

    private ServerSocket listen(int wanted) {
        // Again and again, because a connection of this machine may have the port as its own end for a moment.
        ServerSocket bound = Awaitility.await("port " + wanted).atMost(Duration.ofSeconds(10)).pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20)).ignoreExceptions().until(() -> bind(wanted), ServerSocket::isBound);
        acceptor = daemon(() -> accept(bound), "tcp-proxy-" + bound.getLocalPort());
        return bound;
    }

    private static ServerSocket bind(int wanted) throws IOException {
        ServerSocket socket = new ServerSocket();
        try {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted), 100);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private void accept(ServerSocket source) {
        while (!source.isClosed()) {
            try {
                Socket client = source.accept();
                daemon(() -> connect(client, source), "tcp-proxy-line");
            } catch (IOException e) {
                // Closed: the loop's condition ends it.
            }
        }
    }

    private void connect(Socket client, ServerSocket source) {
        try {
            passGate();
            Line line = new Line(client, new Socket(InetAddress.getLoopbackAddress(), target));
            lines.add(line);
            if (source.isClosed()) {
                // It was cut while this connection was made.
                line.reset();
            }
            daemon(() -> line.carry(line.server, line.client), "tcp-proxy-down");
            line.carry(line.client, line.server);
        } catch (IOException e) {
            // Nobody listens behind it: the client sees its connection closed.
            closeQuietly(client);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void passGate() throws InterruptedException {
        synchronized (gate) {
            while (stalled) {
                gate.wait();
            }
        }
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void closeQuietly(Closeable socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone, which is what was wanted.
        }
    }

    /** One connection: what one end says is told to the other, and the end of one is the end of both. */
    private final class Line {

        private final Socket client;
        private final Socket server;

        Line(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        void carry(Socket from, Socket to) {
            byte[] buffer = new byte[16_384];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                    passGate();
                    out.write(buffer, 0, count);
                }
            } catch (IOException e) {
                // One end is gone, or the connection was cut.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                lines.remove(this);
                closeQuietly(client);
                closeQuietly(server);
            }
        }

        void reset() {
            try {
                client.setSoLinger(true, 0);
                server.setSoLinger(true, 0);
            } catch (IOException e) {
                // It is closed already.
            }
            closeQuietly(client);
            closeQuietly(server);
        }
    }
}
