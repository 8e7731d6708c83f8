package smap.identity.settings;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.util.TimeUtils;
import smap.identity.limit.RateLimit;

/**
 * Every setting an operator may change and the form of its value. Defaults stand in {@code application.properties}, meanings in README.md;
 * {@code SettingsTest} keeps the three in step.
 */
final class SettingsCatalog {

    /** RFC 7518, section 3.2: a key for HMAC-SHA-256 has at least the length of its hash. */
    static final int SECRET_BYTES = 32;

    private static final Pattern DURATION = Pattern.compile("[1-9][0-9]{0,8}(ms|s|m|h|d)");
    private static final Pattern OFFSET = Pattern.compile("[+-]?[0-9]{1,6}(ms|s|m|h|d)");
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._:-]+");
    private static final Pattern ADDRESS = Pattern.compile("[^@\\s<>,;]+@[^@\\s<>,;]+");

    private static final Pattern PREFIX = Pattern.compile("/|(/[A-Za-z0-9._~-]+)+");
    /** Never *: cookies would go to whoever asks. A default port, a path or a capital letter is in no Origin, so nothing would match. */
    private static final Pattern ORIGIN = Pattern.compile(
            "(http(?!.*:80$)|https(?!.*:443$))://([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\\[[0-9a-f:]+])(:[1-9][0-9]{0,4})?");
    /** As the contract takes it at login: nobody could log in with another. */
    private static final String ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
    private static final String LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    private static final Pattern LOGIN = Pattern.compile(ATOM + "(\\." + ATOM + ")*@(" + LABEL + "\\.)+" + LABEL);

    private static final String POLICY = "(retry|hold)";
    private static final Pattern UNKNOWN = Pattern.compile(POLICY + "(,[a-z][a-z0-9_-]{0,63}=" + POLICY + ")*");

    private SettingsCatalog() {}

    static List<Setting> all() {
        return List.of(
                oneOf("smap.env", "development", "production"),
                text("smap.home"),
                new Setting("smap.clock.offset", "0s, or a number and ms, s, m, h or d with or without a sign, such as 30d or -5m",
                        OFFSET.asMatchPredicate(), false),
                host("app.host", false),
                port("app.port"),
                list("api.prefix", "paths such as /identity, or / alone, separated by commas, or nothing", PREFIX),
                list("cors.origins",
                        "origins as browsers send them, such as https://app.example.com, separated by commas, or nothing", ORIGIN),
                host("management.host", false),
                port("management.port"),
                new Setting("trusted.proxies", "addresses and ranges of them such as 10.0.0.0/8,2001:db8::1, or nothing",
                        value -> AddressRanges.fault(value).isEmpty(), false, value -> AddressRanges.fault(value).orElseThrow()),
                host("postgres.host", true),
                port("postgres.port"),
                text("postgres.user"),
                secret("postgres.password"),
                text("postgres.db"),
                oneOf("postgres.sslmode", "disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
                number("postgres.connections", 2, 1_000),
                new Setting("rabbitmq.url", "amqp://user:password@host:port/virtual-host or amqps://…, or nothing",
                        value -> value.isEmpty() || isAmqp(value), true),
                host("smtp.host", true),
                port("smtp.port"),
                optional("smtp.username"),
                secret("smtp.password"),
                new Setting("smtp.from", "an e-mail address", ADDRESS.asMatchPredicate(), false),
                new Setting("smtp.from.name", "one line of text", value -> value.chars().noneMatch(Character::isISOControl), false),
                new Setting("app.url", "the public URL of the front end, http:// or https:// without query, or nothing",
                        value -> value.isEmpty() || isWeb(value), false),
                new Setting("support.email", "an e-mail address, or nothing",
                        value -> value.isEmpty() || ADDRESS.matcher(value).matches(), false),
                new Setting("mail.templates", "a directory that can be read, or nothing",
                        value -> value.isEmpty() || isReadable(value) && Files.isDirectory(Path.of(value)), false),
                oneOf("mail.welcome", "true", "false"),
                oneOf("smtp.tls", "opportunistic", "required", "implicit", "off"),
                new Setting("smtp.tls.trust", "a PEM file that can be read, or nothing",
                        value -> value.isEmpty() || isReadable(value), false),
                oneOf("smtp.tls.verify", "true", "false"),
                number("smtp.connections", 1, 1_000),
                number("smtp.mails.per.connection", 1, 1_000_000),
                duration("smtp.idle.timeout"),
                duration("smtp.connect.timeout"),
                duration("smtp.read.timeout"),
                duration("smtp.write.timeout"),
                duration("smtp.send.timeout"),
                new Setting("smtp.rate", "mails a second, a whole number from 1 to 1000000, or nothing",
                        value -> value.isEmpty() || isNumber(value, 1, 1_000_000), false),
                key("jwt.secret"),
                key("jwt.secret.previous"),
                pem("jwt.private.key", true),
                pem("jwt.private.key.previous", false),
                duration("jwt.ttl"),
                duration("session.ttl"),
                duration("session.remember.ttl"),
                duration("session.refresh.grace"),
                duration("session.retention"),
                oneOf("auth.strict.sessions", "true", "false"),
                oneOf("cookie.secure", "auto", "true", "false"),
                key("otp.secret"),
                duration("otp.ttl"),
                duration("otp.cooldown"),
                number("otp.max.tries", 1, 100),
                number("otp.mails.per.hour", 1, 1_000),
                number("otp.tries.per.hour", 1, 1_000),
                oneOf("rate.limits", "on", "off"),
                oneOf("auth.enumeration.safe", "true", "false"),
                limit("rate.limit.register"),
                limit("rate.limit.send.otp"),
                limit("rate.limit.verify.otp"),
                limit("rate.limit.login"),
                limit("rate.limit.forgot.password"),
                limit("rate.limit.reset.password"),
                limit("rate.limit.change.password"),
                limit("rate.limit.change.address"),
                number("login.free.failures", 1, 100),
                duration("login.delay.max"),
                duration("idempotency.ttl"),
                number("password.hashers", 0, 1_000),
                new Setting("admin.email", "an e-mail address such as admin@example.com, or nothing",
                        value -> value.isEmpty() || value.length() <= 254 && LOGIN.matcher(value).matches(), false),
                secret("admin.password"),
                number("mail.workers", 1, 1_000),
                duration("mail.relay.delay"),
                duration("mail.publish.timeout"),
                new Setting("mail.retry.delays", "rising durations such as 5s,30s,2m",
                        SettingsCatalog::isLadder, false),
                new Setting("mail.unknown", "retry or hold, then exceptions such as hold,code=retry,welcome=retry",
                        UNKNOWN.asMatchPredicate(), false),
                number("mail.max.bytes", 1_024, 134_217_728),
                duration("mail.retention"),
                oneOf("mail.backup.enabled", "true", "false"),
                duration("mail.backup.retention"),
                duration("subscription.grace"),
                duration("trial.reminder"),
                duration("audit.retention"),
                duration("shutdown.timeout"),
                oneOf("logger.level", "TRACE", "DEBUG", "INFO", "WARN", "ERROR"),
                oneOf("logger.encoding", "json", "console"),
                oneOf("log.recipients", "masked", "plain"));
    }

    private static Setting host(String key, boolean optional) {
        return new Setting(key, "a host name or address" + (optional ? ", or nothing" : ""),
                value -> optional && value.isEmpty() || HOST.matcher(value).matches(), false);
    }

    private static Setting list(String key, String expected, Pattern entry) {
        return new Setting(key, expected, value -> value.isEmpty() || entries(value).allMatch(entry.asMatchPredicate()), false,
                value -> entries(value).filter(entry.asMatchPredicate().negate()).findFirst().orElseThrow());
    }

    private static Stream<String> entries(String value) {
        return Stream.of(value.split(",", -1)).map(String::strip);
    }

    private static Setting text(String key) {
        return new Setting(key, "a value", value -> !value.isBlank(), false);
    }

    private static Setting optional(String key) {
        return new Setting(key, "a value or nothing", value -> true, false);
    }

    private static Setting secret(String key) {
        return new Setting(key, "a value or nothing", value -> true, true);
    }

    private static Setting key(String key) {
        Predicate<String> accepts = value -> value.isEmpty() || value.getBytes(StandardCharsets.UTF_8).length >= SECRET_BYTES;
        return new Setting(key, "at least " + SECRET_BYTES + " bytes", accepts, true);
    }

    private static Setting pem(String key, boolean isPrivate) {
        return new Setting(key, (isPrivate ? "a private key" : "a private or public key")
                + " in PEM form (PKCS #8), RSA of at least 2048 bits or Ed25519, or the file that holds it, or nothing",
                value -> value.isEmpty() || PemKey.isOne(value, isPrivate), true);
    }

    private static Setting duration(String key) {
        return new Setting(key, "a number and ms, s, m, h or d, such as 30s", DURATION.asMatchPredicate(), false);
    }

    private static Setting limit(String key) {
        return new Setting(key, "requests in a time for one address, then for one client, such as 20/15m,300/15m", RateLimit::isOne, false);
    }

    private static Setting port(String key) {
        return number(key, 1, 65_535);
    }

    private static Setting number(String key, int least, int most) {
        return new Setting(key, "a whole number from " + least + " to " + most, value -> isNumber(value, least, most), false);
    }

    private static Setting oneOf(String key, String... values) {
        return new Setting(key, "one of " + String.join(", ", values), List.of(values)::contains, false);
    }

    private static boolean isNumber(String value, int least, int most) {
        try {
            int number = Integer.parseInt(value);
            return number >= least && number <= most;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static boolean isLadder(String value) {
        long before = 0;
        for (String delay : value.split(",", -1)) {
            if (!DURATION.matcher(delay).matches() || TimeUtils.toMilliSeconds(delay) <= before) {
                return false;
            }
            before = TimeUtils.toMilliSeconds(delay);
        }
        return true;
    }

    private static boolean isAmqp(String value) {
        try {
            URI url = URI.create(value);
            return ("amqp".equals(url.getScheme()) || "amqps".equals(url.getScheme())) && url.getHost() != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isWeb(String value) {
        try {
            URI url = URI.create(value);
            return ("http".equals(url.getScheme()) || "https".equals(url.getScheme())) && url.getHost() != null
                    && url.getRawQuery() == null && url.getRawFragment() == null && url.getRawUserInfo() == null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isReadable(String value) {
        try {
            return Files.isReadable(Path.of(value));
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
