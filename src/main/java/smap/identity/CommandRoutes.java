package smap.identity;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;
import org.apache.camel.main.SimpleMainShutdownStrategy;
import org.slf4j.LoggerFactory;
import smap.identity.settings.Settings;

/**
 * Some of the product's routes, run for one command: without HTTP servers, JMX and timers, ended with it. The log goes to standard error
 * and tells no more than what went wrong. For one thread.
 */
final class CommandRoutes implements AutoCloseable {

    private static final Path OVERLAY = Path.of("routes");
    private static final List<String> FOLDERS = List.of("shared", "api", "command");

    private final Main camel = new Main();

    private CommandRoutes() {}

    /**
     * Starts them.
     *
     * @param command its name
     * @param routes the base names of the files to run, beans included
     * @param beans what the command itself puts into the registry beside the settings
     */
    static CommandRoutes start(String command, Set<String> routes, Settings settings, Map<String, Object> beans) {
        CommandRoutes started = new CommandRoutes();
        started.camel.setShutdownStrategy(new SimpleMainShutdownStrategy());
        started.camel.setOverrideProperties(properties(command, routes, settings));
        started.camel.bind("settings", settings);
        beans.forEach(started.camel::bind);
        started.camel.addMainListener(new SettingsAlone());
        started.camel.start();
        return started;
    }

    /** Keeps standard output for what the command answers: returns it, and from then on everything else goes to standard error. */
    static PrintStream takeOutput() {
        PrintStream out = System.out;
        // the log's appender writes to what System.out is at the moment
        System.setOut(System.err);
        if (LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME) instanceof Logger root) {
            root.setLevel(Level.WARN);
        }
        return out;
    }

    private static Properties properties(String command, Set<String> routes, Settings settings) {
        List<String> files = new ArrayList<>();
        new RouteFiles(FOLDERS, OVERLAY).locations().forEach((name, location) -> {
            if (routes.contains(name)) {
                files.add(location);
            }
        });
        Properties properties = new Properties();
        settings.shown().forEach(properties::setProperty);
        properties.setProperty("smap.role", command);
        properties.setProperty("camel.main.routesIncludePattern", String.join(",", files));
        properties.setProperty("camel.main.jmxEnabled", "false");
        properties.setProperty("camel.server.enabled", "false");
        properties.setProperty("camel.server.port", "0");
        properties.setProperty("camel.management.enabled", "false");
        return properties;
    }

    CamelContext context() {
        return camel.getCamelContext();
    }

    @Override
    public void close() {
        camel.stop();
    }
}
