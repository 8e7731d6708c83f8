package smap.identity.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TcpProxyTest {

    private ServerSocket echo;
    private TcpProxy proxy;

    @BeforeEach
    void start() throws IOException {
        echo = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        proxy = TcpProxy.to(echo.getLocalPort());
        Thread server = new Thread(this::serve, "echo");
        server.setDaemon(true);
        server.start();
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
        echo.close();
    }

    @Test
    void what_is_said_arrives_and_is_answered() throws IOException {
        try (Socket client = connect()) {
            assertThat(echoed(client, 'a')).isEqualTo('a');
            assertThat(echoed(client, 'b')).isEqualTo('b');
            assertThat(proxy.connections()).isEqualTo(1);
        }
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> proxy.connections() == 0);
    }

    @Test
    void refusing_keeps_the_open_connections_and_takes_no_new_one() throws IOException {
        try (Socket client = connect()) {
            assertThat(echoed(client, 'a')).isEqualTo('a');
            proxy.refuse();
            assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
            assertThat(echoed(client, 'b')).isEqualTo('b');
        }
    }

    @Test
    void a_cut_ends_the_open_connections_and_lasts_until_it_is_restored_on_the_same_port() throws IOException {
        int port = proxy.port();
        try (Socket client = connect()) {
            assertThat(echoed(client, 'a')).isEqualTo('a');
            proxy.cut();
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class).hasMessageContaining("reset");
            assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
        }
        proxy.restore();
        assertThat(proxy.port()).isEqualTo(port);
        try (Socket client = connect()) {
            assertThat(echoed(client, 'c')).isEqualTo('c');
        }
    }

    @Test
    void a_stall_holds_back_what_is_said_on_old_and_new_connections_and_a_restore_lets_it_go_on() throws IOException {
        try (Socket old = connect()) {
            assertThat(echoed(old, 'a')).isEqualTo('a');
            proxy.stall();
            try (Socket young = connect()) {
                old.setSoTimeout(200);
                young.setSoTimeout(200);
                old.getOutputStream().write('b');
                young.getOutputStream().write('c');
                assertThatThrownBy(() -> old.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
                assertThatThrownBy(() -> young.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);

                proxy.restore();
                old.setSoTimeout(10_000);
                young.setSoTimeout(10_000);
                assertThat(old.getInputStream().read()).isEqualTo('b');
                assertThat(young.getInputStream().read()).isEqualTo('c');
            }
        }
    }

    private Socket connect() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    }

    private static int echoed(Socket client, int letter) throws IOException {
        client.getOutputStream().write(letter);
        int answer = client.getInputStream().read();
        if (answer < 0) {
            throw new IOException("ended");
        }
        return answer;
    }

    private void serve() {
        while (!echo.isClosed()) {
            try {
                Socket client = echo.accept();
                Thread thread = new Thread(() -> answer(client), "echo-line");
                thread.setDaemon(true);
                thread.start();
            } catch (IOException e) {
                // Closed: the loop's condition ends it.
            }
        }
    }

    private static void answer(Socket client) {
        try (client) {
            client.getInputStream().transferTo(client.getOutputStream());
        } catch (IOException e) {
            // The other end is gone.
        }
    }
}
