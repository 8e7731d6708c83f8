package smap.identity.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
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

    /** What the system may give to a connection at any moment is taken by one now and then, between the choice and the use. */
    @Test
    void none_is_one_that_the_system_hands_out_itself() throws Exception {
        List<Integer> own = FreePorts.reserve(20);

        for (int i = 0; i < 20; i++) {
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                assertThat(own).allSatisfy(port -> assertThat(port).isLessThan(32_768).isLessThan(socket.getLocalPort()));
            }
        }
    }

    @Test
    void one_in_use_is_passed_over_when_its_turn_comes_again() throws Exception {
        int port = FreePorts.one();
        try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            List<Integer> wholeRange = FreePorts.reserve(5_000);
            assertThat(wholeRange).doesNotContain(taken.getLocalPort());
        }
    }
}
