package smap.identity.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.amqp.AmqpConnectException;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import smap.identity.support.FreePorts;
import smap.identity.support.RabbitMqNode;
import smap.identity.support.RequiresRabbitMq;

class BrokerDependencyTest {

    @Test
    @RequiresRabbitMq
    void a_broker_that_takes_connections_is_up(RabbitMqNode node) {
        CachingConnectionFactory connections = new CachingConnectionFactory(URI.create(node.newVirtualHost()));

        assertThatCode(new BrokerDependency(connections, "api")::probe).doesNotThrowAnyException();

        connections.destroy();
    }

    @Test
    void a_broker_that_is_away_is_down() {
        CachingConnectionFactory connections = new CachingConnectionFactory("127.0.0.1", FreePorts.one());

        assertThatThrownBy(new BrokerDependency(connections, "api")::probe).isInstanceOf(AmqpConnectException.class);
    }

    @ParameterizedTest
    @CsvSource({"api,false", "all,false", "consumer,true"})
    void it_is_vital_to_who_does_nothing_but_consume(String role, boolean vital) {
        BrokerDependency dependency = new BrokerDependency(new CachingConnectionFactory("127.0.0.1", 1), role);

        assertThat(dependency.isVital()).isEqualTo(vital);
        assertThat(dependency.name()).isEqualTo("broker");
    }
}
