package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.contract.ContractCoverage.ExampleRequest;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.FreePorts;
import smap.identity.support.JsonHttp;
import smap.identity.support.JsonHttp.Answer;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/** Each operation on plans with each status the contract documents, over real HTTP, held against the contract. */
@WithPostgres
class PlansContractTest {

    private static final String BOSS = "boss@example.com";
    private static final String PASSWORD = "correct horse battery";
    private static final String NOTHING = "7a4c1d2e-0000-4000-8000-00000000000f";
    private static final OffsetDateTime PAST = OffsetDateTime.parse("2026-02-01T00:00:00Z");

    private static final ContractCoverage CONTRACT = new ContractCoverage();
    private static final AtomicInteger PLANS = new AtomicInteger();
    private static ApplicationProcess product;
    private static TestDatabase database;
    private static JsonHttp root;
    private static JsonHttp anyone;
    private static JsonHttp admin;

    /** What a list is to hold of a plan: a reference that is computed here. */
    private record Listed(String id, String code) {}

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
        product = ApplicationProcess.start(PlansContractTest.class, "api", settings);
        product.awaitReady(URI.create("http://127.0.0.1:" + port + "/ready"), Duration.ofSeconds(60));
        root = JsonHttp.at("http://127.0.0.1:" + port);
        anyone = JsonHttp.at("http://127.0.0.1:" + port + "/api/v1");
        Answer boss = Awaitility.await("the administrator of the settings").atMost(Duration.ofSeconds(20))
                .until(() -> anyone.post("/authentication/login", Map.of("email", BOSS, "password", PASSWORD)),
                        answer -> answer.status() == 200);
        admin = anyone.as(boss.data().path("token").asText());
    }

    @AfterAll
    static void every_documented_status_was_seen() {
        product.close();
        assertThat(CONTRACT.seen()).containsAll(CONTRACT.documented("plans"));
    }

    @Test
    void what_everybody_begins_with_is_there() {
        Answer free = CONTRACT.check("plan-list", anyone.get("/plans?codes=FREE"));

        assertThat(free.data().at("/plans/0/code").asText()).isEqualTo("free");
        assertThat(free.data().at("/plans/0/trial_days").asInt()).isEqualTo(14);
    }

    @Test
    void who_may_not_changes_nothing() {
        String token = user();
        String before = CONTRACT.check("plan-list", anyone.get("/plans")).text();

        for (ExampleRequest example : CONTRACT.examples()) {
            if (example.id().startsWith("plan-") && example.secured()) {
                assertThat(example.forAdministrators()).isTrue();
                assertThat(CONTRACT.check(example.id(), example.by(root)).status()).isEqualTo(401);
                assertThat(CONTRACT.check(example.id(), example.by(root.as(token))).status()).isEqualTo(403);
            }
        }
        assertThat(anyone.get("/plans").text()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            plan-list | GET | /plans?ids=1 | | 120007 | ids
            plan-list | GET | /plans?codes=a%20b | | 120001 | codes
            plan-page | GET | /plans/page?page=0 | | 120001 | page
            plan-page | GET | /plans/page?limit=101 | | 120001 | limit
            plan-page | GET | /plans/page?ids=x | | 120007 | ids
            plan-show | GET | /plans/1 | | 120007 | id
            plan-create | POST | /plans | {"code":"a","max_usage":1} | 120005 | name
            plan-create | POST | /plans | {"name":"a","max_usage":1} | 120005 | code
            plan-create | POST | /plans | {"name":"a","code":"b"} | 120005 | max_usage
            plan-create | POST | /plans | {"name":"a","code":"b","max_usage":-1} | 120001 | max_usage
            plan-create | POST | /plans | {"name":"a","code":"b","max_usage":2147483648} | 120001 | max_usage
            plan-create | POST | /plans | {"name":"a","code":"b","max_usage":1.5} | 120001 | max_usage
            plan-create | POST | /plans | {"name":"a","code":"b","max_usage":1,"trial_days":731} | 120001 | trial_days
            plan-create | POST | /plans | {"name":"a","code":"b","max_usage":1,"interval":"day"} | 120001 | interval
            plan-create | POST | /plans | {"name":"a","code":"b-","max_usage":1} | 120001 | code
            plan-create | POST | /plans | {"name":"a","code":"b\\n","max_usage":1} | 120001 | code
            plan-create | POST | /plans | {"name":"\\u3000\\u00a0\\u0020","code":"b","max_usage":1} | 120001 | name
            plan-create | POST | /plans | {"name":"a\\u0000","code":"b","max_usage":1} | 120001 | name
            plan-create | POST | /plans | {"name":"a","code":"b","max_usage":1,"description":"\\u0000"} | 120001 | description
            plan-create | POST | /plans | [] | 120001 | body
            plan-update | PUT | /plans/x | {"name":"a","max_usage":1} | 120007 | id
            plan-update | PUT | /plans/7a4c1d2e-0000-4000-8000-00000000000f | {"name":"a"} | 120005 | max_usage
            plan-delete | DELETE | /plans/x | | 120007 | id""")
    void what_is_wrong_is_refused_by_its_name(String operation, String method, String path, String body, int code, String field) {
        Answer refused = CONTRACT.check(operation, admin.send(method, path, body));

        assertThat(refused.errorCode()).as(refused.text()).isEqualTo(code);
        assertThat(refused.json().path("errors").findValuesAsText("field")).containsExactly(field);
    }

    @Test
    void an_administrator_creates_a_plan_and_anybody_sees_it() {
        Map<String, Object> wanted = plan();
        wanted.putAll(Map.of("description", "a\nb", "trial_days", 730, "interval", "year", "max_usage", Integer.MAX_VALUE, "id", NOTHING));

        Answer created = create(wanted);

        assertThat(created.status()).isEqualTo(201);
        assertThat(created.header("ETag")).hasValue("\"1\"");
        assertThat(created.data().path("id").asText()).as("fields that are not declared are ignored").isNotEqualTo(NOTHING);
        for (String field : List.of("code", "name", "description", "trial_days", "interval", "max_usage")) {
            assertThat(created.data().path(field).asText()).isEqualTo(wanted.get(field).toString());
        }
        Answer shown = CONTRACT.check("plan-show", anyone.get("/plans/" + id(created)));
        assertThat(shown.text()).isEqualTo(created.text());
        assertThat(shown.header("ETag")).hasValue("\"1\"");
        assertThat(codes(anyone.get("/plans?ids=" + id(created)))).containsExactly((String) wanted.get("code"));
    }

    @Test
    void a_request_with_a_key_creates_once_and_a_repeated_one_is_told_the_same() {
        Map<String, Object> wanted = plan();
        JsonHttp keyed = admin.with("Idempotency-Key", UUID.randomUUID().toString());

        Answer first = CONTRACT.check("plan-create", keyed.post("/plans", wanted));
        Answer again = CONTRACT.check("plan-create", keyed.post("/plans", wanted));

        assertThat(again.status()).isEqualTo(201);
        assertThat(again.text()).isEqualTo(first.text());
        assertThat(again.header("ETag")).isEqualTo(first.header("ETag")).isPresent();
        assertThat(again.header("Idempotency-Replayed")).hasValue("true");
        Answer reused = CONTRACT.check("plan-create", keyed.post("/plans", plan()));
        assertThat(reused.errorCode()).isEqualTo(100002);
        assertThat(reused.header("ETag")).isEmpty();
    }

    @Test
    void a_key_whose_request_was_refused_is_free() {
        Map<String, Object> wanted = plan();
        create(wanted);
        JsonHttp keyed = admin.with("Idempotency-Key", UUID.randomUUID().toString());

        assertThat(CONTRACT.check("plan-create", keyed.post("/plans", wanted)).errorCode()).isEqualTo(120006);
        assertThat(CONTRACT.check("plan-create", keyed.post("/plans", plan())).status()).isEqualTo(201);
    }

    @Test
    void a_code_and_a_name_are_one_plans() {
        Map<String, Object> first = plan();
        create(first);
        Map<String, Object> sameCode = plan();
        sameCode.put("code", first.get("code").toString().toUpperCase(Locale.ROOT));
        Map<String, Object> sameName = plan();
        sameName.put("name", first.get("name").toString().toUpperCase(Locale.ROOT));

        assertThat(create(sameCode).errorCode()).isEqualTo(120006);
        Answer taken = create(sameName);
        assertThat(taken.errorCode()).isEqualTo(120003);
        assertThat(taken.header("ETag")).isEmpty();
        Answer other = create(plan());
        assertThat(update(id(other), Map.of("name", sameName.get("name"), "max_usage", 1)).errorCode()).isEqualTo(120003);
        assertThat(anyone.get("/plans/" + id(other)).text()).isEqualTo(other.text());
    }

    @Test
    void of_fifty_at_once_with_one_code_one_creates_it() {
        String code = "rush" + PLANS.incrementAndGet();

        List<Answer> answers = atOnce(50, i -> create(Map.of("code", code, "name", "Rush " + code + ' ' + i, "max_usage", 1)));

        assertThat(answers).filteredOn(answer -> answer.status() == 201).hasSize(1);
        assertThat(answers).filteredOn(answer -> answer.status() == 409 && answer.errorCode() == 120006).hasSize(49);
        assertThat(codes(anyone.get("/plans?codes=" + code))).containsExactly(code);
    }

    @Test
    void of_many_changes_of_one_version_at_once_one_is_made() {
        String plan = id(create(plan()));
        JsonHttp careful = admin.with("If-Match", "\"1\"");

        List<Answer> answers = atOnce(20, i -> CONTRACT.check("plan-update",
                careful.put("/plans/" + plan, Map.of("name", "Changed " + plan + i, "max_usage", i))));

        assertThat(answers).filteredOn(answer -> answer.status() == 200).hasSize(1);
        assertThat(answers).filteredOn(answer -> answer.status() == 412).hasSize(19);
        assertThat(anyone.get("/plans/" + plan).header("ETag")).hasValue("\"2\"");
    }

    @Test
    void of_many_that_take_one_name_at_once_one_has_it() {
        List<String> plans = IntStream.range(0, 10).mapToObj(i -> id(create(plan()))).toList();
        String name = "Wanted " + PLANS.incrementAndGet();

        List<Answer> answers = atOnce(10, i -> update(plans.get(i), Map.of("name", name, "max_usage", i)));

        assertThat(answers).filteredOn(answer -> answer.status() == 200).hasSize(1);
        assertThat(answers).filteredOn(answer -> answer.status() == 409 && answer.errorCode() == 120003).hasSize(9);
    }

    @Test
    void a_plan_changes_but_its_code() {
        Map<String, Object> made = plan();
        made.putAll(Map.of("description", "d", "trial_days", 3, "interval", "month"));
        Answer created = create(made);

        Answer changed = update(id(created), Map.of("name", made.get("name") + "!", "max_usage", 7, "code", made.get("code")));

        assertThat(changed.status()).isEqualTo(200);
        assertThat(changed.header("ETag")).hasValue("\"2\"");
        assertThat(changed.data().path("max_usage").asInt()).isEqualTo(7);
        assertThat(changed.data().path("trial_days").asInt()).as("what is left out is none").isZero();
        assertThat(changed.data().path("description").isNull()).isTrue();
        assertThat(changed.data().path("interval").isNull()).isTrue();
        assertThat(CONTRACT.check("plan-show", anyone.get("/plans/" + id(created))).text()).isEqualTo(changed.text());

        Answer refused = update(id(created), Map.of("name", "x", "max_usage", 7, "code", "another"));
        assertThat(refused.errorCode()).isEqualTo(120004);
        assertThat(refused.json().path("errors").toString()).isEqualTo("[{\"field\":\"code\",\"message\":\"cannot be changed\"}]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"plan-update", "plan-delete"})
    void nothing_is_done_to_what_is_not_there_or_has_changed(String operation) {
        Answer created = create(plan());

        assertThat(act(operation, admin.with("If-Match", "\"1\""), NOTHING).errorCode()).isEqualTo(120002);
        Answer stale = act(operation, admin.with("If-Match", "\"2\", W/\"1\""), id(created));
        assertThat(stale.status()).isEqualTo(412);
        assertThat(stale.errorCode()).isEqualTo(412);
        assertThat(anyone.get("/plans/" + id(created)).text()).isEqualTo(created.text());
        assertThat(act(operation, admin.with("If-Match", "\"2\", \"1\""), id(created)).status()).isEqualTo(200);
    }

    @Test
    void a_plan_that_nobody_has_is_deleted_and_its_code_and_name_are_free() {
        Map<String, Object> wanted = plan();
        String gone = id(create(wanted));

        Answer deleted = CONTRACT.check("plan-delete", admin.delete("/plans/" + gone));

        assertThat(deleted.data().isNull()).isTrue();
        assertThat(CONTRACT.check("plan-show", anyone.get("/plans/" + gone)).errorCode()).isEqualTo(120002);
        assertThat(act("plan-delete", admin, gone).errorCode()).isEqualTo(120002);
        assertThat(act("plan-update", admin, gone).errorCode()).isEqualTo(120002);
        assertThat(codes(anyone.get("/plans?ids=" + gone))).isEmpty();
        assertThat(id(create(wanted))).isNotEqualTo(gone);
    }

    @Test
    void a_plan_that_somebody_has_or_is_to_have_stays() throws SQLException {
        String had = id(create(plan()));
        String next = id(create(plan()));
        UUID user = UUID.randomUUID();
        execute("INSERT INTO users (id, email, password_hash, created_at, updated_at) VALUES (?, ?, 'h', ?, ?)",
                user, user + "@example.com", PAST, PAST);
        execute("INSERT INTO subscriptions (user_id, plan_id, next_plan_id, status, starts_at, anchored_at, created_at, updated_at)"
                + " VALUES (?, CAST(? AS uuid), CAST(? AS uuid), 'active', ?, ?, ?, ?)", user, had, next, PAST, PAST, PAST, PAST);

        assertThat(act("plan-delete", admin, had).errorCode()).isEqualTo(120008);
        assertThat(act("plan-delete", admin, next).errorCode()).isEqualTo(120008);
        assertThat(CONTRACT.check("plan-show", anyone.get("/plans/" + had)).status()).isEqualTo(200);

        execute("UPDATE subscriptions SET status = 'cancelled', cancelled_at = ?, ended_at = ? WHERE user_id = ?",
                PAST.plusDays(1), PAST.plusDays(1), user);
        assertThat(act("plan-delete", admin, had).status()).isEqualTo(200);
        assertThat(act("plan-delete", admin, next).status()).isEqualTo(200);
    }

    /** Each filter with each page, against what is in the table. */
    @Test
    void lists_and_pages_are_what_the_filters_let_pass() throws SQLException {
        for (int i = 0; i < 23; i++) {
            String code = "Listed-" + PLANS.incrementAndGet();
            execute("INSERT INTO plans (code, name, max_usage, created_at, updated_at, deleted_at)"
                    + " VALUES (?, ?, 1, ?, ?, CAST(? AS timestamptz))",
                    code, code, PAST.plusHours(i / 4), PAST, i % 7 == 6 ? PAST.toString() : null);
        }
        List<Listed> all = living();
        List<Listed> some = IntStream.range(0, all.size()).filter(i -> i % 3 == 0).mapToObj(all::get).toList();
        List<Listed> others = IntStream.range(0, all.size()).filter(i -> i % 2 == 0).mapToObj(all::get).toList();
        String ids = String.join(",", some.stream().map(Listed::id).toList()) + ',' + NOTHING;
        String codes = String.join(",", others.stream().map(listed -> listed.code().toUpperCase(Locale.ROOT)).toList()) + ",none";

        check("", all);
        check("ids=" + ids, some);
        check("ids=" + NOTHING, List.of());
        check("codes=" + codes, others);
        check("codes=none", List.of());
        check("ids=" + ids + "&codes=" + codes, all.stream().filter(some::contains).filter(others::contains).toList());
    }

    private static void check(String filter, List<Listed> expected) {
        Answer list = CONTRACT.check("plan-list", anyone.get("/plans?" + filter));
        assertThat(listed(list)).as(filter).isEqualTo(expected);
        ArrayNode plans = (ArrayNode) list.data().path("plans");
        for (int limit : new int[] {1, 4, 15, 100}) {
            for (int page : new int[] {1, 2, 3, 1_000_000}) {
                long from = Math.min((page - 1L) * limit, expected.size());
                long to = Math.min(from + limit, expected.size());
                Answer paged = CONTRACT.check("plan-page", anyone.get("/plans/page?page=" + page + "&limit=" + limit + '&' + filter));
                ArrayNode wanted = new ObjectMapper().createArrayNode();
                for (long i = from; i < to; i++) {
                    wanted.add(plans.get((int) i));
                }
                assertThat(paged.data().path("plans")).as("page %d of %d each, %s", page, limit, filter).isEqualTo(wanted);
                assertThat(paged.data().path("paginator").toString()).isEqualTo("{\"total\":" + expected.size()
                        + ",\"count\":" + (to - from) + ",\"per_page\":" + limit + ",\"current_page\":" + page + '}');
            }
        }
        assertThat(CONTRACT.check("plan-page", anyone.get("/plans/page?" + filter)).text())
                .as("the page and the limit that nobody asked for").isEqualTo(anyone.get("/plans/page?page=1&limit=15&" + filter).text());
    }

    private static List<Listed> living() throws SQLException {
        List<Listed> living = new ArrayList<>();
        try (Connection connection = database.dataSource().getConnection();
                PreparedStatement sql = connection.prepareStatement(
                        "SELECT id::text, code, created_at FROM plans WHERE deleted_at IS NULL ORDER BY created_at, id");
                ResultSet rows = sql.executeQuery()) {
            while (rows.next()) {
                living.add(new Listed(rows.getString(1), rows.getString(2)));
            }
        }
        return living;
    }

    private static List<Listed> listed(Answer answer) {
        List<Listed> listed = new ArrayList<>();
        answer.data().path("plans").forEach(plan -> listed.add(new Listed(plan.path("id").asText(), plan.path("code").asText())));
        return listed;
    }

    private static List<String> codes(Answer answer) {
        return listed(CONTRACT.check("plan-list", answer)).stream().map(Listed::code).toList();
    }

    /** Nobody else's code and name. */
    private static Map<String, Object> plan() {
        int number = PLANS.incrementAndGet();
        return new HashMap<>(Map.of("code", "plan." + number, "name", "Plan no. " + number, "max_usage", number));
    }

    private static Answer create(Map<String, Object> plan) {
        return CONTRACT.check("plan-create", admin.post("/plans", plan));
    }

    private static Answer update(String id, Map<String, Object> plan) {
        return CONTRACT.check("plan-update", admin.put("/plans/" + id, plan));
    }

    private static Answer act(String operation, JsonHttp caller, String id) {
        return CONTRACT.check(operation, operation.equals("plan-delete")
                ? caller.delete("/plans/" + id) : caller.put("/plans/" + id, Map.of("name", "Changed " + id, "max_usage", 3)));
    }

    private static String id(Answer answer) {
        return answer.data().path("id").asText();
    }

    private static String user() {
        Map<String, String> credentials = Map.of("email", UUID.randomUUID() + "@example.com", "password", PASSWORD);
        assertThat(anyone.post("/authentication/register", credentials).status()).isEqualTo(201);
        try {
            execute("UPDATE users SET is_active = true, verified_at = created_at WHERE email = ?", credentials.get("email"));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return anyone.post("/authentication/login", credentials).data().path("token").asText();
    }

    private static List<Answer> atOnce(int calls, IntFunction<Answer> call) {
        ExecutorService callers = Executors.newFixedThreadPool(calls);
        try {
            List<CompletableFuture<Answer>> answers = IntStream.range(0, calls)
                    .mapToObj(i -> CompletableFuture.supplyAsync(() -> call.apply(i), callers)).toList();
            return answers.stream().map(CompletableFuture::join).toList();
        } finally {
            callers.shutdownNow();
        }
    }

    private static void execute(String statement, Object... arguments) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                PreparedStatement sql = connection.prepareStatement(statement)) {
            for (int i = 0; i < arguments.length; i++) {
                sql.setObject(i + 1, arguments[i]);
            }
            sql.execute();
        }
    }
}
