package smap.identity;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import smap.identity.settings.DevelopmentSecrets;
import smap.identity.settings.Settings;
import smap.identity.settings.SettingsException;

/** What camel-main is told beyond {@code application.properties}: what follows from the role and from what runs embedded. */
final class RunConfiguration {

    private static final Path OVERLAY = Path.of("routes");
    /** One process of each role on a machine, and neither has to be told a port. */
    private static final int CONSUMER_MANAGEMENT_PORT = 9877;
    private static final String MANAGEMENT_PORT = "management.port";

    private final Role role;
    private final Settings settings;

    RunConfiguration(Role role, Settings settings) {
        this.role = role;
        this.settings = settings;
    }

    /**
     * Camel would only warn of a port in use, and go on without its server.
     *
     * @throws SettingsException naming each port that is taken
     */
    void checkPorts() {
        List<String> faults = new ArrayList<>();
        if (role.hasApi()) {
            checkPort("APP_PORT", settings.get("app.host"), settings.number("app.port"), faults);
        }
        checkPort("MANAGEMENT_PORT", settings.get("management.host"), managementPort(), faults);
        if (!faults.isEmpty()) {
            throw new SettingsException(faults);
        }
    }

    private static void checkPort(String variable, String host, int port, List<String> faults) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
        } catch (IOException e) {
            faults.add(variable + ": expected a free port, and " + host + ":" + port + " cannot be listened on (" + e.getMessage() + ")");
        }
    }

    private int managementPort() {
        return role == Role.CONSUMER && !settings.isGiven(MANAGEMENT_PORT) ? CONSUMER_MANAGEMENT_PORT : settings.number(MANAGEMENT_PORT);
    }

    /**
     * The settings of this run: what follows from the role, where the embedded servers are, and secrets for who named none.
     *
     * @param embedded where the embedded servers are
     * @throws IOException if a development secret can be neither read nor written
     */
    Settings effective(Map<String, String> embedded, DevelopmentSecrets secrets) throws IOException {
        Map<String, String> found = new LinkedHashMap<>(embedded);
        found.put(MANAGEMENT_PORT, Integer.toString(managementPort()));
        for (String secret : settings.missingSecrets(role)) {
            found.put(secret, secrets.secret(secret));
        }
        return settings.with(found);
    }

    private String part(String key, String where) {
        return settings.isEmpty(key) ? "embedded, for development" : where;
    }

    /** Property keys that go before any other source. */
    Properties properties(Settings effective) {
        List<String> folders = new ArrayList<>(role.folders());
        if (role.hasApi() && !settings.isProduction()) {
            folders.add("development");
        }
        boolean mailbox = settings.isEmpty("smtp.host") && role.hasConsumer();
        if (mailbox) {
            folders.add("embedded");
        }
        if (role.hasConsumer() && Boolean.parseBoolean(settings.get("mail.backup.enabled"))) {
            folders.add("backup");
        }
        Properties keys = new Properties();
        keys.setProperty("smap.database", part("postgres.host", effective.get("postgres.host") + ':' + effective.get("postgres.port")));
        keys.setProperty("smap.broker", part("rabbitmq.url", "as RABBITMQ_URL says"));
        String mailServer = part("smtp.host", effective.get("smtp.host") + ':' + effective.get("smtp.port"));
        keys.setProperty("smap.mail", role.hasConsumer() ? mailServer : "in the consumer");
        keys.setProperty("smap.mailbox", mailbox ? "/dev/mailbox" : "");
        keys.setProperty("smap.role", role.label());
        keys.setProperty("camel.main.routesIncludePattern", String.join(",", new RouteFiles(folders, OVERLAY).locations().values()));
        effective.shown().forEach(keys::setProperty);
        keys.setProperty("camel.server.host", effective.get(role.hasApi() ? "app.host" : "management.host"));
        keys.setProperty("camel.server.port", effective.get(role.hasApi() ? "app.port" : MANAGEMENT_PORT));
        Duration shutdown = settings.duration("shutdown.timeout");
        keys.setProperty("camel.main.shutdownTimeout", Long.toString(Math.max(1, shutdown.toSeconds())));
        keys.setProperty("camel.component.spring-rabbitmq.shutdownTimeout", Long.toString(shutdown.toMillis()));
        return keys;
    }
}
