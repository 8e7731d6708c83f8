package smap.identity.broker;

import java.util.Map;
import java.util.Properties;
import smap.identity.Role;
import smap.identity.settings.Settings;

/** Connections of the product to the broker of a test. */
final class TestBroker {

    private TestBroker() {}

    static BrokerConnectionFactory factory(String url) {
        return factory(url, Map.of());
    }

    static BrokerConnectionFactory factory(String url, Map<String, String> environment) {
        Settings settings = settings(url, environment);
        return new BrokerConnectionFactory(settings, "test", new MailTopology(queues(settings)));
    }

    static MailQueues queues(Map<String, String> environment) {
        return queues(settings("", environment));
    }

    private static MailQueues queues(Settings settings) {
        return MailQueues.of(settings, "smtp_send_email_exc", "smtp_send_email", "smtp_send_email.bulk", "smtp_send_email.dead",
                "email_backup", "smtp_send_email.retry");
    }

    private static Settings settings(String url, Map<String, String> environment) {
        return Settings.read(Role.ALL, environment, new Properties()).with(Map.of("rabbitmq.url", url));
    }
}
