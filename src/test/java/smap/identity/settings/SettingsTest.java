package smap.identity.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.Role;
import smap.identity.support.PemKeys;

class SettingsTest {

    /** Every setting and what it is when nobody says anything. */
    private static final Map<String, String> DEFAULTS = defaults();

    private static final String END_OF_ENVIRONMENT = "# What follows is not for the environment";
    private static final String SECRET = "0123456789abcdef0123456789abcdef";

    private static Map<String, String> defaults() {
        Map<String, String> defaults = new LinkedHashMap<>();
        defaults.put("smap.env", "development");
        defaults.put("smap.home", ".smap");
        defaults.put("smap.clock.offset", "0s");
        defaults.put("app.host", "127.0.0.1");
        defaults.put("app.port", "8080");
        defaults.put("api.prefix", "/identity,/");
        defaults.put("cors.origins", "");
        defaults.put("management.host", "127.0.0.1");
        defaults.put("management.port", "9876");
        defaults.put("trusted.proxies", "");
        defaults.put("postgres.host", "");
        defaults.put("postgres.port", "5432");
        defaults.put("postgres.user", "postgres");
        defaults.put("postgres.password", "");
        defaults.put("postgres.db", "smap");
        defaults.put("postgres.sslmode", "prefer");
        defaults.put("postgres.connections", "16");
        defaults.put("rabbitmq.url", "");
        defaults.put("smtp.host", "");
        defaults.put("smtp.port", "587");
        defaults.put("smtp.username", "");
        defaults.put("smtp.password", "");
        defaults.put("smtp.from", "no-reply@smap.com");
        defaults.put("smtp.from.name", "SMAP");
        defaults.put("app.url", "");
        defaults.put("support.email", "");
        defaults.put("mail.templates", "");
        defaults.put("mail.welcome", "true");
        defaults.put("smtp.tls", "opportunistic");
        defaults.put("smtp.tls.trust", "");
        defaults.put("smtp.tls.verify", "true");
        defaults.put("smtp.connections", "{{mail.workers}}");
        defaults.put("smtp.mails.per.connection", "100");
        defaults.put("smtp.idle.timeout", "30s");
        defaults.put("smtp.connect.timeout", "10s");
        defaults.put("smtp.read.timeout", "60s");
        defaults.put("smtp.write.timeout", "60s");
        defaults.put("smtp.send.timeout", "5m");
        defaults.put("smtp.rate", "");
        defaults.put("jwt.secret", "");
        defaults.put("jwt.secret.previous", "");
        defaults.put("jwt.private.key", "");
        defaults.put("jwt.private.key.previous", "");
        defaults.put("jwt.ttl", "15m");
        defaults.put("session.ttl", "12h");
        defaults.put("session.remember.ttl", "30d");
        defaults.put("session.refresh.grace", "10s");
        defaults.put("session.retention", "30d");
        defaults.put("auth.strict.sessions", "false");
        defaults.put("cookie.secure", "auto");
        defaults.put("otp.secret", "");
        defaults.put("otp.ttl", "5m");
        defaults.put("otp.cooldown", "60s");
        defaults.put("otp.max.tries", "5");
        defaults.put("otp.mails.per.hour", "10");
        defaults.put("otp.tries.per.hour", "20");
        defaults.put("rate.limits", "on");
        defaults.put("auth.enumeration.safe", "false");
        defaults.put("rate.limit.register", "5/1h,30/1h");
        defaults.put("rate.limit.send.otp", "20/1h,100/1h");
        defaults.put("rate.limit.verify.otp", "30/1h,200/1h");
        defaults.put("rate.limit.login", "30/15m,300/15m");
        defaults.put("rate.limit.forgot.password", "10/1h,60/1h");
        defaults.put("rate.limit.reset.password", "30/1h,200/1h");
        defaults.put("rate.limit.change.password", "20/1h,100/1h");
        defaults.put("rate.limit.change.address", "10/1h,60/1h");
        defaults.put("login.free.failures", "5");
        defaults.put("login.delay.max", "15m");
        defaults.put("idempotency.ttl", "24h");
        defaults.put("password.hashers", "0");
        defaults.put("admin.email", "");
        defaults.put("admin.password", "");
        defaults.put("mail.workers", "16");
        defaults.put("mail.relay.delay", "5s");
        defaults.put("mail.publish.timeout", "5s");
        defaults.put("mail.retry.delays", "5s,30s,2m,10m,1h");
        defaults.put("mail.unknown", "hold,code=retry");
        defaults.put("mail.max.bytes", "26214400");
        defaults.put("mail.retention", "30d");
        defaults.put("mail.backup.enabled", "false");
        defaults.put("mail.backup.retention", "90d");
        defaults.put("subscription.grace", "7d");
        defaults.put("trial.reminder", "3d");
        defaults.put("audit.retention", "365d");
        defaults.put("shutdown.timeout", "30s");
        defaults.put("logger.level", "INFO");
        defaults.put("logger.encoding", "json");
        defaults.put("log.recipients", "masked");
        return defaults;
    }

