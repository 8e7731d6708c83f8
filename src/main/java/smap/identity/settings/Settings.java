package smap.identity.settings;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.camel.util.TimeUtils;
import smap.identity.Role;

/**
 * The settings of this process, all of them looked at before anything starts. A value is looked up as Camel does: system property,
 * environment variable, {@code application.properties}. Immutable and thread-safe.
 */
public final class Settings {

    private static final String FILE = "application.properties";

    private final Map<String, String> values;
    private final Set<String> given;

    private Settings(Map<String, String> values, Set<String> given) {
        this.values = Map.copyOf(values);
        this.given = Set.copyOf(given);
    }

    /**
     * Reads and checks every setting for a role.
     *
     * @throws SettingsException naming each one that is wrong, and what was expected
     */
    public static Settings read(Role role, Map<String, String> environment, Properties system) {
        Properties defaults = defaults();
        Map<String, String> values = new LinkedHashMap<>();
        Set<String> given = new HashSet<>();
        List<String> faults = new ArrayList<>();
        for (Setting setting : SettingsCatalog.all()) {
            String value = system.getProperty(setting.key(), environment.get(setting.variable()));
            if (value != null) {
                given.add(setting.key());
            }
            values.put(setting.key(), (value != null ? value : preset(setting, defaults)).strip());
        }
        // a default may be the value of another setting, which is then the one to name; what somebody gave is taken as it is
        Set<String> followers = new HashSet<>(values.keySet());
        followers.removeIf(key -> given.contains(key) || !values.get(key).startsWith("{{"));
        for (String key : followers) {
            String reference = values.get(key);
            values.put(key, values.get(reference.substring(2, reference.length() - 2)));
        }
        for (Setting setting : SettingsCatalog.all()) {
            String value = values.get(setting.key());
            if (!followers.contains(setting.key()) && !setting.accepts().test(value)) {
                String got = setting.secret() ? "" : ", got '" + setting.culprit().apply(value) + "'";
                faults.add(setting.variable() + ": expected " + setting.expected() + got);
            }
        }
        Settings settings = new Settings(values, given);
        if (settings.isEmpty("admin.email") != settings.isEmpty("admin.password")) {
            faults.add("ADMIN_EMAIL, ADMIN_PASSWORD: expected both or neither");
        }
        if (settings.isProduction()) {
            settings.checkProduction(role, faults);
        }
        if (!faults.isEmpty()) {
            throw new SettingsException(faults);
        }
        return settings;
    }

    /** These settings, with values that go before them: where the embedded servers are, secrets made for development. */
    public Settings with(Map<String, String> found) {
        Map<String, String> all = new LinkedHashMap<>(values);
        all.putAll(found);
        return new Settings(all, given);
    }

    private void checkProduction(Role role, List<String> faults) {
        String why = " in production (SMAP_ENV), where nothing runs embedded";
        if (get("postgres.host").isEmpty()) {
            faults.add("POSTGRES_HOST: expected the database's host" + why);
        }
        if (get("rabbitmq.url").isEmpty()) {
            faults.add("RABBITMQ_URL: expected the broker's URL" + why);
        }
        if (role.hasConsumer() && get("smtp.host").isEmpty()) {
            faults.add("SMTP_HOST: expected the mail server's host" + why);
        }
        if (get("smap.clock.offset").matches(".*[1-9].*")) {
            faults.add("SMAP_CLOCK_OFFSET: expected 0s in production (SMAP_ENV), got '" + get("smap.clock.offset") + "'");
        }
        for (String key : missingSecrets(role)) {
            faults.add(variable(key) + ": expected at least " + SettingsCatalog.SECRET_BYTES + " bytes in production (SMAP_ENV)");
        }
    }

    private static String preset(Setting setting, Properties defaults) {
        String value = defaults.getProperty(setting.key());
        if (value == null) {
            throw new IllegalStateException(FILE + " has no default for " + setting.key());
        }
        return value;
    }

    private static Properties defaults() {
        Properties defaults = new Properties();
        try (InputStream in = Settings.class.getClassLoader().getResourceAsStream(FILE)) {
            defaults.load(new InputStreamReader(in, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return defaults;
    }

    private static String variable(String key) {
        return new Setting(key, "", value -> true, false).variable();
    }

    /** @throws IllegalArgumentException if there is no such setting */
    public String get(String key) {
        String value = values.get(key);
        if (value == null) {
            throw new IllegalArgumentException("There is no setting " + key);
        }
        return value;
    }

    public int number(String key) {
        return Integer.parseInt(get(key));
    }

    /** What a value lists, separated by commas; empty if it is nothing. */
    public List<String> list(String key) {
        return isEmpty(key) ? List.of() : Stream.of(get(key).split(",")).map(String::strip).toList();
    }

    public Duration duration(String key) {
        return Duration.ofMillis(TimeUtils.toMilliSeconds(get(key)));
    }

    public boolean isProduction() {
        return "production".equals(get("smap.env"));
    }

    /** Every setting that may be shown, so none that holds a secret, by its key. */
    public Map<String, String> shown() {
        Map<String, String> shown = new TreeMap<>();
        SettingsCatalog.all().stream()
                .filter(setting -> !setting.secret())
                .forEach(setting -> shown.put(setting.key(), get(setting.key())));
        return shown;
    }

    /** The keys of the secrets a role signs with that nobody has set. */
    public List<String> missingSecrets(Role role) {
        // who signs with a key pair needs no secret for tokens
        Stream<String> secrets = isEmpty("jwt.private.key") ? Stream.of("jwt.secret", "otp.secret") : Stream.of("otp.secret");
        return role.hasApi() ? secrets.filter(this::isEmpty).toList() : List.of();
    }

    /** Whether somebody set it, if only to what it would have been. */
    public boolean isGiven(String key) {
        return given.contains(key);
    }

    /** Whether a setting was left at nothing. */
    public boolean isEmpty(String key) {
        return get(key).isEmpty();
    }
}
