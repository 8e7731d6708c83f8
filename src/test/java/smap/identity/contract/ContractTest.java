package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.password4j.BcryptFunction;
import com.password4j.types.Bcrypt;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.DevMailbox;
import smap.identity.support.FreePorts;
import smap.identity.support.JsonHttp;
import smap.identity.support.JsonHttp.Answer;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/** Each operation of accounts and health with each status the contract documents, over real HTTP, held against the contract. */
@WithPostgres
class ContractTest {

    private static final String PASSWORD = "correct horse battery";
    private static final String FRONT_END = "https://app.example.com";
    private static final int MIB = 1024 * 1024;

    private static final ContractCoverage CONTRACT = new ContractCoverage();
    private static ApplicationProcess product;
    private static TestDatabase database;
    private static String url;
    private static int managementPort;
    private static JsonHttp root;
    private static JsonHttp api;

    @BeforeAll
    static void start(TestDatabase shared) {
        database = shared;
        int port = FreePorts.one();
        managementPort = FreePorts.one();
        product = start(port, managementPort, database);
        url = "http://127.0.0.1:" + port;
        root = JsonHttp.at(url);
        api = JsonHttp.at("http://127.0.0.1:" + port + "/api/v1/authentication");
    }

    private static ApplicationProcess start(int port, TestDatabase database) {
        return start(port, FreePorts.one(), database);
    }

