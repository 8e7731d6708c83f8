package smap.identity;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.concurrent.CountDownLatch;
import org.apache.camel.main.Main;
import org.apache.camel.main.SimpleMainShutdownStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import smap.identity.account.FirstAdmin;
import smap.identity.account.PasswordPolicy;
import smap.identity.embedded.EmbeddedServerException;
import smap.identity.embedded.EmbeddedServers;
import smap.identity.mail.MailTemplates;
import smap.identity.settings.DevelopmentSecrets;
import smap.identity.settings.Settings;
import smap.identity.settings.SettingsException;

/** Picks the role's routes and runs camel-main, with what is embedded started before and stopped after it. */
public final class Application {

    private static final Logger LOG = LoggerFactory.getLogger(Application.class);
    /** sysexits.h, EX_CONFIG. */
    private static final int MISCONFIGURED = 78;

    private final Role role;
    private final Settings settings;
    private final Main camel = new Main();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean routesRun;

    private Application(Role role, Settings settings) {
        this.role = role;
        this.settings = settings;
    }

    public static void main(String[] args) {
        // not a return: other threads than this may be left when a start has failed half-way
        System.exit(switch (args.length == 0 ? "" : args[0]) {
            case DeadLetterCommand.NAME -> DeadLetterCommand.run(args);
            case ImportUsersCommand.NAME -> ImportUsersCommand.run(args);
            case MailCommand.NAME -> MailCommand.run(args);
            default -> runRole(args);
        });
    }

    /** Returns the exit code when the process was told to end, or could not start. */
    private static int runRole(String... args) {
        int code = 0;
        try {
            Role role = Role.named(args);
            new Application(role, Settings.read(role, System.getenv(), System.getProperties())).run();
        } catch (SettingsException e) {
            e.faults().forEach(fault -> LOG.error("Start refused: {}", fault));
            code = MISCONFIGURED;
        } catch (EmbeddedServerException | IllegalArgumentException e) {
            LOG.error("Start refused: {}", e.getMessage());
            code = MISCONFIGURED;
        } catch (NoClassDefFoundError e) {
            // the production image leaves out what the embedded servers are made of
            LOG.error("Start refused: POSTGRES_HOST, RABBITMQ_URL and, for a consumer, SMTP_HOST: expected values, because this"
                    + " distribution cannot run what they name embedded ({})", e.getMessage());
            code = MISCONFIGURED;
        } catch (Exception e) {
            LOG.error("Start failed", e);
            code = 1;
        }
        return code;
    }

    /** Returns when the process was told to end and everything is stopped. */
    private void run() throws Exception {
        try (EmbeddedServers embedded = embeddedServers()) {
            // without Camel's own hook, which would not wait for the embedded servers
            camel.setShutdownStrategy(new SimpleMainShutdownStrategy());
            Runtime.getRuntime().addShutdownHook(new Thread(() -> end(embedded), "shutdown"));
            RunConfiguration configuration = new RunConfiguration(role, settings);
            configuration.checkPorts();
            if (role.hasApi()) {
                // a template that is broken is named before anything runs, all of them at once; so is a password nobody may choose
                MailTemplates.of(settings, Clock.systemUTC());
                FirstAdmin.of(settings, new PasswordPolicy());
            }
            embedded.start();
            Settings effective = configuration.effective(embedded.properties(), new DevelopmentSecrets(home(), new SecureRandom()));
            camel.setOverrideProperties(configuration.properties(effective));
            // beans that take a password or a secret read it here: in YAML a comma or quote in it would not survive
            camel.bind("settings", effective);
            embedded.mailServer().ifPresent(server -> camel.bind("embeddedMailServer", server));
            camel.addMainListener(new StartListener(role));
            routesRun = true;
            camel.run();
        } finally {
            stopped.countDown();
        }
    }

    /** Runs in the JVM's shutdown hook, so at SIGTERM and SIGINT too: an orderly end is no failure. */
    private void end(EmbeddedServers embedded) {
        if (stopped.getCount() == 0) {
            return;
        }
        camel.getShutdownStrategy().shutdown();
        if (!routesRun) {
            embedded.close();
        }
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(0);
    }

    private EmbeddedServers embeddedServers() {
        return new EmbeddedServers(
                home(),
                settings.isEmpty("postgres.host"),
                settings.isEmpty("rabbitmq.url"),
                role.hasConsumer() && settings.isEmpty("smtp.host"));
    }

    private Path home() {
        return Path.of(settings.get("smap.home")).toAbsolutePath();
    }
}