    @Nested
    class InStep {

        @Test
        void the_file_holds_every_default() throws IOException {
            assertThat(file()).containsExactlyEntriesOf(DEFAULTS);
        }

        @Test
        void the_catalog_knows_every_setting_of_the_file_and_no_other() {
            assertThat(SettingsCatalog.all()).extracting(Setting::key).containsExactlyElementsOf(DEFAULTS.keySet());
        }

        @Test
        void every_default_is_accepted() {
            Settings settings = read(Map.of());

            DEFAULTS.forEach((key, preset) -> assertThat(settings.get(key)).as(key)
                    .isEqualTo(preset.equals("{{mail.workers}}") ? DEFAULTS.get("mail.workers") : preset));
        }

        @Test
        void the_readme_tells_every_variable_and_its_default() throws IOException {
            assertThat(Path.of("README.md")).exists();
            Map<String, String> rows = new LinkedHashMap<>();
            Files.readAllLines(Path.of("README.md")).stream()
                    .map(line -> line.split("\\|", -1))
                    .filter(cells -> cells.length > 4 && cells[1].strip().matches("`[A-Z][A-Z_]*`(, `[A-Z][A-Z_]*`)*"))
                    .forEach(cells -> rows.putAll(row(cells[1], cells[2])));

            SettingsCatalog.all().forEach(setting -> assertDocumented("README.md's table", rows, setting));
        }

        @Test
        void the_example_of_an_environment_has_every_variable_with_its_default() throws IOException {
            assertThat(Path.of(".env.example")).exists();
            Map<String, String> lines = new LinkedHashMap<>();
            Files.readAllLines(Path.of(".env.example")).stream()
                    .filter(line -> line.matches("#? ?[A-Z][A-Z_]*=.*"))
                    .map(line -> line.replaceFirst("^# ?", "").split("=", 2))
                    .forEach(parts -> lines.put(parts[0], parts[1].replaceFirst("\\s+#.*$", "").replace("\"", "").strip()));

            SettingsCatalog.all().forEach(setting -> assertDocumented(".env.example", lines, setting));
        }

        /** A default that cannot be quoted (none, or another setting's value) is told in words. */
        private void assertDocumented(String where, Map<String, String> documented, Setting setting) {
            String preset = DEFAULTS.get(setting.key());
            assertThat(documented).as(where).containsKey(setting.variable());
            if (!preset.isEmpty() && !preset.startsWith("{{") && !setting.key().equals("password.hashers")) {
                assertThat(documented.get(setting.variable())).as(where + ": " + setting.variable())
                        .matches(Pattern.quote(preset) + "(,? .*)?");
            }
        }

        private static Map<String, String> file() throws IOException {
            Map<String, String> values = new LinkedHashMap<>();
            for (String line : Files.readAllLines(Path.of("src/main/resources/application.properties"))) {
                if (line.startsWith(END_OF_ENVIRONMENT)) {
                    return values;
                }
                if (!line.isBlank() && !line.startsWith("#")) {
                    String[] parts = line.split("=", 2);
                    values.put(parts[0].strip(), parts[1].strip());
                }
            }
            throw new AssertionError("application.properties has no line '" + END_OF_ENVIRONMENT + "'");
        }

