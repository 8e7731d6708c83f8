package smap.identity.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class FreePortsTest {

    @Test
    void ports_reserved_together_are_different() {
        assertThat(FreePorts.reserve(20)).hasSize(20).doesNotHaveDuplicates();
    }

    @Test
    void a_reserved_port_can_be_bound() throws Exception {
        int port = FreePorts.one();

        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            assertThat(socket.isBound()).isTrue();
        }
    }
}
