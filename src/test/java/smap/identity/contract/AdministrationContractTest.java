package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.text.ParseException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.FreePorts;
import smap.identity.support.JsonHttp;
import smap.identity.support.JsonHttp.Answer;
import smap.identity.support.PemKeys;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/**
 * Each operation of administrators with each status the contract documents, over real HTTP, held against the contract; with a key pair,
 * strict sessions and behind a proxy, as an operator who is careful would have it.
 */
@WithPostgres
class AdministrationContractTest {

    private static final String PASSWORD = "correct horse battery";
    private static final String JOB = "{\"Subject\":\"S\",\"Recipient\":\"ann@example.com\",\"Body\":\"B\"}";
    private static final String NOBODY = "7a4c1d2e-0000-4000-8000-000000000002";
    /** Each operation as somebody asks for it who asks for nothing that is there. */
    private static final List<Operation> OPERATIONS = List.of(
            new Operation("audit-list", "GET", "/audit", null),
            new Operation("mail-list", "GET", "/mails", null),
            new Operation("mail-show", "GET", "/mails/" + NOBODY, null),
            new Operation("dead-letter-list", "GET", "/dead-letters", null),
            new Operation("dead-letter-show", "GET", "/dead-letters/" + NOBODY, null),
            new Operation("dead-letter-update", "PATCH", "/dead-letters/" + NOBODY, "{\"recipient\":\"bob@example.com\"}"),
            new Operation("dead-letter-discard", "DELETE", "/dead-letters/" + NOBODY + "?reason=gone", null),
            new Operation("dead-letter-replay-one", "POST", "/dead-letters/" + NOBODY + "/replay", null),
            new Operation("dead-letter-replay-many", "POST", "/dead-letters/replay", "{\"recipient\":\"nobody@example.com\"}"),
            new Operation("dead-letter-replay-show", "GET", "/dead-letters/replays/" + NOBODY, null));

    private static final ContractCoverage CONTRACT = new ContractCoverage();
    private static ApplicationProcess product;
    private static TestDatabase database;
    private static String authority;
    private static JsonHttp anyone;
    private static JsonHttp user;
    private static JsonHttp admin;

    private record Operation(String id, String method, String path, String body) {

        Answer by(JsonHttp caller) {
            return CONTRACT.check(id, caller.send(method, path, body));
        }
    }

    @BeforeAll
    static void start(TestDatabase shared) throws SQLException {
        database = shared;
        int port = FreePorts.one();
        product = start(port, database);
        authority = "127.0.0.1:" + port;
        anyone = JsonHttp.at("http://" + authority + "/api/v1");
        user = caller(anyone, database, "USER");
        admin = caller(anyone, database, "ADMIN");
    }

