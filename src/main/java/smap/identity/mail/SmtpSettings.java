package smap.identity.mail;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import smap.identity.settings.Settings;

/**
 * Where and how mail leaves. Immutable; a value that cannot work is refused here with {@link IllegalArgumentException}.
 *
 * @param host name of the mail server, the one its certificate must carry
 * @param port 1 to 65535
 * @param username logs in when set, with any {@link SmtpTls}, so also in plain text with {@link SmtpTls#OFF}; {@code null} or blank for
 *     no login
 * @param password kept out of {@link #toString()}
 * @param trustFile PEM file whose certificates replace the JVM's trusted ones; {@code null} for the JVM's
 * @param verify {@code false} accepts any certificate for any name: for trials only
 * @param connections largest number of connections open at one time
 * @param mailsPerConnection mails after which a connection is closed in order
 * @param idleTimeout how long an unused connection is kept
 * @param connectTimeout limit for the TCP connection
 * @param readTimeout limit for each wait for the server
 * @param writeTimeout limit for each write to the server
 * @param sendTimeout limit for a whole mail, connecting included, however the server stretches it
 * @param rate mails a second at most; 0 for no limit
 */
public record SmtpSettings(
        String host,
        int port,
        String username,
        String password,
        SmtpTls tls,
        Path trustFile,
        boolean verify,
        int connections,
        int mailsPerConnection,
        Duration idleTimeout,
        Duration connectTimeout,
        Duration readTimeout,
        Duration writeTimeout,
        Duration sendTimeout,
        int rate) {

    public SmtpSettings {
        Objects.requireNonNull(tls, "tls");
        username = username == null || username.isBlank() ? null : username;
        password = username == null ? null : Objects.requireNonNullElse(password, "");
        require(host != null && !host.isBlank(), "host: expected a name");
        require(port > 0 && port <= 65_535, "port: expected 1 to 65535");
        require(connections > 0, "connections: expected at least 1");
        require(mailsPerConnection > 0, "mailsPerConnection: expected at least 1");
        requireLimit("idleTimeout", idleTimeout);
        requireLimit("connectTimeout", connectTimeout);
        requireLimit("readTimeout", readTimeout);
        requireLimit("writeTimeout", writeTimeout);
        requireLimit("sendTimeout", sendTimeout);
        require(rate >= 0, "rate: expected at least 1, or 0 for no limit");
    }

    /** As the settings {@code smtp.*} say. */
    public static SmtpSettings of(Settings settings) {
        return new SmtpSettings(
                settings.get("smtp.host"),
                settings.number("smtp.port"),
                settings.get("smtp.username"),
                settings.get("smtp.password"),
                SmtpTls.valueOf(settings.get("smtp.tls").toUpperCase(Locale.ROOT)),
                settings.isEmpty("smtp.tls.trust") ? null : Path.of(settings.get("smtp.tls.trust")),
                Boolean.parseBoolean(settings.get("smtp.tls.verify")),
                settings.number("smtp.connections"),
                settings.number("smtp.mails.per.connection"),
                settings.duration("smtp.idle.timeout"),
                settings.duration("smtp.connect.timeout"),
                settings.duration("smtp.read.timeout"),
                settings.duration("smtp.write.timeout"),
                settings.duration("smtp.send.timeout"),
                settings.isEmpty("smtp.rate") ? 0 : settings.number("smtp.rate"));
    }

    private static void requireLimit(String name, Duration limit) {
        // Zero would mean "for ever" to a socket, and it counts milliseconds in an int.
        require(
                limit != null && limit.toMillis() > 0 && limit.toMillis() <= Integer.MAX_VALUE,
                name + ": expected at least one millisecond and at most 24 days");
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "SmtpSettings[" + host + ":" + port + ", username=" + (username == null ? "none" : "set") + ", tls=" + tls
                + ", trustFile=" + trustFile + ", verify=" + verify + ", connections=" + connections + ", mailsPerConnection="
                + mailsPerConnection + ", idleTimeout=" + idleTimeout + ", connectTimeout=" + connectTimeout + ", readTimeout="
                + readTimeout + ", writeTimeout=" + writeTimeout + ", sendTimeout=" + sendTimeout + ", rate=" + rate + "]";
    }
}
