package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.account.PasswordHasher;
import smap.identity.contract.ContractCoverage.ExampleRequest;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.DevMailbox;
import smap.identity.support.FreePorts;
import smap.identity.support.JsonHttp;
import smap.identity.support.JsonHttp.Answer;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/** Each operation on users with each status the contract documents, over real HTTP, held against the contract. */
@WithPostgres
class UsersContractTest {

    private static final String PASSWORD = "correct horse battery";
    private static final String HASH = new PasswordHasher(1).hash(PASSWORD);
    private static final String BOSS = "boss@example.com";
    private static final String NOBODY = "7a4c1d2e-0000-4000-8000-00000000000f";
    /** Of the last hour, so that no test is before another's codes. */
    private static final OffsetDateTime PAST = OffsetDateTime.now().minusMinutes(30);

    private static final ContractCoverage CONTRACT = new ContractCoverage();
    private static ApplicationProcess product;
    private static TestDatabase database;
    private static JsonHttp root;
    private static JsonHttp anyone;
    private static JsonHttp admin;

    /** Somebody who is logged in. */
    private record Person(UUID id, String email, JsonHttp http, JsonNode login) {}

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
                "POSTGRES_PASSWORD", database.password()));
        settings.put("ADMIN_EMAIL", BOSS);
        settings.put("ADMIN_PASSWORD", PASSWORD);
        settings.put("RATE_LIMIT_CHANGE_PASSWORD", "3/1h,1000/1h");
        settings.put("RATE_LIMIT_CHANGE_ADDRESS", "20/1h,1000/1h");
        product = ApplicationProcess.start(UsersContractTest.class, "all", settings);
        product.awaitReady(URI.create("http://127.0.0.1:" + port + "/ready"), Duration.ofSeconds(60));
        root = JsonHttp.at("http://127.0.0.1:" + port);
        anyone = JsonHttp.at("http://127.0.0.1:" + port + "/api/v1");
        Answer boss = Awaitility.await("the administrator of the settings").atMost(Duration.ofSeconds(20))
                .until(() -> login(BOSS), answer -> answer.status() == 200);
        admin = anyone.as(boss.data().path("token").asText());
    }

    @AfterAll
    static void every_documented_status_was_seen() {
        product.close();
        assertThat(CONTRACT.seen()).containsAll(CONTRACT.documented("users"));
    }

    @Test
    void the_administrator_of_the_settings_administers() {
        Answer me = CONTRACT.check("user-me-show", admin.get("/users/me"));

        assertThat(me.data().path("email").asText()).isEqualTo(BOSS);
        assertThat(me.data().path("role").asText()).isEqualTo("ADMIN");
        assertThat(me.data().path("is_active").asBoolean()).isTrue();
    }

    @Test
    void who_may_not_is_refused() throws SQLException {
        Person ann = person();
        Set<String> operations = CONTRACT.documented("users").stream().map(status -> status.split(" ")[0]).collect(Collectors.toSet());

        for (ExampleRequest example : CONTRACT.examples().stream().filter(example -> operations.contains(example.id())).toList()) {
            assertThat(CONTRACT.check(example.id(), example.by(root)).status()).isEqualTo(401);
            if (example.forAdministrators()) {
                JsonHttp asAnn = root.as(ann.login().path("token").asText());
                assertThat(CONTRACT.check(example.id(), example.by(asAnn)).status()).isEqualTo(403);
            }
        }
        assertThat(text("SELECT is_active FROM users WHERE id = ?", ann.id())).isEqualTo("t");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            user-list            | GET    | /users?ids=1                   |                                      | ids
            user-list            | GET    | /users?emails=x                |                                      | emails
            user-list            | GET    | /users?roles=ROOT              |                                      | roles
            user-list            | GET    | /users?is_active=yes           |                                      | is_active
            user-page            | GET    | /users/page?page=0             |                                      | page
            user-page            | GET    | /users/page?limit=101          |                                      | limit
            user-show            | GET    | /users/1                       |                                      | id
            user-deactivate      | POST   | /users/x/deactivate            |                                      | id
            user-reactivate      | POST   | /users/x/reactivate            |                                      | id
            user-change-role     | PUT    | /users/x/role                  | {"role":"USER"}                      | id
            user-change-role     | PUT    | /users/7a4c1d2e-0000-4000-8000-00000000000f/role | {"role":"user"}    | role
            user-me-update       | PUT    | /users/me                      | {"full_name":7}                      | full_name
            user-me-update       | PUT    | /users/me                      | []                                   | body
            user-me-delete       | DELETE | /users/me                      | {}                                   | password
            user-change-address  | POST   | /users/me/change-address       | {"email":"x","password":"y"}         | email
            user-change-address  | POST   | /users/me/change-address       | {"email":"x@example.com"}            | password
            user-confirm-address | POST   | /users/me/confirm-address      | {"otp":"12345","new_otp":"123456"}   | otp
            user-confirm-address | POST   | /users/me/confirm-address      | {"otp":"123456"}                     | new_otp
            user-change-password | POST   | /users/me/change-password      | {"password":"incorrect donkey"}      | current_password
            user-change-password | POST   | /users/me/change-password      | {"current_password":"x","password":"short"} | password""")
    void what_is_wrong_is_refused_by_its_name(String operation, String method, String path, String body, String field) {
        Answer refused = CONTRACT.check(operation, admin.send(method, path, body));

        assertThat(refused.errorCode()).isEqualTo(140001);
        assertThat(refused.json().path("errors").findValuesAsText("field")).containsExactly(field);
    }

    @Test
    void a_put_says_all_that_one_may_say_of_oneself() throws SQLException {
        Person ann = person();

        Answer named = CONTRACT.check("user-me-update", ann.http().put("/users/me", Map.of(
                "full_name", "Nguyễn Văn A", "role", "ADMIN", "is_active", false, "email", "x@example.com", "caller_id", NOBODY)));
        assertThat(named.data().path("full_name").asText()).isEqualTo("Nguyễn Văn A");
        assertThat(named.data().path("role").asText()).isEqualTo("USER");
        assertThat(named.data().path("email").asText()).isEqualTo(ann.email());
        assertThat(CONTRACT.check("user-me-show", ann.http().get("/users/me")).data()).isEqualTo(named.data());

        assertThat(CONTRACT.check("user-me-update", ann.http().put("/users/me", Map.of())).data().path("full_name").isNull()).isTrue();
    }

    @Test
    void administrators_find_users_by_what_they_are() throws SQLException {
        Person ann = person();
        Person bob = person();

        assertThat(ids("user-list", "/users?ids=" + ann.id() + ',' + bob.id() + ',' + NOBODY)).containsExactly(bob.id(), ann.id());
        assertThat(ids("user-list", "/users?emails=" + ann.email().toUpperCase() + "&is_active=true&roles=USER")).containsExactly(ann.id());
        assertThat(ids("user-list", "/users?emails=" + ann.email() + "&is_active=false")).isEmpty();
        Answer page = CONTRACT.check("user-page", admin.get("/users/page?limit=1&page=2&ids=" + ann.id() + ',' + bob.id()));
        assertThat(page.data().path("users").findValuesAsText("id")).containsExactly(ann.id().toString());
        assertThat(page.data().path("paginator").toString()).isEqualTo("{\"total\":2,\"count\":1,\"per_page\":1,\"current_page\":2}");

        Answer shown = CONTRACT.check("user-show", admin.get("/users/" + ann.id() + "?id=" + bob.id()));
        assertThat(shown.data()).isEqualTo(ann.login().path("user"));
    }

    @Test
    void who_is_not_there_is_not_found_and_nobody_does_it_to_oneself() {
        String own = CONTRACT.check("user-me-show", admin.get("/users/me")).data().path("id").asText();

        assertThat(CONTRACT.check("user-show", admin.get("/users/" + NOBODY)).errorCode()).isEqualTo(140002);
        for (String verb : List.of("deactivate", "reactivate")) {
            assertThat(state(verb, NOBODY).errorCode()).isEqualTo(140002);
            assertThat(state(verb, own).errorCode()).isEqualTo(140006);
        }
        assertThat(role(NOBODY, "USER").errorCode()).isEqualTo(140002);
        assertThat(role(own, "USER").errorCode()).isEqualTo(140006);
    }

    @Test
    void who_is_deactivated_is_out_at_once_until_reactivated() throws SQLException {
        Person ann = person();

        assertThat(state("deactivate", ann.id().toString()).data().path("is_active").asBoolean()).isFalse();

        assertThat(CONTRACT.check("user-me-show", ann.http().get("/users/me")).status()).isEqualTo(401);
        assertThat(refresh(ann).status()).isEqualTo(401);
        Answer login = login(ann.email());
        assertThat(login.status()).isEqualTo(403);
        assertThat(login.errorCode()).isEqualTo(140007);
        Answer sendOtp = anyone.post("/authentication/send-otp", credentials(ann.email()));
        assertThat(CONTRACT.check("authentication-send-otp", sendOtp).errorCode()).isEqualTo(140007);
        assertThat(anyone.post("/authentication/login", Map.of("email", ann.email(), "password", "wrong horse battery")).errorCode())
                .as("nobody else is told").isEqualTo(110005);
        assertThat(anyone.post("/authentication/verify-otp", Map.of("email", ann.email(), "otp", "123456")).status()).isEqualTo(409);

        assertThat(state("reactivate", ann.id().toString()).data().path("is_active").asBoolean()).isTrue();
        assertThat(login(ann.email()).status()).isEqualTo(200);
        assertThat(refresh(ann).status()).as("the session has ended").isEqualTo(401);
        assertThat(text("SELECT string_agg(action || ' ' || actor, ',' ORDER BY id) FROM audit_events WHERE subject = ?"
                + " AND action LIKE 'user-%'", ann.id().toString())).isEqualTo("user-deactivate BOSS,user-reactivate BOSS".replace("BOSS",
                text("SELECT id FROM users WHERE email = ?", BOSS)));
    }

    @Test
    void a_role_counts_from_the_next_login() throws SQLException {
        Person ann = person();

        assertThat(role(ann.id().toString(), "ADMIN").data().path("role").asText()).isEqualTo("ADMIN");
        assertThat(ann.http().get("/users").status()).isEqualTo(403);
        assertThat(refresh(ann).status()).isEqualTo(401);
        JsonHttp promoted = anyone.as(login(ann.email()).data().path("token").asText());
        assertThat(promoted.get("/users").status()).isEqualTo(200);

        assertThat(role(ann.id().toString(), "USER").data().path("role").asText()).isEqualTo("USER");
        Person bob = person();
        Answer late = promoted.post("/users/" + bob.id() + "/deactivate", null);
        assertThat(CONTRACT.check("user-deactivate", late).errorCode()).as("the token still says ADMIN").isIn(401, 403);
    }

    @Test
    void an_address_changes_by_a_code_from_each_of_both() throws SQLException {
        Person ann = person();
        JsonNode elsewhere = login(ann.email()).data();
        String fresh = address();

        assertThat(change(ann.http(), fresh, PASSWORD).status()).isEqualTo(200);
        assertThat(change(ann.http(), fresh, PASSWORD).status()).as("a moment later").isEqualTo(429);
        String code = new DevMailbox(root).code(ann.email());
        String newCode = new DevMailbox(root).code(fresh);
        if (!code.equals(newCode)) {
            assertThat(confirm(ann.http(), newCode, code).errorCode()).isEqualTo(110006);
        }
        Answer changed = confirm(ann.http(), code, newCode);

        assertThat(changed.data().path("email").asText()).isEqualTo(fresh);
        assertThat(confirm(ann.http(), code, newCode).errorCode()).isEqualTo(140008);
        assertThat(login(ann.email()).status()).isEqualTo(401);
        assertThat(login(fresh).status()).isEqualTo(200);
        assertThat(refresh(ann).status()).as("the session it was asked in").isEqualTo(200);
        assertThat(refresh(elsewhere).status()).as("any other").isEqualTo(401);
        Awaitility.await("the notice to the old address").atMost(Duration.ofSeconds(15)).until(() -> text(
                "SELECT status FROM mails WHERE purpose = 'address-changed' AND recipient = ?", ann.email()), "sent"::equals);
    }

    @Test
    void an_address_that_somebody_has_or_gets_is_not_changed_to() throws SQLException {
        Person ann = person();
        Person bob = person();

        assertThat(change(ann.http(), bob.email().toUpperCase(), PASSWORD).errorCode()).isEqualTo(140003);
        assertThat(change(ann.http(), ann.email(), PASSWORD).errorCode()).isEqualTo(140003);
        assertThat(change(ann.http(), address(), "wrong horse battery").errorCode()).isEqualTo(140004);

        String fresh = address();
        assertThat(change(ann.http(), fresh, PASSWORD).status()).isEqualTo(200);
        execute("UPDATE users SET email = ? WHERE id = ?", fresh, bob.id());
        Answer late = confirm(ann.http(), new DevMailbox(root).code(ann.email()), new DevMailbox(root).code(fresh));
        assertThat(late.errorCode()).isEqualTo(140003);
        assertThat(login(ann.email()).status()).isEqualTo(200);
    }

    @Test
    void codes_are_looked_at_five_times_and_while_they_live() throws SQLException {
        Person ann = person();
        assertThat(confirm(ann.http(), "123456", "654321").errorCode()).isEqualTo(140008);
        change(ann.http(), address(), PASSWORD);
        for (int i = 0; i < 5; i++) {
            assertThat(confirm(ann.http(), "12345" + i, "65432" + i).errorCode()).isEqualTo(110006);
        }
        assertThat(confirm(ann.http(), "123456", "654321").errorCode()).isEqualTo(110009);

        execute("UPDATE one_time_codes SET tries = 0, issued_at = ?, expires_at = ? WHERE user_id = ?",
                PAST, PAST.plusMinutes(5), ann.id());
        assertThat(confirm(ann.http(), "123456", "654321").errorCode()).isEqualTo(110008);
    }

    @Test
    void an_account_is_deleted_by_who_knows_its_password_and_nothing_of_it_is_left_to_use() throws SQLException {
        Person ann = person();
        UUID mail = UUID.randomUUID();
        execute("INSERT INTO mails (id, user_id, purpose, recipient, job, status, created_at, updated_at, relay_at)"
                + " VALUES (?, ?, 'notice', ?, '{}', 'queued', ?, ?, ?)", mail, ann.id(), ann.email(), PAST, PAST, PAST.plusDays(1));

        assertThat(delete(ann.http(), "wrong horse battery").errorCode()).isEqualTo(140004);
        Answer gone = delete(ann.http(), PASSWORD);

        assertThat(gone.status()).isEqualTo(200);
        assertThat(gone.data().isNull()).isTrue();
        assertThat(gone.header("Set-Cookie")).hasValueSatisfying(cookie -> assertThat(cookie).startsWith("smap_auth_token=; Max-Age=0;"));
        assertThat(CONTRACT.check("user-me-show", ann.http().get("/users/me")).status()).isEqualTo(401);
        assertThat(delete(ann.http(), PASSWORD).status()).isEqualTo(401);
        assertThat(refresh(ann).status()).isEqualTo(401);
        assertThat(login(ann.email()).status()).isEqualTo(401);
        assertThat(CONTRACT.check("user-show", admin.get("/users/" + ann.id())).status()).isEqualTo(404);
        assertThat(text("SELECT status FROM mails WHERE id = ?", mail)).isEqualTo("cancelled");
        Awaitility.await("the notice").atMost(Duration.ofSeconds(15)).until(() -> text(
                "SELECT status FROM mails WHERE purpose = 'account-deleted' AND recipient = ?", ann.email()), "sent"::equals);
        assertThat(anyone.post("/authentication/register", credentials(ann.email())).status()).isEqualTo(201);
    }

    @Test
    void the_last_administrator_stays() throws SQLException {
        execute("UPDATE users SET role = 'USER' WHERE email <> ?", BOSS);

        assertThat(delete(admin, PASSWORD).errorCode()).isEqualTo(140009);
        assertThat(login(BOSS).status()).isEqualTo(200);
    }

    @Test
    void a_cookie_that_another_sites_page_makes_a_browser_send_changes_nothing() throws SQLException {
        Person ann = person();
        JsonHttp browser = anyone.with("Cookie", "smap_auth_token=" + ann.login().path("token").asText())
                .with("Origin", "https://evil.example");

        assertThat(CONTRACT.check("user-me-update", browser.put("/users/me", Map.of())).status()).isEqualTo(403);
        assertThat(delete(browser, PASSWORD).status()).isEqualTo(403);
        assertThat(change(browser, address(), PASSWORD).status()).isEqualTo(403);
        assertThat(confirm(browser, "123456", "654321").status()).isEqualTo(403);
        assertThat(password(browser, PASSWORD, "incorrect donkey").status()).isEqualTo(403);
        assertThat(login(ann.email()).data().path("user").path("full_name").asText()).isEqualTo("Ann");
    }

    @Test
    void a_changed_password_ends_the_other_sessions_and_the_owner_is_told() throws SQLException {
        Person ann = person();
        JsonNode elsewhere = login(ann.email()).data();
        String ended = "SELECT concat_ws(' ', end_reason) FROM sessions WHERE id = CAST(? AS uuid)";

        assertThat(password(ann.http(), PASSWORD, "incorrect donkey").text())
                .isEqualTo("{\"error_code\" : 0, \"message\" : \"Success\", \"data\" : null}");

        assertThat(refresh(ann).status()).isEqualTo(200);
        assertThat(text(ended, ann.login().path("session_id").asText())).isEmpty();
        assertThat(text(ended, elsewhere.path("session_id").asText())).isEqualTo("password-change");
        assertThat(login(ann.email()).errorCode()).isEqualTo(110005);
        assertThat(anyone.post("/authentication/login", Map.of("email", ann.email(), "password", "incorrect donkey")).status())
                .isEqualTo(200);
        Awaitility.await().until(() -> text("SELECT status FROM mails WHERE purpose = 'password-changed' AND recipient = ?", ann.email())
                .equals("sent"));
    }

    @Test
    void a_new_password_is_a_good_and_another_one() throws SQLException {
        Person ann = person();

        assertThat(password(ann.http(), "wrong horse battery", "incorrect donkey").errorCode()).isEqualTo(140004);
        for (String refused : List.of(PASSWORD, "password123")) {
            Answer answer = password(ann.http(), PASSWORD, refused);
            assertThat(answer.errorCode()).isEqualTo(140001);
            assertThat(answer.json().path("errors").findValuesAsText("field")).containsExactly("password");
        }
        assertThat(password(ann.http(), PASSWORD, "incorrect donkey").status()).as("the fourth try").isEqualTo(429);
        assertThat(login(ann.email()).status()).isEqualTo(200);
    }

    @Test
    void guesses_at_the_current_password_have_an_end() throws SQLException {
        Person ann = person();
        for (int i = 0; i < 3; i++) {
            assertThat(delete(ann.http(), "wrong horse battery").status()).isEqualTo(422);
        }

        assertThat(delete(ann.http(), PASSWORD).status()).isEqualTo(429);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/users/me", "/users/page"})
    void a_name_in_a_path_is_no_id(String path) {
        assertThat(admin.get(path).status()).isEqualTo(200);
        assertThat(CONTRACT.check("user-show", admin.get("/users/pages")).status()).isEqualTo(400);
    }

    private static Answer password(JsonHttp caller, String current, String password) {
        return CONTRACT.check("user-change-password",
                caller.post("/users/me/change-password", Map.of("current_password", current, "password", password)));
    }

    private static Answer change(JsonHttp caller, String address, String password) {
        return CONTRACT.check("user-change-address",
                caller.post("/users/me/change-address", Map.of("email", address, "password", password)));
    }

    private static Answer confirm(JsonHttp caller, String otp, String newOtp) {
        return CONTRACT.check("user-confirm-address", caller.post("/users/me/confirm-address", Map.of("otp", otp, "new_otp", newOtp)));
    }

    private static Answer delete(JsonHttp caller, String password) {
        return CONTRACT.check("user-me-delete", caller.send("DELETE", "/users/me", Map.of("password", password)));
    }

    private static Answer state(String verb, String id) {
        return CONTRACT.check("user-" + verb, admin.post("/users/" + id + '/' + verb, null));
    }

    private static Answer role(String id, String role) {
        return CONTRACT.check("user-change-role", admin.put("/users/" + id + "/role", Map.of("role", role)));
    }

    private static List<UUID> ids(String operation, String path) {
        JsonNode users = CONTRACT.check(operation, admin.get(path)).data().path("users");
        return users.findValuesAsText("id").stream().map(UUID::fromString).toList();
    }

    private static Answer refresh(Person person) {
        return refresh(person.login());
    }

    private static Answer refresh(JsonNode login) {
        return anyone.post("/authentication/refresh", Map.of("refresh_token", login.path("refresh_token").asText()));
    }

    private static Answer login(String email) {
        return anyone.post("/authentication/login", credentials(email));
    }

    private static Map<String, String> credentials(String email) {
        return Map.of("email", email, "password", PASSWORD);
    }

    private static Person person() throws SQLException {
        UUID id = UUID.randomUUID();
        String email = address();
        OffsetDateTime now = OffsetDateTime.now();
        execute("INSERT INTO users (id, email, password_hash, full_name, is_active, verified_at, created_at, updated_at)"
                + " VALUES (?, ?, ?, 'Ann', true, ?, ?, ?)", id, email, HASH, now, now, now);
        JsonNode login = login(email).data();
        return new Person(id, email, anyone.as(login.path("token").asText()), login);
    }

    private static String address() {
        return "p" + Long.toString(ThreadLocalRandom.current().nextLong(Long.MAX_VALUE), 36) + "@example.com";
    }

    private static void execute(String statement, Object... arguments) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                PreparedStatement prepared = connection.prepareStatement(statement)) {
            for (int i = 0; i < arguments.length; i++) {
                prepared.setObject(i + 1, arguments[i]);
            }
            prepared.execute();
        }
    }

    private static String text(String query, Object argument) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                PreparedStatement prepared = connection.prepareStatement(query)) {
            prepared.setObject(1, argument);
            try (ResultSet rows = prepared.executeQuery()) {
                return rows.next() ? rows.getString(1) : null;
            }
        }
    }
}
