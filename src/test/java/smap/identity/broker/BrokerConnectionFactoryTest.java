package smap.identity.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.support.FreePorts;

class BrokerConnectionFactoryTest {

    @ParameterizedTest
    @CsvSource({
        "amqp://host,/", "amqp://host/,/", "amqp://host/smap,smap", "amqp://host/%2F,/", "amqp://host/a%2Fb%20c,a/b c", "amqps://host/,/"
    })
    void a_virtual_host_is_the_path_and_the_default_one_where_there_is_none(String url, String virtualHost) {
        assertThat(TestBroker.factory(url).getVirtualHost()).isEqualTo(virtualHost);
    }

    @Test
    void host_port_user_and_escaped_password_are_taken_from_the_url() {
        var client = TestBroker.factory("amqp://smap:p%40ss%2Fword@broker.example:5673/").getRabbitConnectionFactory();

        assertThat(client.getHost()).isEqualTo("broker.example");
        assertThat(client.getPort()).isEqualTo(5_673);
        assertThat(client.getUsername()).isEqualTo("smap");
        assertThat(client.getPassword()).isEqualTo("p@ss/word");
        assertThat(client.isSSL()).isFalse();
        assertThat(client.isAutomaticRecoveryEnabled()).isFalse();
    }

    @Test
    void an_encrypted_connection_has_the_port_of_its_own() {
        var client = TestBroker.factory("amqps://host/").getRabbitConnectionFactory();

        assertThat(client.isSSL()).isTrue();
        assertThat(client.getPort()).isEqualTo(5_671);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://user:hidden@host/", "amqp://user:hidden@host/a/b", "amqp://user:hidden@ho st/"})
    void a_url_that_is_none_is_refused_by_the_name_of_its_variable(String url) {
        assertThatThrownBy(() -> TestBroker.factory(url)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("RABBITMQ_URL: expected amqp://user:password@host:port/virtual-host or amqps://…");
    }

    @Test
    void a_broker_that_is_away_is_no_reason_not_to_start() {
        BrokerConnectionFactory factory = TestBroker.factory("amqp://127.0.0.1:" + FreePorts.one() + "/");

        assertThatCode(factory::open).doesNotThrowAnyException();

        factory.close();
    }
}