        /** The variables of a row with their defaults, which are in the same order; one default is that of all of them. */
        private static Map<String, String> row(String variables, String presets) {
            List<String> names = List.of(unquoted(variables).split(", "));
            List<String> values = names.size() == 1 ? List.of(unquoted(presets)) : List.of(unquoted(presets).split(", "));
            assertThat(values.size()).as("defaults of " + names).isIn(1, names.size());
            Map<String, String> row = new LinkedHashMap<>();
            names.forEach(name -> row.put(name, values.get(values.size() == 1 ? 0 : row.size())));
            return row;
        }

        private static String unquoted(String cell) {
            return cell.strip().replace("`", "");
        }
    }

    @Nested
    class Lookup {

        @Test
        void a_system_property_goes_before_the_environment_and_that_before_the_file() {
            Properties system = new Properties();
            system.setProperty("otp.ttl", "7m");

            assertThat(Settings.read(Role.ALL, Map.of("OTP_TTL", "6m"), system).get("otp.ttl")).isEqualTo("7m");
            assertThat(read(Map.of("OTP_TTL", "6m")).get("otp.ttl")).isEqualTo("6m");
            assertThat(read(Map.of()).get("otp.ttl")).isEqualTo("5m");
        }

        @Test
        void the_variable_is_the_key_in_upper_case() {
            assertThat(SettingsCatalog.all()).allSatisfy(setting -> assertThat(setting.variable()).matches("[A-Z][A-Z_]*"));
            assertThat(new Setting("smtp.mails.per.connection", "", value -> true, false).variable())
                    .isEqualTo("SMTP_MAILS_PER_CONNECTION");
        }

        @Test
        void blanks_around_a_value_do_not_count() {
            assertThat(read(Map.of("OTP_TTL", " 6m ")).get("otp.ttl")).isEqualTo("6m");
        }

        @Test
        void there_are_as_many_connections_as_workers_unless_somebody_says_otherwise() {
            assertThat(read(Map.of("MAIL_WORKERS", "40")).number("smtp.connections")).isEqualTo(40);
            assertThat(read(Map.of("MAIL_WORKERS", "40", "SMTP_CONNECTIONS", "8")).number("smtp.connections")).isEqualTo(8);
        }

        @ParameterizedTest
        @ValueSource(strings = {"{{", "{{{", "{{mail.workers}}", "{{nothing.here}}", "a,b'\"c\\\\d${e}#bean:f%40"})
        void a_password_is_taken_as_it_is(String password) {
            assertThat(read(Map.of("POSTGRES_PASSWORD", password)).get("postgres.password")).isEqualTo(password);
        }

        @ParameterizedTest
        @CsvSource({"250ms,250", "90s,90000", "5m,300000", "2h,7200000", "3d,259200000"})
        void durations_convert(String value, long millis) {
            assertThat(read(Map.of("OTP_TTL", value)).duration("otp.ttl")).isEqualTo(Duration.ofMillis(millis));
        }

        @Test
        void a_key_that_is_no_setting_cannot_be_asked_for() {
            assertThatThrownBy(() -> read(Map.of()).get("mail.queue")).hasMessage("There is no setting mail.queue");
        }

        @Test
        void what_is_found_at_the_start_goes_before_what_was_read() {
            Settings read = read(Map.of());
            Settings settings = read.with(Map.of("postgres.host", "localhost", "postgres.port", "15432"));

            assertThat(settings.get("postgres.host")).isEqualTo("localhost");
            assertThat(settings.number("postgres.port")).isEqualTo(15_432);
            assertThat(settings.get("postgres.db")).isEqualTo("smap");
            assertThat(read.isEmpty("postgres.host")).isTrue();
            assertThat(settings.isEmpty("postgres.host")).isFalse();
        }

