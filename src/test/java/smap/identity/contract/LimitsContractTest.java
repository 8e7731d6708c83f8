package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.DevMailbox;
import smap.identity.support.FreePorts;
import smap.identity.support.JsonHttp;
import smap.identity.support.JsonHttp.Answer;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/**
 * A product with its own limits, behind a proxy it trusts, that tells nobody whether an address has an account. Each test comes from
 * clients of its own: what the proxy says is the client's address.
 */
@WithPostgres
class LimitsContractTest {

    private static final String PASSWORD = "correct horse battery";
    private static final String WRONG = "wrong horse battery";

    private static final ContractCoverage CONTRACT = new ContractCoverage();
    private static ApplicationProcess product;
    private static TestDatabase database;
    private static JsonHttp root;

    @BeforeAll
    static void start(TestDatabase shared) {
        database = shared;
        int port = FreePorts.one();
        Map<String, String> settings = new HashMap<>(Map.of(
                "APP_PORT", Integer.toString(port),
                "MANAGEMENT_PORT", Integer.toString(FreePorts.one()),
                "POSTGRES_HOST", database.host(),
                "POSTGRES_PORT", Integer.toString(database.port()),
                "POSTGRES_DB", database.name(),
                "POSTGRES_USER", database.user(),
                "POSTGRES_PASSWORD", database.password(),
                "TRUSTED_PROXIES", "127.0.0.1",
                "AUTH_ENUMERATION_SAFE", "true",
                // those that are the product's own: SettingsTest
                "RATE_LIMIT_REGISTER", "5/1h,30/1h"));
        settings.put("RATE_LIMIT_SEND_OTP", "20/1h,100/1h");
        settings.put("RATE_LIMIT_VERIFY_OTP", "30/1h,200/1h");
        settings.put("RATE_LIMIT_LOGIN", "30/15m,300/15m");
        product = ApplicationProcess.start(LimitsContractTest.class, "all", settings);
        product.awaitReady(URI.create("http://127.0.0.1:" + port + "/ready"), Duration.ofSeconds(60));
        root = JsonHttp.at("http://127.0.0.1:" + port);
    }

    @AfterAll
    static void stop() {
        product.close();
    }

    @Test
    void an_address_is_limited_wherever_it_is_asked_from_and_an_ipv6_client_by_its_network() {
        String email = address();
        for (int i = 0; i < 5; i++) {
            assertThat(post("register", from(), credentials(email)).status()).isEqualTo(201);
        }
        Answer refused = post("register", from(), credentials(email));
        assertThat(refused.errorCode()).isEqualTo(429);
        assertThat(refused.header("Retry-After").map(Integer::parseInt))
                .hasValueSatisfying(wait -> assertThat(wait).isBetween(3_500, 3_600));

        String network = "2001:db8:" + Integer.toHexString(ThreadLocalRandom.current().nextInt(1, 0xffff)) + ":1:";
        int let = 0;
        while (post("verify-otp", network + ":" + Integer.toHexString(let + 1), guess(address())).status() == 422) {
            let++;
        }
        assertThat(let).isEqualTo(200);
        assertThat(post("verify-otp", network.replace(":1:", ":2:") + ":1", guess(address())).status()).isEqualTo(422);
    }

    @Test
    void what_a_client_says_of_itself_left_of_what_the_proxy_says_counts_for_nothing() {
        String client = from();
        for (int i = 0; i < 30; i++) {
            assertThat(post("register", from() + ", " + client, credentials(address())).status()).isEqualTo(201);
        }
        assertThat(post("register", from() + ", " + client, credentials(address())).status()).isEqualTo(429);
    }

    @Test
    void register_answers_the_same_for_a_new_address_and_a_taken_one_and_tells_the_owner_once() {
        String email = address();

        Answer created = post("register", from(), credentials(email));
        Answer taken = post("register", from(), Map.of("email", email, "password", "another horse battery"));
        Answer again = post("register", from(), credentials(email));

        assertThat(created.status()).isEqualTo(201);
        assertThat(created.text()).isEqualTo("{\"error_code\" : 0, \"message\" : \"Success\", \"data\" : {\"email\" : \"" + email + "\"}}");
        for (Answer other : List.of(taken, again)) {
            assertThat(other.status()).isEqualTo(201);
            assertThat(other.text()).isEqualTo(created.text());
        }
        awaitMail(email, "You already have an account");
        assertThat(mails(email)).as("once an hour").containsExactly("You already have an account");
    }