    private static ApplicationProcess start(int port, int managementPort, TestDatabase database) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "APP_PORT", Integer.toString(port),
                "MANAGEMENT_PORT", Integer.toString(managementPort),
                "CORS_ORIGINS", FRONT_END));
        settings.putAll(databaseSettings(database));
        ApplicationProcess started = ApplicationProcess.start(ContractTest.class, "all", settings);
        started.awaitReady(URI.create("http://127.0.0.1:" + port + "/ready"), Duration.ofSeconds(60));
        return started;
    }

    private static Map<String, String> databaseSettings(TestDatabase database) {
        return Map.of(
                "POSTGRES_HOST", database.host(),
                "POSTGRES_PORT", Integer.toString(database.port()),
                "POSTGRES_DB", database.name(),
                "POSTGRES_USER", database.user(),
                "POSTGRES_PASSWORD", database.password());
    }

    /** Runs last whatever the order of the tests: what the contract promises and no test has seen is a promise nobody keeps. */
    @AfterAll
    static void every_documented_status_was_seen() {
        product.close();
        assertThat(CONTRACT.seen()).containsAll(CONTRACT.documented("authentication", "health"));
    }

    @Test
    void each_group_of_operations_has_its_tests() {
        assertThat(CONTRACT.tags()).as("audit, mails and dead letters: AdministrationContractTest")
                .containsExactlyInAnyOrder("authentication", "health", "users", "plans", "subscriptions", "audit", "mails", "dead-letters");
    }

    @Test
    void a_person_registers_proves_the_address_logs_in_and_asks_who_that_is() {
        String email = address();
        Answer registered = post("register",
                Map.of("email", email, "password", PASSWORD, "full_name", "Ann", "role", "ADMIN", "is_active", true));
        assertThat(registered.status()).isEqualTo(201);
        assertThat(registered.data().path("email").asText()).isEqualTo(email);
        assertThat(registered.data().path("role").asText()).as("unknown fields are ignored").isEqualTo("USER");
        assertThat(registered.data().path("is_active").asBoolean()).isFalse();

        assertThat(post("login", credentials(email)).errorCode()).isEqualTo(110010);
        assertThat(post("send-otp", credentials(email)).status()).isEqualTo(200);
        Answer verified = post("verify-otp", guess(email, code(email)));
        assertThat(verified.status()).isEqualTo(200);
        assertThat(verified.data().path("is_active").asBoolean()).isTrue();

        Answer login = post("login", credentials(email));
        assertThat(login.status()).isEqualTo(200);
        assertThat(login.header("Cache-Control")).hasValue("no-store");
        Answer me = CONTRACT.check("authentication-me", api.as(login.data().path("token").asText()).get("/me"));
        assertThat(me.status()).isEqualTo(200);
        assertThat(me.data()).isEqualTo(login.data().path("user"));

        assertThat(post("send-otp", credentials(email)).errorCode()).isEqualTo(110007);
        assertThat(post("verify-otp", guess(email, "123456")).errorCode()).isEqualTo(110007);
    }

    @Test
    void who_is_deactivated_gets_no_code_and_whoever_does_not_know_the_password_is_not_told() throws SQLException {
        String email = address();
        register(email);
        execute("UPDATE users SET deactivated_at = created_at WHERE email = '" + email + "'");

        assertThat(post("send-otp", credentials(email)).errorCode()).isEqualTo(140007);
        assertThat(post("login", credentials(email)).errorCode()).isEqualTo(140007);
        assertThat(post("send-otp", Map.of("email", email, "password", "wrong horse battery")).errorCode()).isEqualTo(110005);
        assertThat(post("verify-otp", guess(email, "123456")).errorCode()).isEqualTo(110006);
    }

    @Test
    void who_has_lost_the_password_sets_another_by_mail_which_proves_the_address_too() {
        String email = address();
        register(email);
        assertThat(post("forgot-password", Map.of("email", email.toUpperCase(Locale.ROOT))).status()).isEqualTo(200);
        String code = code(email);
        assertThat(post("reset-password", reset(email, other(code), "incorrect donkey")).errorCode()).isEqualTo(110006);

        assertThat(post("reset-password", reset(email, code, "incorrect donkey")).text())
                .isEqualTo("{\"error_code\" : 0, \"message\" : \"Success\", \"data\" : null}");

        assertThat(post("login", Map.of("email", email, "password", "incorrect donkey")).status()).isEqualTo(200);
        assertThat(post("login", credentials(email)).status()).isEqualTo(401);
        assertThat(post("reset-password", reset(email, code, "another donkey")).errorCode()).as("a code is used once").isEqualTo(110006);
    }

    @Test
    void a_code_for_one_act_is_none_for_the_other() {
        String email = address();
        register(email);
        post("send-otp", credentials(email));
        String proof = code(email);

        assertThat(post("reset-password", reset(email, proof, "incorrect donkey")).errorCode()).isEqualTo(110006);
        assertThat(post("verify-otp", guess(email, proof)).status()).isEqualTo(200);
    }

    @Test
    void nothing_tells_whether_an_address_has_an_account_to_who_has_forgotten_the_password() throws SQLException {
        String known = address();
        String waiting = address();
        String deactivated = address();
        String deleted = address();
        for (String email : List.of(known, waiting, deactivated, deleted)) {
            register(email);
        }
        execute("UPDATE users SET is_active = true, verified_at = created_at WHERE email = '" + known + "'");
        execute("UPDATE users SET deactivated_at = created_at WHERE email = '" + deactivated + "'");
        execute("UPDATE users SET deleted_at = created_at WHERE email = '" + deleted + "'");
        List<String> addresses = List.of(known, waiting, deactivated, deleted, address());

        for (int i = 0; i < 2; i++) {
            for (String email : addresses) {
                Answer answer = post("forgot-password", Map.of("email", email));
                assertThat(answer.text()).isEqualTo("{\"error_code\":0,\"message\":\"Success\",\"data\":null}");
                assertThat(answer.headers()).doesNotContainKey("Retry-After");
            }
        }
        code(known);
        code(waiting);
        for (int i = 0; i < 7; i++) {
            for (String email : addresses) {
                Answer refused = post("reset-password", reset(email, "000000", "incorrect donkey"));
                assertThat(withoutTraceId(refused)).isEqualTo("{\"error_code\":110006,\"message\":\"Wrong OTP\",}");
            }
        }
        execute("UPDATE one_time_codes SET tries = 0, issued_at = issued_at - interval '1 day', expires_at = expires_at - interval '1 day'"
                + " WHERE user_id = (SELECT id FROM users WHERE email = '" + known + "')");
        assertThat(post("reset-password", reset(known, code(known), "incorrect donkey")).status()).as("expired").isEqualTo(422);
        assertThat(mailboxAddresses()).contains(known, waiting).doesNotContain(deactivated, deleted, addresses.get(4));
    }

    @Test
    void an_address_is_taken_whatever_its_case() {
        String email = address();
        register(email);
        Answer again = post("register", Map.of("email", email.toUpperCase(Locale.ROOT), "password", PASSWORD));
        assertThat(again.status()).isEqualTo(409);
        assertThat(again.errorCode()).isEqualTo(110004);
    }

    @Test
    void a_repeated_registration_is_answered_as_the_first_one_and_creates_nothing() throws SQLException {
        String email = address();
        JsonHttp keyed = api.with("Idempotency-Key", "key of " + email);
        Answer first = CONTRACT.check("authentication-register", keyed.post("/register", credentials(email)));
        Answer again = CONTRACT.check("authentication-register", keyed.post("/register", credentials(email)));

        assertThat(first.status()).isEqualTo(201);
        assertThat(first.header("Idempotency-Replayed")).isEmpty();
        assertThat(again.status()).isEqualTo(201);
        assertThat(again.header("Idempotency-Replayed")).hasValue("true");
        assertThat(again.text()).isEqualTo(first.text());

        Map<String, String> other = Map.of("email", email, "password", "another horse battery");
        assertThat(CONTRACT.check("authentication-register", keyed.post("/register", other)).errorCode()).isEqualTo(100002);
        execute("UPDATE idempotency_keys SET status = NULL, answer = NULL WHERE key = 'key of " + email + "'");
        Answer underWay = CONTRACT.check("authentication-register", keyed.post("/register", credentials(email)));
        assertThat(underWay.errorCode()).isEqualTo(100001);
        assertThat(underWay.header("Retry-After")).hasValue("1");
    }

    @Test
    void a_refused_registration_leaves_its_key_free() {
        String taken = address();
        register(taken);
        JsonHttp keyed = api.with("Idempotency-Key", "key of " + taken);
        Answer refused = CONTRACT.check("authentication-register", keyed.post("/register", credentials(taken)));
        assertThat(refused.errorCode()).isEqualTo(110004);
        assertThat(keyed.post("/register", credentials(address())).status()).isEqualTo(201);

        assertThat(fields(api.with("Idempotency-Key", "").post("/register", credentials(address())))).containsExactly("Idempotency-Key");
        assertThat(fields(api.with("Idempotency-Key", "k".repeat(256)).post("/register", credentials(address()))))
                .containsExactly("Idempotency-Key");
    }

    @Test
    void of_fifty_registrations_with_one_key_at_once_one_is_made() {
        String email = address();
        JsonHttp keyed = api.with("Idempotency-Key", "key of " + email);
        List<Answer> answers = atOnce(50, () -> CONTRACT.check("authentication-register", keyed.post("/register", credentials(email))));

        assertThat(answers).filteredOn(answer -> answer.status() == 201 && answer.header("Idempotency-Replayed").isEmpty()).hasSize(1);
        assertThat(answers).filteredOn(answer -> answer.status() != 201).allMatch(answer -> answer.errorCode() == 100001);
        assertThat(answers).filteredOn(answer -> answer.status() == 201).extracting(Answer::text).hasSizeGreaterThan(0)
                .containsOnly(keyed.post("/register", credentials(email)).text());
    }

    @Test
    void a_user_of_the_old_system_is_imported_logs_in_and_is_hashed_anew(@TempDir Path directory) throws Exception {
        String email = address();
        String hash = BcryptFunction.getInstance(Bcrypt.A, 4).hash(PASSWORD).getResult();
        Path export = Files.writeString(directory.resolve("users.csv"), "id,username,password,is_active\n7," + email + "," + hash + ",t\n");

        try (ApplicationProcess command =
                ApplicationProcess.command(ContractTest.class, databaseSettings(database), "import-users", export.toString())) {
            assertThat(command.awaitExit(Duration.ofSeconds(60))).isZero();
        }

        Answer login = post("login", credentials(email));
        assertThat(login.status()).isEqualTo(200);
        assertThat(login.data().at("/user/id").asText()).isEqualTo("c96406ad-a00e-3eb8-a4c6-344b0f5fa8f3");
        assertThat(text("SELECT password_hash FROM users WHERE email = '" + email + "'")).startsWith("$argon2id$");
    }

    @Test
    void a_wrong_password_and_an_unknown_address_get_the_same_answer() {
        String email = address();
        register(email);
        for (String operation : List.of("send-otp", "login")) {
            Answer wrong = post(operation, Map.of("email", email, "password", "wrong horse battery"));
            Answer unknown = post(operation, credentials(address()));
            assertThat(wrong.status()).isEqualTo(401);
            assertThat(wrong.errorCode()).isEqualTo(110005);
            assertThat(withoutTraceId(unknown)).isEqualTo(withoutTraceId(wrong));
        }
    }

    @Test
    void a_second_code_has_to_wait_for_the_cool_down() {
        String email = address();
        register(email);
        assertThat(post("send-otp", credentials(email)).status()).isEqualTo(200);
        Answer refused = post("send-otp", credentials(email));
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.header("Retry-After").map(Integer::parseInt)).hasValueSatisfying(wait -> assertThat(wait).isBetween(1, 60));
    }

    @ParameterizedTest
    @ValueSource(strings = {"register", "send-otp", "verify-otp", "login", "forgot-password", "reset-password"})
    void who_asks_too_often_is_told_how_long_to_wait(String operation) throws SQLException {
        String email = address();
        // as if it had been asked for that often: the processes under test are given room
        execute("INSERT INTO rate_limits VALUES ('" + operation + " address', limit_key('" + email + " '), 1000000,"
                + " now() + interval '30 minutes')");

        Answer refused = post(operation, Map.of("email", email.toUpperCase(Locale.ROOT), "password", PASSWORD, "otp", "123456"));

        assertThat(refused.errorCode()).isEqualTo(429);
        assertThat(refused.header("Retry-After").map(Integer::parseInt))
                .hasValueSatisfying(wait -> assertThat(wait).isBetween(1_790, 1_800));
    }

    @Test
    void wrong_passwords_in_a_row_slow_down_who_tries_them() throws SQLException {
        String email = address();
        register(email);
        for (int i = 0; i < 5; i++) {
            assertThat(post("login", Map.of("email", email, "password", "wrong horse battery")).status()).isEqualTo(401);
        }

        // a second is soon over on a machine that is busy
        execute("UPDATE login_failures SET until = until + interval '1 minute' WHERE address = limit_key('" + email + "')");

        Answer refused = post("login", credentials(email));

        assertThat(refused.errorCode()).as("the right one too").isEqualTo(110009);
        assertThat(refused.header("Retry-After").map(Integer::parseInt)).hasValueSatisfying(wait -> assertThat(wait).isBetween(30, 61));
    }

    @Test
    void a_guess_is_refused_with_its_reason() throws SQLException {
        assertThat(post("verify-otp", guess(address(), "123456")).errorCode()).isEqualTo(110003);
        String email = address();
        register(email);
        assertThat(post("verify-otp", guess(email, "123456")).errorCode()).as("before any code was made").isEqualTo(110006);
        post("send-otp", credentials(email));
        String code = code(email);
        assertThat(post("verify-otp", guess(email, other(code))).status()).isEqualTo(422);
        execute("UPDATE one_time_codes SET issued_at = issued_at - interval '1 day', expires_at = expires_at - interval '1 day'"
                + " WHERE user_id = (SELECT id FROM users WHERE email = '" + email + "')");
        assertThat(post("verify-otp", guess(email, code)).status()).isEqualTo(410);
    }

    @Test
    void five_of_two_hundred_wrong_guesses_at_once_are_looked_at() {
        String email = address();
        register(email);
        post("send-otp", credentials(email));
        String code = code(email);
        List<Integer> answers = atOnce(200, () -> post("verify-otp", guess(email, other(code))).status());
        assertThat(answers).filteredOn(status -> status == 422).hasSize(5);
        assertThat(answers).filteredOn(status -> status == 429).hasSize(195);
        assertThat(post("verify-otp", guess(email, code)).errorCode()).as("the right one comes too late").isEqualTo(110009);
    }

    @Test
    void one_of_two_right_guesses_at_once_wins() {
        String email = address();
        register(email);
        post("send-otp", credentials(email));
        String code = code(email);
        assertThat(atOnce(2, () -> post("verify-otp", guess(email, code)).status())).containsExactlyInAnyOrder(200, 409);
    }

    @ParameterizedTest
    @ValueSource(strings = {"register", "send-otp", "verify-otp", "login", "forgot-password", "reset-password"})
    void a_body_that_is_none_is_refused_with_the_field_at_fault(String operation) {
        assertThat(fields(post(operation, "{}"))).contains("email");
        for (String email : List.of("\"nobody\"", "7")) {
            String body = "{\"email\":" + email + ",\"password\":\"" + PASSWORD + "\",\"otp\":\"123456\"}";
            assertThat(fields(post(operation, body))).as(body).containsExactly("email");
        }
        for (String body : List.of("", "{", "[]", "null", "\"text\"", "{\"email\":\"a@b.cd\"} {}",
                "{\"email\":\"a@b.cd\",\"email\":\"e@f.gh\"}", "\u0000")) {
            Answer refused = post(operation, body);
            assertThat(refused.status()).as(body).isEqualTo(400);
            assertThat(refused.errorCode()).as(body).isEqualTo(110002);
        }
        assertThat(fields(post(operation, "[".repeat(100_000)))).containsExactly("body");
    }

    @Test
    void a_password_is_bounded_in_characters_and_in_bytes_and_none_that_is_guessed_first() {
        Map.of("1234567", "must have at least 8 characters, has 7",
                "\ud83d\ude00".repeat(7), "must have at least 8 characters, has 7 (28 bytes in UTF-8)",
                "x".repeat(129), "must have at most 128 characters, has 129",
                "ộ".repeat(43), "must be at most 128 bytes in UTF-8, has 129 (43 characters)",
                "Password123", "must not be one of the most common passwords, which are guessed first",
                "SMAP-2026", "must be more than the e-mail address or the name of this service").forEach((password, message) -> {
                    Answer refused = post("register", Map.of("email", address(), "password", password));
                    assertThat(refused.json().path("errors").toString())
                            .isEqualTo("[{\"field\":\"password\",\"message\":\"" + message + "\"}]");
                });
        assertThat(post("register", Map.of("email", address(), "password", "ộ".repeat(42))).status()).isEqualTo(201);
    }

    @ParameterizedTest
    @ValueSource(strings = {"register", "send-otp", "verify-otp", "login", "forgot-password", "reset-password"})
    void a_body_of_another_type_is_refused(String operation) {
        for (String type : List.of(
                "text/plain", "application/x-www-form-urlencoded", "application/json; charset=iso-8859-1", "application/xml")) {
            Answer refused = CONTRACT.check("authentication-" + operation, api.with("Content-Type", type).post("/" + operation, "{}"));
            assertThat(refused.status()).as(type).isEqualTo(415);
        }
        assertThat(api.with("Content-Type", "Application/JSON; Charset=\"UTF-8\"").post("/" + operation, "{}").status()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"register", "send-otp", "verify-otp", "login", "forgot-password", "reset-password"})
    void a_body_over_one_mebibyte_is_refused(String operation) {
        String large = "{\"email\":\"" + "a".repeat(MIB) + "\"}";
        for (int i = 0; i < 20; i++) {
            assertThat(post(operation, large).errorCode()).as("also while the rest of the body is still on its way").isEqualTo(413);
        }
        assertThat(fields(post(operation, "{\"email\":\"" + "a".repeat(MIB - 12) + "\"}"))).as("one mebibyte exactly").contains("email");
    }

    @Test
    void what_the_contract_does_not_know_gets_the_envelope_too() {
        for (String path : List.of("/api/v1/authentication/nothing", "/api/v1/", "/api/v1/authentication/register/x", "/api/v1", "/api/v1x",
                "/api/v1/live", "/nothing", "/api/v2/authentication/login", "/api/v1/authentication/..%2F..%2Flive")) {
            Answer unknown = root.get(path);
            assertThat(unknown.status()).as(path).isEqualTo(404);
            assertThat(unknown.errorCode()).as(path).isEqualTo(404);
        }
        for (String method : List.of("GET", "PUT", "DELETE", "PATCH", "OPTIONS")) {
            Answer wrong = api.send(method, "/login", method.equals("PUT") ? "{}" : null);
            assertThat(wrong.status()).as(method).isEqualTo(405);
            assertThat(wrong.errorCode()).isEqualTo(405);
            assertThat(wrong.header("Allow")).hasValue("POST");
        }
        Answer posted = root.post("/live", "{}");
        assertThat(posted.errorCode()).isEqualTo(405);
        assertThat(posted.header("Allow")).hasValue("GET");
    }

    @Test
    void the_old_front_end_finds_everything_where_it_was() {
        for (String prefix : List.of("/identity", "", "/identity/api/v1")) {
            JsonHttp frontEnd = JsonHttp.at(url + prefix).with("Origin", FRONT_END);
            String email = address();
            Answer registered = frontEnd.post("/authentication/register?x=1", Map.of("email", email, "password", PASSWORD));
            Answer refused = frontEnd.post("/authentication/login", credentials(email));

            assertThat(registered.status()).as(prefix).isEqualTo(201);
            assertThat(registered.data().path("email").asText()).isEqualTo(email);
            assertThat(refused.errorCode()).isEqualTo(110010);
            for (Answer answer : List.of(registered, refused)) {
                assertThat(answer.header("Access-Control-Allow-Origin")).hasValue(FRONT_END);
                assertThat(answer.header("Access-Control-Allow-Credentials")).hasValue("true");
            }
        }
    }

    @Test
    void browsers_are_told_what_not_to_do_with_an_answer_or_a_page() {
        for (String path : List.of("/live", "/api/v1/authentication/me", "/nothing")) {
            assertThat(root.get(path).header("Content-Security-Policy")).as(path)
                    .hasValue("default-src 'none'; frame-ancestors 'none'");
        }
        for (String path : List.of("/", "/docs", "/docs/start.js", "/openapi.yaml", "/dev/mailbox", "/live", "/api/v1/authentication/me")) {
            Answer answer = root.get(path);
            assertThat(answer.header("Content-Security-Policy")).as(path)
                    .hasValueSatisfying(policy -> assertThat(policy).contains("default-src 'none'", "frame-ancestors 'none'"));
            assertThat(answer.headers().get("Content-Security-Policy")).hasSize(1);
            assertThat(answer.header("X-Content-Type-Options")).hasValue("nosniff");
            assertThat(answer.headers()).doesNotContainKeys("Server", "X-Powered-By");
        }
        Answer management = JsonHttp.at("http://127.0.0.1:" + managementPort).get("/observe/health");
        assertThat(management.status()).isEqualTo(200);
        assertThat(management.header("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(management.header("Content-Security-Policy")).hasValue("default-src 'none'; frame-ancestors 'none'");
    }

    @Test
    void who_has_no_valid_token_is_nobody() {
        assertThat(secured(api).map(Supplier::get)).extracting(Answer::status).containsOnly(401);
        for (String header : List.of(
                "Bearer", "Bearer ", "Bearer x.y.z", "Basic dXNlcjpwYXNz", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.")) {
            Answer refused = CONTRACT.check("authentication-me", api.with("Authorization", header).get("/me"));
            assertThat(refused.status()).as(header).isEqualTo(401);
        }
    }

    @Test
    void a_session_goes_on_with_each_refresh_until_its_owner_logs_out() {
        Answer login = login(true);
        Answer refreshed = refresh(refreshToken(login));
        assertThat(refreshed.status()).isEqualTo(200);
        assertThat(refreshed.data().path("user")).isEqualTo(login.data().path("user"));
        assertThat(session(refreshed)).isEqualTo(session(login));
        assertThat(refreshed.header("Set-Cookie")).hasValueSatisfying(cookie -> assertThat(cookie).matches(
                "smap_auth_token=" + refreshed.data().path("token").asText() + "; Max-Age=2591\\d{3}; Path=/; HttpOnly; SameSite=Lax"));
        assertThat(refreshToken(refresh(refreshToken(login)))).as("a double click").isEqualTo(refreshToken(refreshed));

        JsonHttp ann = api.as(refreshed.data().path("token").asText()).with("User-Agent", "Firefox");
        Answer sessions = CONTRACT.check("session-list", ann.get("/sessions"));
        assertThat(sessions.data().path("sessions")).hasSize(1);
        assertThat(sessions.data().at("/sessions/0/id").asText()).isEqualTo(session(login));
        assertThat(sessions.data().at("/sessions/0/address").asText()).isEqualTo("127.0.0.1");
        assertThat(sessions.data().at("/sessions/0/current").asBoolean()).isTrue();

        Answer logout = CONTRACT.check("authentication-logout", ann.post("/logout", null));
        assertThat(logout.data().path("ended").asInt()).isOne();
        assertThat(logout.header("Set-Cookie")).hasValue("smap_auth_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax");
        assertThat(refresh(refreshToken(refreshed)).errorCode()).isEqualTo(110011);
        assertThat(CONTRACT.check("authentication-logout", ann.post("/logout", null)).data().path("ended").asInt()).isZero();
    }

    @Test
    void other_sessions_are_ended_one_by_one_or_all_at_once() {
        Answer first = login(false);
        assertThat(first.header("Set-Cookie")).hasValueSatisfying(cookie -> assertThat(cookie).doesNotContain("Max-Age", "Secure"));
        String email = first.data().at("/user/email").asText();
        List<Answer> others = Stream.generate(() -> post("login", credentials(email))).limit(3).toList();
        JsonHttp ann = api.as(first.data().path("token").asText());

        String lost = "/sessions/" + session(others.get(0));
        assertThat(CONTRACT.check("session-end", ann.delete(lost)).data().path("ended").asInt()).isOne();
        assertThat(refresh(refreshToken(others.get(0))).status()).isEqualTo(401);
        assertThat(CONTRACT.check("session-end", ann.delete(lost)).status()).isEqualTo(404);
        assertThat(CONTRACT.check("session-end", ann.delete("/sessions/" + session(login(false)))).status()).as("Eve's").isEqualTo(404);
        assertThat(fields(CONTRACT.check("session-end", ann.delete("/sessions/mine")))).containsExactly("id");

        assertThat(CONTRACT.check("authentication-logout-all", ann.post("/logout-all", null)).data().path("ended").asInt()).isEqualTo(3);
        assertThat(refresh(refreshToken(others.get(2))).status()).isEqualTo(401);
        assertThat(CONTRACT.check("session-list", ann.get("/sessions")).data().path("sessions")).isEmpty();
    }

    @Test
    void a_refresh_token_that_comes_again_later_was_stolen_and_nobody_goes_on_with_the_session() throws SQLException {
        Answer login = login(true);
        Answer next = refresh(refreshToken(login));
        execute("UPDATE refresh_tokens SET rotated_at = rotated_at - interval '11 seconds' WHERE session_id = '" + session(login) + "'");

        assertThat(refresh(refreshToken(login)).errorCode()).isEqualTo(110011);
        assertThat(refresh(refreshToken(next)).errorCode()).isEqualTo(110011);
        assertThat(refresh("nobody's").errorCode()).isEqualTo(110011);
    }

    @Test
    void fifty_refreshes_at_once_get_the_same_next_token() {
        Answer login = login(false);

        List<String> next = atOnce(50, () -> refreshToken(refresh(refreshToken(login))));

        assertThat(Set.copyOf(next)).hasSize(1).doesNotContain("");
        assertThat(refresh(next.get(0)).status()).isEqualTo(200);
    }

    @Test
    void a_refresh_wants_a_token() {
        assertThat(fields(post("refresh", "{}"))).containsExactly("refresh_token");
        assertThat(fields(post("refresh", Map.of("refresh_token", "")))).containsExactly("refresh_token");
        assertThat(fields(post("refresh", Map.of("refresh_token", List.of("a"))))).containsExactly("refresh_token");
    }

    @Test
    void a_cookie_that_another_sites_page_makes_a_browser_send_changes_nothing() {
        Answer login = login(false);
        String pair = login.header("Set-Cookie").orElseThrow().split(";")[0];
        JsonHttp browser = api.with("Cookie", pair);
        for (JsonHttp stolen : List.of(
                browser, browser.with("Origin", "https://evil.example"), browser.with("Sec-Fetch-Site", "cross-site"),
                browser.with("Sec-Fetch-Site", "same-site").with("Origin", url), browser.with("Origin", "null"))) {
            for (Answer refused : List.of(
                    CONTRACT.check("authentication-logout", stolen.post("/logout", null)),
                    CONTRACT.check("authentication-logout-all", stolen.post("/logout-all", null)),
                    CONTRACT.check("session-end", stolen.delete("/sessions/" + session(login))))) {
                assertThat(refused.status()).isEqualTo(403);
            }
            assertThat(CONTRACT.check("authentication-me", stolen.get("/me")).status()).as("the page cannot read it").isEqualTo(200);
        }
        assertThat(refresh(refreshToken(login)).status()).as("nothing was ended").isEqualTo(200);
        Answer ended = CONTRACT.check("authentication-logout", browser.with("Origin", url).post("/logout", null));
        assertThat(ended.data().path("ended").asInt()).isOne();
    }

    @Test
    void the_public_keys_are_told_outside_the_prefix() {
        Answer keys = CONTRACT.check("key-list", root.get("/.well-known/jwks.json"));
        assertThat(keys.text()).as("as long as a secret signs").isEqualTo("{\"keys\":[]}");
        assertThat(root.get("/api/v1/.well-known/jwks.json").status()).isEqualTo(404);
    }

    @Test
    void a_token_or_a_header_in_the_url_counts_for_nothing() {
        String token = token(api, root);
        assertThat(CONTRACT.check("authentication-me", api.as(token).get("/me")).status()).isEqualTo(200);
        assertThat(CONTRACT.check("authentication-me", api.get("/me?Authorization=Bearer%20" + token)).status()).isEqualTo(401);
        Answer refused = api.get("/me?traceparent=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        assertThat(refused.json().path("trace_id").asText()).isNotEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
    }

    @Test
    void the_health_of_the_process_is_told_outside_the_prefix() {
        assertThat(CONTRACT.check("live", root.get("/live")).text())
                .isEqualTo("{\"error_code\":0,\"message\":\"Success\",\"data\":{\"status\":\"UP\"}}");
        for (String operation : List.of("ready", "health")) {
            Answer up = CONTRACT.check(operation, root.get("/" + operation));
            assertThat(up.data().path("checks").toString())
                    .isEqualTo("{\"broker\":\"UP\",\"database\":\"UP\",\"delivery\":\"UP\",\"smtp\":\"UP\"}");
        }
    }

    @Test
    void a_trace_id_is_taken_from_the_caller_and_made_otherwise() {
        String traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        for (String path : List.of("/login", "/nothing")) {
            assertThat(api.with("traceparent", traceparent).post(path, "{}").json().path("trace_id").asText())
                    .isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
        }
        assertThat(post("login", "{}").json().path("trace_id")).isNotEqualTo(post("login", "{}").json().path("trace_id"));
    }

    /** Each operation of this group that wants to know who is calling. */
    private static Stream<Supplier<Answer>> secured(JsonHttp client) {
        return Stream.of(
                () -> CONTRACT.check("authentication-me", client.get("/me")),
                () -> CONTRACT.check("session-list", client.get("/sessions")),
                () -> CONTRACT.check("session-end", client.delete("/sessions/" + UUID.randomUUID())),
                () -> CONTRACT.check("authentication-logout", client.post("/logout", null)),
                () -> CONTRACT.check("authentication-logout-all", client.post("/logout-all", null)));
    }

    /** The answer to a login of somebody new. */
    private static Answer login(boolean remember) {
        String email = address();
        register(email);
        post("send-otp", credentials(email));
        post("verify-otp", guess(email, code(email)));
        return post("login", Map.of("email", email, "password", PASSWORD, "remember", remember));
    }

    private static String session(Answer login) {
        return login.data().path("session_id").asText();
    }

    private static String refreshToken(Answer login) {
        return login.data().path("refresh_token").asText();
    }

    private static Answer refresh(String token) {
        return post("refresh", Map.of("refresh_token", token));
    }

    private static String token(JsonHttp client, JsonHttp server) {
        String email = address();
        client.post("/register", credentials(email));
        client.post("/send-otp", credentials(email));
        client.post("/verify-otp", guess(email, new DevMailbox(server).code(email)));
        return client.post("/login", credentials(email)).data().path("token").asText();
    }

    private static <T> List<T> atOnce(int times, Supplier<T> call) {
        ExecutorService pool = Executors.newFixedThreadPool(Math.min(times, 50));
        try {
            List<CompletableFuture<T>> calls = IntStream.range(0, times).mapToObj(i -> CompletableFuture.supplyAsync(call, pool)).toList();
            return calls.stream().map(CompletableFuture::join).toList();
        } finally {
            pool.shutdownNow();
        }
    }

    private static Answer post(String operation, Object body) {
        Object sent = body instanceof String text ? text.getBytes(StandardCharsets.UTF_8) : body;
        return CONTRACT.check("authentication-" + operation, api.post("/" + operation, sent));
    }

    private static void register(String email) {
        assertThat(post("register", credentials(email)).status()).isEqualTo(201);
    }

    private static Map<String, String> credentials(String email) {
        return Map.of("email", email, "password", PASSWORD);
    }

    private static Map<String, String> guess(String email, String otp) {
        return Map.of("email", email, "otp", otp);
    }

    private static Map<String, String> reset(String email, String otp, String password) {
        return Map.of("email", email, "otp", otp, "password", password);
    }

    private static String address() {
        return "p" + Long.toString(ThreadLocalRandom.current().nextLong(1L << 60), 36) + "@example.com";
    }

    private static String other(String code) {
        return code.charAt(0) == '0' ? '1' + code.substring(1) : '0' + code.substring(1);
    }

    private static String code(String email) {
        return new DevMailbox(root).code(email);
    }

    private static List<String> mailboxAddresses() {
        return root.with("Accept", "application/json").get("/dev/mailbox").json().path("mails").findValues("to").stream()
                .map(to -> to.path(0).asText()).toList();
    }

    private static String withoutTraceId(Answer answer) {
        return answer.text().replaceAll("\"trace_id\":\"\\w+\"", "");
    }

    private static List<String> fields(Answer answer) {
        return answer.json().path("errors").findValuesAsText("field");
    }

    private static String text(String query) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement sql = connection.createStatement();
                ResultSet rows = sql.executeQuery(query)) {
            return rows.next() ? rows.getString(1) : null;
        }
    }

    private static void execute(String statement) throws SQLException {
        execute(database, statement);
    }

    private static void execute(TestDatabase target, String statement) throws SQLException {
        try (Connection connection = target.dataSource().getConnection(); Statement sql = connection.createStatement()) {
            sql.execute(statement);
        }
    }
}