        @Test
        void it_is_known_whether_somebody_set_a_value_if_only_to_its_default() {
            Settings settings = read(Map.of("MANAGEMENT_PORT", "9876"));

            assertThat(settings.isGiven("management.port")).isTrue();
            assertThat(settings.isGiven("app.port")).isFalse();
        }
    }

    @Nested
    class Refusal {

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                SMAP_ENV          | prod               | one of development, production
                SMAP_HOME         | ''                 | a value
                SMAP_CLOCK_OFFSET | 1y                 | 0s, or a number and ms, s, m, h or d with or without a sign, such as 30d or -5m
                SMAP_CLOCK_OFFSET | tomorrow           | 0s, or a number and ms, s, m, h or d with or without a sign, such as 30d or -5m
                APP_HOST          | ''                 | a host name or address
                APP_HOST          | a host             | a host name or address
                POSTGRES_HOST     | db/smap            | a host name or address, or nothing
                APP_PORT          | 0                  | a whole number from 1 to 65535
                APP_PORT          | 65536              | a whole number from 1 to 65535
                APP_PORT          | http               | a whole number from 1 to 65535
                APP_PORT          | ''                 | a whole number from 1 to 65535
                MAIL_WORKERS      | 0                  | a whole number from 1 to 1000
                MAIL_WORKERS      | 99999999999        | a whole number from 1 to 1000
                PASSWORD_HASHERS  | -1                 | a whole number from 0 to 1000
                API_PREFIX        | identity           | paths such as /identity, or / alone, separated by commas, or nothing
                API_PREFIX        | /identity/         | paths such as /identity, or / alone, separated by commas, or nothing
                API_PREFIX        | /a?b               | paths such as /identity, or / alone, separated by commas, or nothing
                POSTGRES_SSLMODE  | on                 | one of disable, allow, prefer, require, verify-ca, verify-full
                SMTP_FROM         | nobody             | an e-mail address
                SMTP_FROM         | a@b.example, c@d.e | an e-mail address
                APP_URL           | app.example        | the public URL of the front end, http:// or https:// without query, or nothing
                APP_URL           | https://a.b/?x=1   | the public URL of the front end, http:// or https:// without query, or nothing
                APP_URL           | javascript:x       | the public URL of the front end, http:// or https:// without query, or nothing
                SUPPORT_EMAIL     | nobody             | an e-mail address, or nothing
                MAIL_TEMPLATES    | nowhere            | a directory that can be read, or nothing
                MAIL_TEMPLATES    | pom.xml            | a directory that can be read, or nothing
                MAIL_WELCOME      | yes                | one of true, false
                SMTP_TLS          | starttls           | one of opportunistic, required, implicit, off
                SMTP_TLS_TRUST    | nowhere/ca.pem     | a PEM file that can be read, or nothing
                SMTP_TLS_VERIFY   | no                 | one of true, false
                OTP_TTL           | 5                  | a number and ms, s, m, h or d, such as 30s
                OTP_TTL           | 0s                 | a number and ms, s, m, h or d, such as 30s
                OTP_TTL           | -5m                | a number and ms, s, m, h or d, such as 30s
                OTP_TTL           | 5 m                | a number and ms, s, m, h or d, such as 30s
                OTP_TTL           | 1h30m              | a number and ms, s, m, h or d, such as 30s
                OTP_TTL           | PT5M               | a number and ms, s, m, h or d, such as 30s
                COOKIE_SECURE     | yes                | one of auto, true, false
                SESSION_TTL       | 0h                 | a number and ms, s, m, h or d, such as 30s
                RATE_LIMITS       | true               | one of on, off
                RATE_LIMIT_LOGIN  | 20/15m             | requests in a time for one address, then for one client, such as 20/15m,300/15m
                RATE_LIMIT_LOGIN  | 20,300             | requests in a time for one address, then for one client, such as 20/15m,300/15m
                RATE_LIMIT_LOGIN  | 0/15m,300/15m      | requests in a time for one address, then for one client, such as 20/15m,300/15m
                RATE_LIMIT_LOGIN  | off                | requests in a time for one address, then for one client, such as 20/15m,300/15m
                LOGGER_LEVEL      | info               | one of TRACE, DEBUG, INFO, WARN, ERROR
                LOGGER_ENCODING   | text               | one of json, console
                SMTP_RATE         | fast               | mails a second, a whole number from 1 to 1000000, or nothing
                MAIL_RETRY_DELAYS | 5s,30              | rising durations such as 5s,30s,2m
                MAIL_RETRY_DELAYS | 30s,5s             | rising durations such as 5s,30s,2m
                MAIL_RETRY_DELAYS | 60s,1m             | rising durations such as 5s,30s,2m
                MAIL_RETRY_DELAYS | ''                 | rising durations such as 5s,30s,2m
                MAIL_UNKNOWN      | drop               | retry or hold, then exceptions such as hold,code=retry,welcome=retry
                MAIL_UNKNOWN      | verification=retry | retry or hold, then exceptions such as hold,code=retry,welcome=retry
                MAIL_MAX_BYTES    | 25M                | a whole number from 1024 to 134217728
                LOG_RECIPIENTS    | none               | one of masked, plain""")
        void a_wrong_value_is_refused_by_name_with_what_was_expected(String variable, String value, String expected) {
            assertThat(faults(Role.ALL, Map.of(variable, value)))
                    .containsExactly(variable + ": expected " + expected + ", got '" + value + "'");
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                10.0.0.0/8, proxy.internal | proxy.internal
                10.0.0.0/33                | 10.0.0.0/33
                2001:db8::/129,::1         | 2001:db8::/129
                10.0.0.0/8,,::1            | ''
                10.0.0.0/8/8               | 10.0.0.0/8/8
                10.0.0.0/-1                | 10.0.0.0/-1
                10.0.0                     | 10.0.0
                *                          | *""")
        void of_the_trusted_proxies_the_wrong_one_is_named(String list, String wrong) {
            assertThat(faults(Role.ALL, Map.of("TRUSTED_PROXIES", list))).containsExactly("TRUSTED_PROXIES: expected addresses and ranges"
                    + " of them such as 10.0.0.0/8,2001:db8::1, or nothing, got '" + wrong + "'");
        }

