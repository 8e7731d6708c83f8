package smap.identity.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.FreePorts;
import smap.identity.support.JsonHttp;
import smap.identity.support.ReceivedMail;
import smap.identity.support.ScriptedSmtpServer;
import smap.identity.support.TestDatabase;

/** The product as it is deployed: an API and a consumer, each a process, with the settings that lead them to one another. */
public final class Deployment {

    public static final Duration START = Duration.ofSeconds(60);
    public static final Duration MAIL = Duration.ofSeconds(15);
    /** Longer than the longest pause between two looks whether what was away is back. */
    public static final Duration RECOVERY = Duration.ofSeconds(60);
    private static final Pattern CODE = Pattern.compile("\\b([0-9]{6})\\b");
    private static final String SECRET = "a secret of tests, with 'quotes', commas and # {{braces}}";

    private final Class<?> test;
    private final Map<String, String> settings = new HashMap<>();
    private final int apiPort;
    private final int consumerPort;

    public Deployment(Class<?> test, TestDatabase database, String rabbitMqUrl, ScriptedSmtpServer smtp) {
        this.test = test;
        List<Integer> ports = FreePorts.reserve(3);
        this.apiPort = ports.get(0);
        this.consumerPort = ports.get(2);
        settings.putAll(Map.of(
                "SMAP_ENV", "production",
                "APP_PORT", Integer.toString(apiPort),
                "MANAGEMENT_PORT", Integer.toString(ports.get(1)),
                "POSTGRES_HOST", database.host(),
                "POSTGRES_PORT", Integer.toString(database.port()),
                "POSTGRES_DB", database.name(),
                "POSTGRES_USER", database.user(),
                "POSTGRES_PASSWORD", database.password()));
        settings.putAll(Map.of(
                "RABBITMQ_URL", rabbitMqUrl,
                "SMTP_HOST", "localhost",
                "SMTP_PORT", Integer.toString(smtp.port()),
                "JWT_SECRET", SECRET,
                "OTP_SECRET", SECRET));
    }

    public Deployment with(String variable, String value) {
        settings.put(variable, value);
        return this;
    }

    public ApplicationProcess api(Map<String, String> routes) {
        ApplicationProcess api = startApi(routes);
        api.awaitReady(URI.create("http://127.0.0.1:" + apiPort + "/ready"), START);
        return api;
    }

    public ApplicationProcess api() {
        return api(Map.of());
    }

    /** The API, and nobody waits until it has started. */
    public ApplicationProcess startApi() {
        return startApi(Map.of());
    }

    public ApplicationProcess consumer() {
        ApplicationProcess consumer = consumerOn(consumerPort);
        consumer.awaitReady(URI.create("http://127.0.0.1:" + consumerPort + "/live"), START);
        return consumer;
    }

    /** One more consumer, on this management port; nobody waits until it has started. */
    public ApplicationProcess consumerOn(int managementPort) {
        Map<String, String> own = new HashMap<>(settings);
        own.put("MANAGEMENT_PORT", Integer.toString(managementPort));
        return ApplicationProcess.start(test, "consumer", own);
    }

    private ApplicationProcess startApi(Map<String, String> routes) {
        return ApplicationProcess.start(test, "api", settings, routes);
    }

    public JsonHttp http() {
        return JsonHttp.at("http://127.0.0.1:" + apiPort);
    }

    public JsonHttp consumerHttp() {
        return JsonHttp.at("http://127.0.0.1:" + consumerPort);
    }

    /** What the consumer says is away. */
    public List<String> consumerDown() {
        return consumerHttp().get("/ready").json().path("errors").findValuesAsText("field");
    }

    public void awaitDown(String dependency) {
        Awaitility.await(dependency + " is away").atMost(RECOVERY).until(() -> consumerDown().contains(dependency));
        assertThat(consumerHttp().get("/ready").status()).isEqualTo(503);
    }

    public void awaitConsumerReady() {
        Awaitility.await("readiness").atMost(RECOVERY).until(() -> consumerHttp().get("/ready").status() == 200);
    }

    public static Map<String, String> credentials(String email) {
        return Map.of("email", email, "password", "correct horse battery");
    }

    /** The only mail to an address, once it has come. */
    public static ReceivedMail mailTo(ScriptedSmtpServer smtp, String address) {
        return Awaitility.await("a mail to " + address)
                .atMost(MAIL)
                .until(() -> mailsTo(smtp, address), mails -> !mails.isEmpty())
                .get(0);
    }

    public static List<ReceivedMail> mailsTo(ScriptedSmtpServer smtp, String address) {
        return smtp.mails().stream().filter(mail -> mail.recipients().contains(address)).toList();
    }

    /** The recipients of the mails that these were to get, one for each mail. */
    public static List<String> recipientsSoFar(ScriptedSmtpServer smtp, List<String> recipients) {
        Set<String> wanted = Set.copyOf(recipients);
        return smtp.mails().stream().map(mail -> mail.recipients().get(0)).filter(wanted::contains).toList();
    }

    /** Each of them has got its mail, and none a second one so far. */
    public static void awaitOnce(ScriptedSmtpServer smtp, List<String> recipients, Duration limit) {
        Awaitility.await("mails to " + recipients.size()).atMost(limit)
                .untilAsserted(() -> assertThat(new TreeSet<>(recipientsSoFar(smtp, recipients))).hasSize(recipients.size()));
        assertThat(recipientsSoFar(smtp, recipients)).doesNotHaveDuplicates();
    }

    /** The six digits in a mail. */
    public static String code(ReceivedMail mail) {
        Matcher matcher = CODE.matcher(MailParts.text(mail.parsed()));
        if (!matcher.find()) {
            throw new AssertionError("no code in the mail:\n" + mail.rawText());
        }
        return matcher.group(1);
    }
}
