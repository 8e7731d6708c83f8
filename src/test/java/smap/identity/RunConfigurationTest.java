package smap.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import smap.identity.settings.DevelopmentSecrets;
import smap.identity.settings.Settings;
import smap.identity.settings.SettingsException;
import smap.identity.support.FreePorts;

class RunConfigurationTest {

    private static final Map<String, String> PRODUCTION = Map.of("SMAP_ENV", "production", "POSTGRES_HOST", "db", "RABBITMQ_URL",
            "amqp://user:hidden@broker/", "SMTP_HOST", "smtp", "JWT_SECRET", "x".repeat(32), "OTP_SECRET", "y".repeat(32));

    @TempDir
    private Path home;

    @ParameterizedTest
    @CsvSource({"API,9876", "ALL,9876", "CONSUMER,9877"})
    void a_consumer_has_a_management_port_of_its_own_unless_one_was_named(Role role, String port) throws IOException {
        assertThat(effective(role, Map.of()).get("management.port")).isEqualTo(port);
        assertThat(effective(role, Map.of("MANAGEMENT_PORT", "9999")).get("management.port")).isEqualTo("9999");
    }

    @Test
    void an_api_without_secrets_gets_some_and_keeps_them_and_a_consumer_needs_none() throws IOException {
        Settings api = effective(Role.API, Map.of());

        assertThat(api.get("jwt.secret")).hasSize(64).isNotEqualTo(api.get("otp.secret"));
        assertThat(effective(Role.ALL, Map.of()).get("jwt.secret")).isEqualTo(api.get("jwt.secret"));
        assertThat(effective(Role.CONSUMER, Map.of()).get("jwt.secret")).isEmpty();
        assertThat(effective(Role.API, Map.of("JWT_SECRET", "x".repeat(32))).get("jwt.secret")).isEqualTo("x".repeat(32));
    }

    @Test
    void where_the_embedded_servers_are_goes_before_the_settings() throws IOException {
        Settings read = settings(Role.ALL, Map.of());
        RunConfiguration configuration = new RunConfiguration(Role.ALL, read);
        Settings effective = configuration.effective(Map.of("postgres.host", "127.0.0.1", "postgres.port", "15432"), secrets());

        Properties keys = configuration.properties(effective);

        assertThat(keys).containsEntry("postgres.host", "127.0.0.1").containsEntry("postgres.port", "15432")
                .containsEntry("smap.database", "embedded, for development")
                .containsEntry("smap.broker", "embedded, for development")
                .containsEntry("smap.mail", "embedded, for development")
                .containsEntry("smap.mailbox", "/dev/mailbox");
        assertThat(keys.getProperty("camel.main.routesIncludePattern"))
                .contains("routes/development/", "routes/embedded/dev-mailbox.camel.yaml");
    }

    @ParameterizedTest
    @CsvSource({"API,8080", "ALL,8080", "CONSUMER,9877"})
    void production_loads_neither_the_start_page_nor_the_mailbox_and_tells_no_password(Role role, String port) throws IOException {
        Properties keys = new RunConfiguration(role, settings(role, PRODUCTION)).properties(effective(role, PRODUCTION));

        assertThat(keys.getProperty("camel.main.routesIncludePattern")).doesNotContain("routes/development/", "routes/embedded/")
                .contains("routes/shared/error-handling.camel.yaml");
        assertThat(keys).containsEntry("smap.mailbox", "")
                .containsEntry("smap.database", "db:5432")
                .containsEntry("smap.broker", "as RABBITMQ_URL says")
                .containsEntry("camel.server.port", port).containsEntry("smap.role", role.label());
        assertThat(keys.toString()).doesNotContain("hidden", "x".repeat(32), "y".repeat(32));
    }

    @Test
    void an_api_with_an_unset_mail_server_has_no_mailbox_because_the_consumer_has_it() throws IOException {
        Properties keys = new RunConfiguration(Role.API, settings(Role.API, Map.of())).properties(effective(Role.API, Map.of()));

        assertThat(keys).containsEntry("smap.mailbox", "").containsEntry("smap.mail", "in the consumer");
    }

    @ParameterizedTest
    @CsvSource({"API,true,false", "CONSUMER,true,true", "ALL,true,true", "CONSUMER,false,false", "ALL,false,false"})
    void the_backup_is_drained_by_a_consumer_and_only_where_it_is_asked_for(Role role, String enabled, boolean drained) throws IOException {
        Map<String, String> environment = Map.of("MAIL_BACKUP_ENABLED", enabled);
        Properties keys = new RunConfiguration(role, settings(role, environment)).properties(effective(role, environment));

        String loaded = keys.getProperty("camel.main.routesIncludePattern");
        assertThat(loaded.contains("routes/backup/mail-archive.camel.yaml")).isEqualTo(drained);
    }

    @ParameterizedTest
    @CsvSource({"30s,30,30000", "2m,120,120000", "200ms,1,200"})
    void the_time_to_stop_is_camels_and_the_listeners(String timeout, String seconds, String millis) throws IOException {
        Map<String, String> environment = Map.of("SHUTDOWN_TIMEOUT", timeout);
        Properties keys = new RunConfiguration(Role.ALL, settings(Role.ALL, environment)).properties(effective(Role.ALL, environment));

        assertThat(keys).containsEntry("camel.main.shutdownTimeout", seconds)
                .containsEntry("camel.component.spring-rabbitmq.shutdownTimeout", millis);
    }

    @Test
    void a_port_that_is_taken_stops_the_start_by_the_name_of_its_variable() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            String port = Integer.toString(taken.getLocalPort());
            String free = Integer.toString(FreePorts.reserve(1).get(0));

            assertThatThrownBy(() -> ports(Role.API, port, free)).isInstanceOf(SettingsException.class)
                    .hasMessageStartingWith("APP_PORT: expected a free port, and 127.0.0.1:" + port);
            assertThatThrownBy(() -> ports(Role.CONSUMER, free, port)).hasMessageStartingWith("MANAGEMENT_PORT: expected a free port");
            assertThatCode(() -> ports(Role.CONSUMER, port, free)).doesNotThrowAnyException();
        }
    }

    private static void ports(Role role, String app, String management) {
        new RunConfiguration(role, settings(role, Map.of("APP_PORT", app, "MANAGEMENT_PORT", management))).checkPorts();
    }

    private Settings effective(Role role, Map<String, String> environment) throws IOException {
        return new RunConfiguration(role, settings(role, environment)).effective(Map.of(), secrets());
    }

    private DevelopmentSecrets secrets() {
        return new DevelopmentSecrets(home, new SecureRandom());
    }

    private static Settings settings(Role role, Map<String, String> environment) {
        return Settings.read(role, environment, new Properties());
    }
}