        @ParameterizedTest
        @ValueSource(strings = {"*", "https://*.example.com", "https://app.example.com/", "app.example.com",
            "https://app.example.com/path", "https://App.example.com", "https://app.example.com:443", "http://localhost:80", "null",
            "https://user@app.example.com", "ftp://app.example.com", "", "https://"})
        void an_origin_that_no_browser_sends_or_that_would_be_any_is_refused_by_name(String origin) {
            String origins = "https://a.example.com, " + origin + ",http://localhost:3000";

            assertThat(faults(Role.ALL, Map.of("CORS_ORIGINS", origins))).containsExactly("CORS_ORIGINS: expected origins as browsers send"
                    + " them, such as https://app.example.com, separated by commas, or nothing, got '" + origin + "'");
        }

        @Test
        void origins_are_listed_with_commas() {
            Settings settings = read(Map.of("CORS_ORIGINS", "https://app.example.com, http://localhost:3000,http://[::1]:8443"));

            assertThat(settings.list("cors.origins"))
                    .containsExactly("https://app.example.com", "http://localhost:3000", "http://[::1]:8443");
            assertThat(read(Map.of()).list("cors.origins")).isEmpty();
        }

        @Test
        void a_senders_name_is_one_line() {
            assertThat(faults(Role.ALL, Map.of("SMTP_FROM_NAME", "SMAP\r\nBcc: x"))).singleElement().asString()
                    .startsWith("SMTP_FROM_NAME: expected one line of text");
        }

        @Test
        void every_fault_is_told_at_once() {
            assertThat(faults(Role.ALL, Map.of("APP_PORT", "x", "OTP_TTL", "y", "JWT_SECRET", "short")))
                    .extracting(fault -> fault.substring(0, fault.indexOf(':')))
                    .containsExactly("APP_PORT", "JWT_SECRET", "OTP_TTL");
        }

