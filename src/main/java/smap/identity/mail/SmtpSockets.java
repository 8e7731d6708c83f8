package smap.identity.mail;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.function.Consumer;
import javax.net.SocketFactory;
import javax.net.ssl.SSLSocketFactory;

/**
 * Makes the sockets of the SMTP connections, unconnected, and shows each to the connection that is being opened on the same thread:
 * Angus keeps the socket to itself, and without it a connection could not be cut from another thread. Thread-safe.
 */
final class SmtpSockets extends SocketFactory {

    private final ThreadLocal<Consumer<Socket>> owner = new ThreadLocal<>();

    /** Shows the sockets that this thread makes from now on to their owner; to nobody with {@code null}. */
    void showTo(Consumer<Socket> connection) {
        if (connection == null) {
            owner.remove();
        } else {
            owner.set(connection);
        }
    }

    @Override
    public Socket createSocket() {
        return shown(new Socket());
    }

    /** The same for TLS from the first byte: Angus then takes no other factory, but still makes the socket below TLS itself. */
    SSLSocketFactory over(SSLSocketFactory tls) {
        return new Layered(tls);
    }

    private Socket shown(Socket socket) {
        Consumer<Socket> connection = owner.get();
        if (connection != null) {
            connection.accept(socket);
        }
        return socket;
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw connected();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw connected();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw connected();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) {
        throw connected();
    }

    /** It would wait for the server before anybody had seen it. */
    private static UnsupportedOperationException connected() {
        return new UnsupportedOperationException("sockets are made unconnected");
    }

    private final class Layered extends SSLSocketFactory {

        private final SSLSocketFactory tls;

        Layered(SSLSocketFactory tls) {
            this.tls = tls;
        }

        @Override
        public Socket createSocket(Socket below, String host, int port, boolean autoClose) throws IOException {
            return tls.createSocket(shown(below), host, port, autoClose);
        }

        @Override
        public String[] getDefaultCipherSuites() {
            return tls.getDefaultCipherSuites();
        }

        @Override
        public String[] getSupportedCipherSuites() {
            return tls.getSupportedCipherSuites();
        }

        @Override
        public Socket createSocket(String host, int port) {
            throw connected();
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
            throw connected();
        }

        @Override
        public Socket createSocket(InetAddress host, int port) {
            throw connected();
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) {
            throw connected();
        }
    }
}
