package smap.identity.broker;

import java.util.Map;
import java.util.Properties;
import smap.identity.Role;
import smap.identity.settings.Settings;

/** Connections of the product to the broker of a test. */
final class TestBroker {

    private TestBroker() {}

    static BrokerConnectionFactory factory(String url) {
        Settings settings = Settings.read(Role.ALL, Map.of(), new Properties()).with(Map.of("rabbitmq.url", url));
        return new BrokerConnectionFactory(settings, "test",
                new MailTopology("smtp_send_email_exc", "smtp_send_email", "smtp_send_email.dead"));
    }
}