        @ParameterizedTest
        @ValueSource(strings = {"http://user:hidden@host", "host:5672", "amqp:/user:hidden@host", "amqp://",
            "amqp://user:hidden@ho st", "hidden"})
        void a_url_of_another_kind_is_refused_and_not_quoted(String url) {
            assertThat(faults(Role.ALL, Map.of("RABBITMQ_URL", url))).singleElement().asString()
                    .startsWith("RABBITMQ_URL: expected amqp://user:password@host:port/virtual-host or amqps://")
                    .doesNotContain("hidden", "got");
        }

        @ParameterizedTest
        @ValueSource(strings = {"amqp://host", "amqps://user:p%40ss@host:5671/a%2Fb", "amqp://guest:guest@127.0.0.1:5672/"})
        void a_url_of_a_broker_is_accepted(String url) {
            assertThat(read(Map.of("RABBITMQ_URL", url)).get("rabbitmq.url")).isEqualTo(url);
        }

        @ParameterizedTest
        @ValueSource(strings = {"JWT_SECRET", "JWT_SECRET_PREVIOUS", "OTP_SECRET"})
        void a_secret_is_long_enough_and_never_quoted(String variable) {
            assertThat(faults(Role.ALL, Map.of(variable, "only31bytes-only31bytes-only31b"))).containsExactly(
                    variable + ": expected at least 32 bytes");
            assertThat(read(Map.of(variable, "ả".repeat(11)))).isNotNull();
        }

        @ParameterizedTest
        @ValueSource(strings = {"JWT_PRIVATE_KEY", "JWT_PRIVATE_KEY_PREVIOUS"})
        void a_key_that_is_none_is_refused_and_not_quoted(String variable) {
            for (String value : List.of("hidden", "-----BEGIN PRIVATE KEY-----\nhidden00\n-----END PRIVATE KEY-----",
                    "-----BEGIN RSA PRIVATE KEY-----\nhidden00\n-----END RSA PRIVATE KEY-----", PemKeys.privatePem(PemKeys.rsa(1_024)))) {
                assertThat(faults(Role.ALL, Map.of(variable, value))).singleElement().asString()
                        .startsWith(variable + ": expected a private").endsWith("or nothing").doesNotContain("hidden", "got");
            }
        }

        @Test
        void who_signs_has_the_private_half_and_who_verifies_either() {
            String half = PemKeys.publicPem(PemKeys.ed25519());

            assertThat(faults(Role.ALL, Map.of("JWT_PRIVATE_KEY", half))).hasSize(1);
            assertThat(read(Map.of("JWT_PRIVATE_KEY_PREVIOUS", half)).get("jwt.private.key.previous")).isEqualTo(half.strip());
        }

        @ParameterizedTest
        @ValueSource(strings = {"boss", "boss@localhost", "boss@a b.example", "b..oss@example.com", "Böss@example.com"})
        void an_administrator_who_could_not_log_in_is_refused(String email) {
            assertThat(faults(Role.API, Map.of("ADMIN_EMAIL", email, "ADMIN_PASSWORD", "hidden"))).containsExactly(
                    "ADMIN_EMAIL: expected an e-mail address such as admin@example.com, or nothing, got '" + email + "'");
        }

        @ParameterizedTest
        @CsvSource({"ADMIN_EMAIL,boss@example.com", "ADMIN_PASSWORD,hidden"})
        void an_administrator_has_an_address_and_a_password(String variable, String value) {
            assertThat(faults(Role.API, Map.of(variable, value))).containsExactly("ADMIN_EMAIL, ADMIN_PASSWORD: expected both or neither");
        }

