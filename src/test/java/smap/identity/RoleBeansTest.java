package smap.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.SimpleMainShutdownStrategy;
import org.apache.camel.support.DefaultRegistry;
import org.apache.camel.support.SimpleRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import smap.identity.settings.DevelopmentSecrets;
import smap.identity.settings.Settings;
import smap.identity.support.FreePorts;
import smap.identity.support.RecordedLog;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/** The files of beans each role loads, as camel-main loads them in production, with a database and without the routes. */
@WithPostgres
class RoleBeansTest {

    private static final String FILES = "camel.main.routesIncludePattern";

    @RegisterExtension
    final RecordedLog log = new RecordedLog("smap.identity.broker", "org.apache.camel.support");

    @TempDir
    private Path home;

    private final Main camel = new Main();
    private final MadeBeans made = new MadeBeans();

    @AfterEach
    void stop() {
        camel.stop();
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void a_role_makes_each_of_its_beans_once(Role role, TestDatabase database) throws Exception {
        start(role, database);

        assertThat(made.names).doesNotHaveDuplicates()
                .contains("brokerConnectionFactory", "clock", "envelope", "dataSource", "schemaMigration");
        assertThat(made.names.contains("requestGate")).isEqualTo(role.hasApi());
        assertThat(made.names.contains("mailSender")).isEqualTo(role.hasConsumer());
    }

    @Test
    void a_consumer_shows_outages_under_jmx_for_as_long_as_it_runs(TestDatabase database) throws Exception {
        ObjectName name = new ObjectName("smap.identity:name=DeliveryOutage");
        MBeanServer jmx = ManagementFactory.getPlatformMBeanServer();
        start(Role.CONSUMER, database);

        assertThat(jmx.getAttribute(name, "Stopped")).isEqualTo(false);
        camel.stop();
        assertThat(jmx.isRegistered(name)).isFalse();
        assertThat(log.lines()).noneMatch(line -> line.contains("destroy method"));
    }

    private void start(Role role, TestDatabase database) throws Exception {
        Settings read = Settings.read(role, Map.of(
                "POSTGRES_HOST", database.host(), "POSTGRES_PORT", Integer.toString(database.port()), "POSTGRES_DB", database.name(),
                "POSTGRES_USER", database.user(), "POSTGRES_PASSWORD", database.password(),
                "RABBITMQ_URL", "amqp://127.0.0.1:" + FreePorts.one(), "SMTP_HOST", "mail.invalid"), new Properties());
        RunConfiguration configuration = new RunConfiguration(role, read);
        Settings settings = configuration.effective(Map.of(), new DevelopmentSecrets(home, new SecureRandom()));
        Properties properties = configuration.properties(settings);
        properties.setProperty(FILES, Arrays.stream(properties.getProperty(FILES).split(","))
                .filter(file -> file.endsWith("-beans.camel.yaml"))
                .collect(Collectors.joining(",")));
        properties.setProperty("camel.main.jmxEnabled", "false");
        properties.setProperty("camel.server.enabled", "false");
        properties.setProperty("camel.management.enabled", "false");
        camel.setShutdownStrategy(new SimpleMainShutdownStrategy());
        camel.setOverrideProperties(properties);
        camel.bind("settings", settings);
        camel.addMainListener(made.listener());
        camel.start();
    }

    /** Notes the name of each bean that is put into it. */
    private static final class MadeBeans extends SimpleRegistry {

        private static final long serialVersionUID = 1L;

        private final transient List<String> names = new ArrayList<>();

        @Override
        public void bind(String id, Class<?> type, Object bean) {
            names.add(id);
            super.bind(id, type, bean);
        }

        /** Puts this in the place of Camel's own, before a file is read. */
        private SettingsAlone listener() {
            return new SettingsAlone() {
                @Override
                public void beforeConfigure(BaseMainSupport main) {
                    DefaultRegistry registry = main.getCamelContext().getRegistry(DefaultRegistry.class);
                    putAll((SimpleRegistry) registry.getFallbackRegistry());
                    registry.setFallbackRegistry(MadeBeans.this);
                }
            };
        }
    }
}
