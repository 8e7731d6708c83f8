package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.component.mock.MockEndpoint;

/**
 * Stands in for one endpoint of a route under test: keeps what is sent to it, as it is at that moment, and does as it is told; nothing, if
 * it is told nothing. Thread-safe once the route is asked.
 */
class Edge {

    private static final int ALWAYS = Integer.MAX_VALUE;

    private final String name;
    private final Endpoint endpoint;
    private final MockEndpoint mock;
    private final AtomicInteger failuresLeft = new AtomicInteger();
    private volatile Exception failure;
    private volatile Processor action = exchange -> {};

    /**
     * @param endpoint what it stands in for
     * @param visited where each visit is noted under the edge's name
     */
    Edge(String name, Endpoint endpoint, MockEndpoint mock, List<String> visited) {
        this.name = name;
        this.endpoint = endpoint;
        this.mock = mock;
        mock.whenAnyExchangeReceived(exchange -> {
            visited.add(name);
            act(exchange);
        });
    }

    private void act(Exchange exchange) throws Exception {
        if (failuresLeft.getAndUpdate(left -> left == ALWAYS ? ALWAYS : Math.max(0, left - 1)) > 0) {
            throw failure;
        }
        receive(exchange);
        action.process(exchange);
    }

    /** What the endpoint itself does with every message it does not fail for. */
    void receive(Exchange exchange) throws Exception {
        // a sub-flow, broker or mail server leaves the message as it is
    }

    final Edge does(Processor what) {
        action = what;
        return this;
    }

    /** Leaves a variable behind, as a sub-flow does. */
    final Edge sets(String variable, Object value) {
        return does(exchange -> exchange.setVariable(variable, value));
    }

    final Edge fails(Exception with) {
        return failsTimes(ALWAYS, with);
    }

    /** Fails the first times and then does what it does otherwise. */
    final Edge failsTimes(int times, Exception with) {
        failure = with;
        failuresLeft.set(times);
        return this;
    }

    /** The endpoint it stands in for, with its options. */
    final <T extends Endpoint> T endpoint(Class<T> type) {
        return type.cast(endpoint);
    }

    /** Everything that was sent to it, in the order it came. */
    final List<Exchange> received() {
        return mock.getReceivedExchanges();
    }

    /** The one message that was sent to it. */
    final Exchange sent() {
        assertThat(received()).as("sent to %s", name).hasSize(1);
        return received().get(0);
    }

    /** The variables the one message came with. */
    final Map<String, Object> variables() {
        return sent().getVariables();
    }
}