        @Test
        void no_message_quotes_a_password_or_secret_beside_other_faults() {
            SettingsException refusal = refusal(Role.ALL, Map.of("APP_PORT", "x", "POSTGRES_PASSWORD", "hidden1",
                    "SMTP_PASSWORD", "hidden2", "JWT_SECRET", "hidden3", "OTP_SECRET", "hidden4", "RABBITMQ_URL", "hidden5",
                    "ADMIN_PASSWORD", "hidden6"));

            assertThat(refusal).hasMessageContaining("APP_PORT").hasMessageNotContaining("hidden");
            assertThat(refusal.toString()).doesNotContain("hidden");
        }
    }

    @Nested
    class Production {

        private static final String EMBEDDED = " in production (SMAP_ENV), where nothing runs embedded";

        @Test
        void an_api_names_its_database_its_broker_and_its_secrets() {
            assertThat(faults(Role.API, production(Map.of()))).containsExactly(
                    "POSTGRES_HOST: expected the database's host" + EMBEDDED,
                    "RABBITMQ_URL: expected the broker's URL" + EMBEDDED,
                    "JWT_SECRET: expected at least 32 bytes in production (SMAP_ENV)",
                    "OTP_SECRET: expected at least 32 bytes in production (SMAP_ENV)");
        }

        @Test
        void a_consumer_names_its_database_its_broker_and_its_mail_server_and_needs_no_secret() {
            assertThat(faults(Role.CONSUMER, production(Map.of()))).containsExactly(
                    "POSTGRES_HOST: expected the database's host" + EMBEDDED,
                    "RABBITMQ_URL: expected the broker's URL" + EMBEDDED,
                    "SMTP_HOST: expected the mail server's host" + EMBEDDED);
        }

        @Test
        void both_in_one_process_name_everything() {
            assertThat(faults(Role.ALL, production(Map.of()))).hasSize(5);
        }

        @ParameterizedTest
        @EnumSource(Role.class)
        void a_process_that_names_everything_starts(Role role) {
            Settings settings = Settings.read(role, production(Map.of("POSTGRES_HOST", "db",
                    "RABBITMQ_URL", "amqps://user:pw@broker/smap", "SMTP_HOST", "smtp",
                    "JWT_SECRET", SECRET, "OTP_SECRET", SECRET)), new Properties());

            assertThat(settings.isProduction()).isTrue();
        }

        @Test
        void an_api_that_signs_with_a_key_pair_needs_no_secret_for_tokens() {
            String pem = PemKeys.privatePem(PemKeys.ed25519());

            assertThat(faults(Role.API, production(Map.of("JWT_PRIVATE_KEY", pem)))).extracting(fault -> fault.split(":")[0])
                    .containsExactly("POSTGRES_HOST", "RABBITMQ_URL", "OTP_SECRET");
            assertThat(read(Map.of("JWT_PRIVATE_KEY", pem)).missingSecrets(Role.ALL)).containsExactly("otp.secret");
        }

        @ParameterizedTest
        @ValueSource(strings = {"12d", "-5m", "+1ms", "10s"})
        void time_goes_as_everywhere(String offset) {
            assertThat(faults(Role.API, complete(offset))).singleElement().asString().startsWith("SMAP_CLOCK_OFFSET: expected 0s");
        }

        @ParameterizedTest
        @ValueSource(strings = {"0s", "0d", "-0s"})
        void a_clock_that_is_moved_by_nothing_is_not_moved(String offset) {
            assertThat(Settings.read(Role.API, complete(offset), new Properties()).get("smap.clock.offset")).isEqualTo(offset);
        }

        private static Map<String, String> complete(String offset) {
            return production(Map.of("SMAP_CLOCK_OFFSET", offset, "POSTGRES_HOST", "db", "RABBITMQ_URL", "amqps://user:pw@broker/smap",
                    "JWT_SECRET", SECRET, "OTP_SECRET", SECRET));
        }

        @Test
        void development_asks_for_nothing() {
            assertThat(read(Map.of()).isProduction()).isFalse();
        }

        private static Map<String, String> production(Map<String, String> more) {
            Map<String, String> environment = new LinkedHashMap<>(more);
            environment.put("SMAP_ENV", "production");
            return environment;
        }
    }

    private static Settings read(Map<String, String> environment) {
        return Settings.read(Role.ALL, environment, new Properties());
    }

    private static List<String> faults(Role role, Map<String, String> environment) {
        return refusal(role, environment).faults();
    }

    private static SettingsException refusal(Role role, Map<String, String> environment) {
        return catchThrowableOfType(SettingsException.class, () -> Settings.read(role, environment, new Properties()));
    }
}
