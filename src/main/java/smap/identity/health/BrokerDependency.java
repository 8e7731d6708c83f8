package smap.identity.health;

import org.springframework.amqp.rabbit.connection.ConnectionFactory;

/**
 * The broker: asked for an open connection. Vital to a consumer; the API goes on without it, because mails wait in the database,
 * and taking it out of service would turn the broker's outage into its own (ADR 0008). Thread-safe.
 */
public final class BrokerDependency implements Dependency {

    private final ConnectionFactory connections;
    private final boolean vital;

    public BrokerDependency(ConnectionFactory connections, String role) {
        this.connections = connections;
        this.vital = "consumer".equals(role);
    }

    @Override
    public String name() {
        return "broker";
    }

    @Override
    public boolean isVital() {
        return vital;
    }

    @Override
    public void probe() {
        if (!connections.createConnection().isOpen()) {
            throw new IllegalStateException("The connection to the broker is closed");
        }
    }
}