    @Test
    void send_otp_answers_the_same_whatever_is_known_and_verify_otp_and_login_do_not_tell_either() throws SQLException {
        String email = address();
        post("register", from(), credentials(email));
        Answer unknown = post("send-otp", from(), credentials(address()));
        Answer issued = post("send-otp", from(), credentials(email));
        Answer tooEarly = post("send-otp", from(), credentials(email));
        Answer wrong = post("send-otp", from(), Map.of("email", email, "password", WRONG));
        String code = new DevMailbox(root).code(email);
        for (Answer other : List.of(unknown, issued, tooEarly, wrong)) {
            assertThat(other.status()).isEqualTo(200);
            assertThat(shape(other)).isEqualTo(shape(issued));
        }
        assertThat(mails(email)).as("one code").hasSize(1);

        Answer early = post("login", from(), credentials(email));
        assertThat(early.errorCode()).as("not proved yet, and not told so").isEqualTo(110005);
        assertThat(shape(post("login", from(), credentials(address())))).isEqualTo(shape(early));

        assertThat(post("verify-otp", from(), guess(address())).errorCode()).as("unknown").isEqualTo(110006);
        for (int i = 0; i < 7; i++) {
            assertThat(post("verify-otp", from(), Map.of("email", email, "otp", other(code))).errorCode())
                    .as("the sixth and seventh are not looked at").isEqualTo(110006);
        }
        execute("UPDATE one_time_codes SET tries = 0");
        assertThat(post("verify-otp", from(), Map.of("email", email, "otp", code)).status()).isEqualTo(200);
        assertThat(post("verify-otp", from(), Map.of("email", email, "otp", code)).errorCode()).as("verified").isEqualTo(110006);

        assertThat(shape(post("send-otp", from(), credentials(email)))).as("verified").isEqualTo(shape(issued));
        awaitMail(email, "Your address is already confirmed");
        assertThat(post("login", from(), credentials(email)).status()).isEqualTo(200);
    }

    @Test
    void wrong_passwords_slow_down_strangers_and_never_a_client_the_owner_has_logged_in_from() throws SQLException {
        String email = address();
        String home = from();
        verified(email);
        assertThat(post("login", home, credentials(email)).status()).isEqualTo(200);

        fail(email);
        assertThat(post("login", from(), Map.of("email", email, "password", WRONG)).errorCode()).isEqualTo(110009);
        Answer stranger = post("login", from(), credentials(email));
        assertThat(stranger.errorCode()).as("the right password from elsewhere").isEqualTo(110009);
        assertThat(stranger.header("Retry-After").map(Integer::parseInt)).hasValueSatisfying(wait -> assertThat(wait).isBetween(30, 61));
        assertThat(post("login", home, credentials(email)).status()).as("the owner at home").isEqualTo(200);

        execute("UPDATE login_failures SET until = until - interval '1 hour'");
        assertThat(post("login", from(), credentials(email)).status()).as("and elsewhere, once the delay is over").isEqualTo(200);
        assertThat(text("SELECT count(*) FROM login_failures f WHERE f.address = limit_key('" + email + "')")).isEqualTo("0");
        assertThat(text("SELECT count(*) FROM audit_events WHERE action = 'login-refuse' AND subject ="
                + " (SELECT id::text FROM users WHERE email = '" + email + "')")).isEqualTo("5");
    }

    @Test
    void an_unknown_address_is_slowed_down_likewise() throws SQLException {
        String email = address();
        fail(email);
        assertThat(post("login", from(), credentials(email)).errorCode()).isEqualTo(110009);
    }

    /** As often as is free; the delay of a second that begins then would soon be over on a machine that is busy. */
    private static void fail(String email) throws SQLException {
        for (int i = 0; i < 5; i++) {
            assertThat(post("login", from(), Map.of("email", email, "password", WRONG)).status()).isEqualTo(401);
        }
        execute("UPDATE login_failures SET until = until + interval '1 minute' WHERE address = limit_key('" + email + "')");
    }

    private static void verified(String email) throws SQLException {
        post("register", from(), credentials(email));
        execute("UPDATE users SET is_active = true WHERE email = '" + email + "'");
    }

    private static Answer post(String operation, String client, Object body) {
        return CONTRACT.check("authentication-" + operation,
                root.with("X-Forwarded-For", client).post("/api/v1/authentication/" + operation, body));
    }

    private static void awaitMail(String email, String subject) {
        Awaitility.await(subject).atMost(Duration.ofSeconds(15)).until(() -> mails(email).contains(subject));
    }

    private static List<String> mails(String email) {
        List<String> subjects = new ArrayList<>();
        for (JsonNode mail : root.with("Accept", "application/json").get("/dev/mailbox").json().path("mails")) {
            if (mail.at("/to/0").asText().equals(email)) {
                subjects.add(mail.path("subject").asText());
            }
        }
        return subjects;
    }

    /** Status and body, without what differs from one moment to the next. */
    private static String shape(Answer answer) {
        return answer.status() + answer.text().replaceAll("\"trace_id\":\"\\w+\"", "").replaceAll("\"20[0-9T:.-]+Z\"", "a time");
    }

    private static Map<String, String> credentials(String email) {
        return Map.of("email", email, "password", PASSWORD);
    }

    private static Map<String, String> guess(String email) {
        return Map.of("email", email, "otp", "123456");
    }

    private static String other(String code) {
        return code.charAt(0) == '0' ? '1' + code.substring(1) : '0' + code.substring(1);
    }

    private static String address() {
        return "l" + Long.toString(ThreadLocalRandom.current().nextLong(1L << 60), 36) + "@example.com";
    }

    /** The address of a client that nobody has seen before. */
    private static String from() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return "10." + random.nextInt(256) + '.' + random.nextInt(256) + '.' + random.nextInt(256);
    }

    private static void execute(String statement) throws SQLException {
        try (Connection connection = database.dataSource().getConnection(); Statement sql = connection.createStatement()) {
            sql.execute(statement);
        }
    }

    private static String text(String query) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement sql = connection.createStatement();
                ResultSet rows = sql.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