    private static ApplicationProcess start(int port, TestDatabase database) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "APP_PORT", Integer.toString(port),
                "MANAGEMENT_PORT", Integer.toString(FreePorts.one()),
                "POSTGRES_HOST", database.host(),
                "POSTGRES_PORT", Integer.toString(database.port()),
                "POSTGRES_DB", database.name(),
                "POSTGRES_USER", database.user(),
                "POSTGRES_PASSWORD", database.password()));
        settings.put("JWT_PRIVATE_KEY", PemKeys.privatePem(PemKeys.ed25519()));
        settings.put("AUTH_STRICT_SESSIONS", "true");
        settings.put("TRUSTED_PROXIES", "127.0.0.1");
        ApplicationProcess started = ApplicationProcess.start(AdministrationContractTest.class, "api", settings);
        started.awaitReady(URI.create("http://127.0.0.1:" + port + "/ready"), Duration.ofSeconds(120));
        return started;
    }

    private static JsonHttp caller(JsonHttp api, TestDatabase database, String role) throws SQLException {
        Map<String, String> credentials = Map.of("email", role + "@example.com", "password", PASSWORD);
        assertThat(api.post("/authentication/register", credentials).status()).isEqualTo(201);
        execute(database, "UPDATE users SET is_active = true, role = ? WHERE email = ?", role, role + "@example.com");
        return api.as(api.post("/authentication/login", credentials).data().path("token").asText());
    }

    @AfterAll
    static void every_documented_status_was_seen() {
        product.close();
        assertThat(CONTRACT.seen()).containsAll(CONTRACT.documented("audit", "mails", "dead-letters"));
    }

    @Test
    void who_is_no_administrator_is_refused() {
        for (Operation operation : OPERATIONS) {
            assertThat(operation.by(anyone).status()).isEqualTo(401);
            assertThat(operation.by(user).status()).isEqualTo(403);
            assertThat(operation.by(user.with("caller", "x").with("caller_role", "ADMIN")).status()).isEqualTo(403);
        }
        assertThat(CONTRACT.check("mail-list", user.get("/mails?caller=x&caller_role=ADMIN&actor=x")).status()).isEqualTo(403);
    }

    @Test
    void where_sessions_are_strict_who_logs_out_is_nobody_at_once() {
        Answer login = anyone.post("/authentication/login", Map.of("email", "USER@example.com", "password", PASSWORD));
        JsonHttp caller = anyone.as(login.data().path("token").asText());
        assertThat(CONTRACT.check("authentication-me", caller.get("/authentication/me")).status()).isEqualTo(200);

        CONTRACT.check("authentication-logout", caller.post("/authentication/logout", null));

        for (Answer refused : List.of(
                CONTRACT.check("authentication-me", caller.get("/authentication/me")),
                CONTRACT.check("mail-list", caller.get("/mails")))) {
            assertThat(refused.status()).isEqualTo(401);
            assertThat(refused.errorCode()).isEqualTo(110011);
        }
    }

    @Test
    void with_a_key_pair_tokens_are_of_the_key_that_is_published() throws ParseException {
        Answer keys = CONTRACT.check("key-list", JsonHttp.at("http://" + authority).get("/.well-known/jwks.json"));
        Answer login = anyone.post("/authentication/login", Map.of("email", "USER@example.com", "password", PASSWORD));

        JWSHeader header = SignedJWT.parse(login.data().path("token").asText()).getHeader();

        assertThat(header.getAlgorithm()).isEqualTo(JWSAlgorithm.EdDSA);
        assertThat(keys.json().path("keys").findValuesAsText("kid")).containsExactly(header.getKeyID());
        assertThat(keys.text()).doesNotContain("\"d\"");
    }

    @Test
    void behind_a_proxy_that_speaks_tls_the_cookie_is_for_tls_and_the_origin_is_the_proxys() {
        JsonHttp proxied = anyone.with("X-Forwarded-Proto", "https");
        Answer login = proxied.post("/authentication/login", Map.of("email", "USER@example.com", "password", PASSWORD));
        String cookie = login.header("Set-Cookie").orElseThrow();
        assertThat(cookie).endsWith("; Path=/; HttpOnly; SameSite=Lax; Secure");

        JsonHttp browser = proxied.with("Cookie", cookie.split(";")[0]);
        JsonHttp ours = browser.with("Origin", "https://" + authority);
        JsonHttp plain = browser.with("Origin", "http://" + authority);
        assertThat(CONTRACT.check("authentication-logout", plain.post("/authentication/logout", null)).status()).isEqualTo(403);
        assertThat(CONTRACT.check("authentication-logout", ours.post("/authentication/logout", null)).status()).isEqualTo(200);
    }

    @Test
    void what_is_not_there_is_not_found() {
        Map<String, Integer> codes = Map.of("mail-show", 150002, "dead-letter-show", 150003, "dead-letter-update", 150003,
                "dead-letter-discard", 150003, "dead-letter-replay-one", 150003, "dead-letter-replay-show", 150007);
        for (Operation operation : OPERATIONS) {
            Answer answer = operation.by(admin);
            assertThat(answer.errorCode()).as(operation.id()).isEqualTo(codes.getOrDefault(operation.id(), 0));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "mail-list, GET, /mails?page=0, page", "mail-list, GET, /mails?limit=101, limit", "mail-list, GET, /mails?limit=many, limit",
        "mail-list, GET, /mails?statuses=lost, statuses", "mail-list, GET, /mails?created_from=yesterday, created_from",
        "mail-list, GET, /mails?recipient=%00, recipient", "mail-list, GET, /mails?page=1&page=2, page",
        "mail-show, GET, /mails/1, id", "dead-letter-list, GET, /dead-letters?reasons=x, reasons",
        "dead-letter-show, GET, /dead-letters/replays, id",
        "dead-letter-show, GET, /dead-letters/7a4c1d2e-0000-4000-8000-000000000002?include=all, include",
        "dead-letter-update, PATCH, /dead-letters/7a4c1d2e-0000-4000-8000-000000000002, recipient",
        "dead-letter-discard, DELETE, /dead-letters/7a4c1d2e-0000-4000-8000-000000000002, reason",
        "dead-letter-discard, DELETE, /dead-letters/7a4c1d2e-0000-4000-8000-000000000002?reason=%20, reason",
        "dead-letter-replay-one, POST, /dead-letters/x/replay, id", "dead-letter-replay-show, GET, /dead-letters/replays/x, id"})
    void a_parameter_that_is_wrong_is_refused_by_its_name(String operation, String method, String path, String field) {
        Answer refused = CONTRACT.check(operation, admin.send(method, path, method.equals("PATCH") ? "{}" : null));

        assertThat(refused.errorCode()).isEqualTo(150001);
        assertThat(refused.json().path("errors").findValuesAsText("field")).containsExactly(field);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"rate":0}              | rate
            {"rate":1001}           | rate
            {"rate":"10"}           | rate
            {"dry_run":"yes"}       | dry_run
            {"reasons":"exhausted"} | reasons
            {"created_to":"x"}      | created_to
            {"purposes":["A b"]}    | purposes.0
            []                      | body""")
    void a_run_that_is_wrong_is_refused_by_its_field(String body, String field) {
        Answer refused = CONTRACT.check("dead-letter-replay-many", admin.post("/dead-letters/replay", body));

        assertThat(refused.errorCode()).isEqualTo(150001);
        assertThat(refused.json().path("errors").findValuesAsText("field")).containsExactly(field);
    }

    @ParameterizedTest
    @CsvSource({"actions=Discard, actions", "actors=%00, actors", "created_to=x, created_to", "limit=0, limit"})
    void a_filter_of_events_that_is_wrong_is_refused_by_its_name(String query, String field) {
        Answer refused = CONTRACT.check("audit-list", admin.get("/audit?" + query));

        assertThat(refused.errorCode()).isEqualTo(400);
        assertThat(refused.json().path("errors").findValuesAsText("field")).containsExactly(field);
    }

    @Test
    void who_did_what_and_from_where_is_listed() throws SQLException {
        UUID id = dead("audited@example.com");
        discard(id, "gone");

        Answer listed = CONTRACT.check("audit-list", admin.get("/audit?subjects=" + id + "&actions=dead-letter-discard,user-delete"));

        JsonNode event = listed.data().path("audit_events").path(0);
        assertThat(listed.data().path("paginator").path("total").asInt()).isEqualTo(1);
        assertThat(event.path("action").asText()).isEqualTo("dead-letter-discard");
        assertThat(event.path("actor").asText()).isEqualTo(text("SELECT id FROM users WHERE email = ?", "ADMIN@example.com"));
        assertThat(event.path("address").asText()).isEqualTo("127.0.0.1");
        assertThat(event.path("details").toString()).isEqualTo("{\"reason\":\"gone\"}");
    }

    @Test
    void a_body_of_another_type_or_size_is_refused() {
        for (Operation operation : OPERATIONS.stream().filter(asked -> asked.body() != null).toList()) {
            assertThat(operation.by(admin.with("Content-Type", "text/plain")).status()).isEqualTo(415);
            String large = "{\"recipient\":\"" + "a".repeat(1024 * 1024) + "\"}";
            assertThat(CONTRACT.check(operation.id(), admin.send(operation.method(), operation.path(), large)).status()).isEqualTo(413);
        }
    }

    @Test
    void a_mail_is_listed_and_shown_with_its_history_and_never_its_job() throws SQLException {
        UUID id = dead("listed@example.com");
        execute(database, "INSERT INTO mail_attempts (mail_id, at, outcome, tries, phase, reply)"
                + " VALUES (?, ?, 'permanent', 1, 'RCPT', '550')", id, OffsetDateTime.parse("2026-11-23T09:00:00Z"));

        Answer listed = CONTRACT.check("mail-list", admin.get("/mails?statuses=dead,unknown&recipient=LISTED@example.com&limit=5"));
        assertThat(listed.data().path("mails").findValuesAsText("id")).containsExactly(id.toString());
        assertThat(listed.data().path("paginator").toString()).isEqualTo("{\"total\":1,\"count\":1,\"per_page\":5,\"current_page\":1}");

        Answer shown = CONTRACT.check("mail-show", admin.get("/mails/" + id + "?id=" + NOBODY));
        assertThat(shown.data().at("/history/0/reply").asText()).isEqualTo("550");
        assertThat(shown.text() + listed.text()).doesNotContain("Subject", "job");
    }

    @Test
    void a_header_is_no_parameter() throws SQLException {
        UUID id = dead("header@example.com");

        Answer shown = admin.with("id", NOBODY).with("include", "body").with("page", "x").get("/dead-letters/" + id);

        assertThat(CONTRACT.check("dead-letter-show", shown).data().path("id").asText()).isEqualTo(id.toString());
        assertThat(shown.data().has("body")).isFalse();
    }

    @Test
    void a_dead_letter_is_found_readdressed_replayed_once_and_closed_then() throws SQLException {
        UUID id = dead("wrong@example.com");
        assertThat(CONTRACT.check("dead-letter-list", admin.get("/dead-letters?recipient=wrong@example.com&reasons=permanent")).data()
                .path("dead_letters").findValuesAsText("id")).containsExactly(id.toString());

        Answer changed = readdress(id, "right@EXAMPLE.com");
        assertThat(changed.data().path("recipient").asText()).isEqualTo("right@example.com");
        Answer shown = CONTRACT.check("dead-letter-show", admin.get("/dead-letters/" + id + "?include=body"));
        assertThat(shown.data().path("body").toString()).isEqualTo(JOB.replace("ann@example.com", "right@example.com"));

        List<CompletableFuture<Answer>> replays =
                IntStream.range(0, 5).mapToObj(i -> CompletableFuture.supplyAsync(() -> replay(id))).toList();
        List<Answer> answers = replays.stream().map(CompletableFuture::join).toList();
        assertThat(answers).extracting(Answer::status).containsExactlyInAnyOrder(200, 409, 409, 409, 409);
        Answer replayed = answers.stream().filter(answer -> answer.status() == 200).findFirst().orElseThrow();
        assertThat(replayed.data().path("status").asText()).isEqualTo("replayed");
        assertThat(replayed.headers()).doesNotContainKeys("purpose", "attempt", "traceparent");

        assertThat(discard(id, "late").errorCode()).isEqualTo(150004);
        assertThat(readdress(id, "late@example.com").errorCode()).isEqualTo(150004);
        assertThat(text("SELECT status FROM mails WHERE id = ?", id)).isEqualTo("published");
        assertThat(text("SELECT string_agg(action || ' ' || address, ',' ORDER BY id) FROM audit_events WHERE subject = ?", id.toString()))
                .isEqualTo("dead-letter-update 127.0.0.1,dead-letter-show 127.0.0.1,dead-letter-replay-one 127.0.0.1");
        assertThat(text("SELECT DISTINCT u.role FROM audit_events e JOIN users u ON u.id::text = e.actor WHERE e.subject = ?",
                id.toString())).isEqualTo("ADMIN");
    }

    @Test
    void a_recipient_that_is_none_and_a_job_that_is_none_are_told() throws SQLException {
        UUID id = dead("none@example.com");
        assertThat(readdress(id, "a@b.cd,c@d.ef").errorCode()).isEqualTo(150006);

        execute(database, "UPDATE dead_letters SET job = ? WHERE id = ?", "not JSON".getBytes(StandardCharsets.UTF_8), id);
        Answer unreadable = admin.send("PATCH", "/dead-letters/" + id, Map.of("recipient", "a@b.cd"));
        assertThat(unreadable.status()).isEqualTo(422);
        assertThat(unreadable.errorCode()).isEqualTo(150008);
    }

    @Test
    void one_whose_code_is_dead_is_not_replayed_and_stays() throws SQLException {
        UUID id = dead("late@example.com");
        execute(database, "UPDATE dead_letters SET expires_at = created_at WHERE id = ?", id);
        assertThat(replay(id).errorCode()).isEqualTo(150005);

        execute(database, "UPDATE dead_letters SET job = NULL WHERE id = ?", id);
        assertThat(readdress(id, "a@b.cd").errorCode()).isEqualTo(150005);
        assertThat(text("SELECT status FROM dead_letters WHERE id = ?", id)).isEqualTo("dead");
    }

    @Test
    void one_that_is_discarded_keeps_the_reason() throws SQLException {
        UUID id = dead("discarded@example.com");

        JsonNode discarded = discard(id, "mailbox+is;gone%26%C3%A9").data();

        assertThat(discarded.path("status").asText()).isEqualTo("discarded");
        assertThat(discarded.path("discard_reason").asText()).isEqualTo("mailbox is;gone&é");
        Answer shown = CONTRACT.check("dead-letter-show", admin.get("/dead-letters/" + id + "?include=body"));
        assertThat(shown.data().path("body").isNull()).isTrue();
    }

    @Test
    void many_are_counted_and_then_replayed_until_none_is_left() throws SQLException {
        for (int i = 0; i < 3; i++) {
            dead("many@example.com");
        }
        execute(database, "UPDATE dead_letters SET expires_at = created_at WHERE id = ?", dead("many@example.com"));
        Map<String, Object> filter = Map.of("recipient", "MANY@example.com", "rate", 2);
        Map<String, Object> dry = new HashMap<>(filter);
        dry.put("dry_run", true);

        Answer counted = CONTRACT.check("dead-letter-replay-many", admin.post("/dead-letters/replay", dry));
        assertThat(counted.data().toString()).isEqualTo("{\"dry_run\":true,\"total\":4,\"refused\":1,\"rate\":2}");
        Answer started = CONTRACT.check("dead-letter-replay-many", admin.post("/dead-letters/replay", filter));
        assertThat(started.status()).isEqualTo(202);

        String run = "/dead-letters/replays/" + started.data().path("id").asText();
        JsonNode done = Awaitility.await().atMost(Duration.ofSeconds(60))
                .until(() -> CONTRACT.check("dead-letter-replay-show", admin.get(run)).data(), data -> !data.path("finished_at").isNull());
        assertThat(List.of(done.path("total").asInt(), done.path("replayed").asInt(), done.path("refused").asInt(),
                done.path("remaining").asInt())).containsExactly(4, 3, 1, 0);
        assertThat(text("SELECT string_agg(status, ',' ORDER BY status) FROM dead_letters WHERE recipient = ?", "many@example.com"))
                .isEqualTo("dead,replayed,replayed,replayed");
    }

    @Test
    void a_repeated_run_is_answered_as_the_first_one_and_is_the_callers_alone() throws SQLException {
        Map<String, Object> filter = Map.of("recipient", "repeated@example.com");
        JsonHttp keyed = admin.with("Idempotency-Key", "run-1");
        assertThat(CONTRACT.check("dead-letter-replay-many", keyed.post("/dead-letters/replay",
                Map.of("recipient", "repeated@example.com", "dry_run", true))).status()).as("needs no key and takes none").isEqualTo(200);
        Answer first = CONTRACT.check("dead-letter-replay-many", keyed.post("/dead-letters/replay", filter));
        Answer again = CONTRACT.check("dead-letter-replay-many", keyed.post("/dead-letters/replay", filter));

        assertThat(first.status()).isEqualTo(202);
        assertThat(again.status()).isEqualTo(202);
        assertThat(again.header("Idempotency-Replayed")).hasValue("true");
        assertThat(again.text()).isEqualTo(first.text());
        Answer other = CONTRACT.check("dead-letter-replay-many", keyed.post("/dead-letters/replay", Map.of("recipient", "else")));
        assertThat(other.status()).isEqualTo(422);
        assertThat(CONTRACT.check("dead-letter-replay-many", user.with("Idempotency-Key", "run-1")
                .post("/dead-letters/replay", filter)).status()).isEqualTo(403);

        execute(database, "UPDATE idempotency_keys SET status = NULL, answer = NULL WHERE key = ?", "run-1");
        assertThat(CONTRACT.check("dead-letter-replay-many", keyed.post("/dead-letters/replay", filter)).status()).isEqualTo(409);
    }

    @Test
    void each_operation_is_asked() {
        Set<String> asked = new TreeSet<>(OPERATIONS.stream().map(Operation::id).toList());
        assertThat(CONTRACT.documented("audit", "mails", "dead-letters")).extracting(status -> status.split(" ")[0])
                .hasSameElementsAs(asked);
    }

    private static Answer replay(UUID id) {
        return CONTRACT.check("dead-letter-replay-one", admin.post("/dead-letters/" + id + "/replay", null));
    }

    private static Answer discard(UUID id, String reason) {
        return CONTRACT.check("dead-letter-discard", admin.delete("/dead-letters/" + id + "?reason=" + reason));
    }

    private static Answer readdress(UUID id, String recipient) {
        return CONTRACT.check("dead-letter-update", admin.send("PATCH", "/dead-letters/" + id, Map.of("recipient", recipient)));
    }

    private static UUID dead(String recipient) throws SQLException {
        UUID id = UUID.randomUUID();
        OffsetDateTime now = OffsetDateTime.parse("2026-11-23T09:00:00Z");
        execute(database, "INSERT INTO mails (id, purpose, recipient, status, created_at, published_at, updated_at)"
                + " VALUES (?, 'notice', ?, 'dead', ?, ?, ?)", id, recipient, now, now, now);
        byte[] job = JOB.getBytes(StandardCharsets.UTF_8);
        execute(database, "INSERT INTO dead_letters (id, purpose, recipient, reason, attempts, job, job_bytes, status, created_at,"
                + " updated_at) VALUES (?, 'notice', ?, 'permanent', 1, ?, ?, 'dead', ?, ?)", id, recipient, job, job.length, now, now);
        return id;
    }

    private static void execute(TestDatabase target, String statement, Object... arguments) throws SQLException {
        try (Connection connection = target.dataSource().getConnection();
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
