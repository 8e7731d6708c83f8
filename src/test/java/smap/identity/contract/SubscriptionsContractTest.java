package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import smap.identity.account.PasswordHasher;
import smap.identity.contract.ContractCoverage.ExampleRequest;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.FreePorts;
import smap.identity.support.JsonHttp;
import smap.identity.support.JsonHttp.Answer;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/** Each operation on subscriptions with each status the contract documents, over real HTTP, held against the contract. */
@WithPostgres
class SubscriptionsContractTest {

    private static final String PASSWORD = "correct horse battery";
    private static final String HASH = new PasswordHasher(1).hash(PASSWORD);
    private static final String NOBODY = "7a4c1d2e-0000-4000-8000-00000000000f";
    private static final List<String> STATUSES = List.of("trialing", "active", "past_due", "cancelled", "expired");
    private static final Set<String> LEGAL = Set.of(
            "trialing trialing", "trialing active", "trialing past_due", "trialing cancelled", "trialing expired",
            "active active", "active past_due", "active cancelled", "active expired",
            "past_due past_due", "past_due active", "past_due cancelled", "past_due expired");
    /** Nothing becomes due while the tests run. */
    private static final OffsetDateTime NOW = OffsetDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.SECONDS);

    private static final ContractCoverage CONTRACT = new ContractCoverage();
    private static ApplicationProcess product;
    private static TestDatabase database;
    private static JsonHttp root;
    private static JsonHttp anyone;
    private static Person boss;
    private static JsonHttp admin;
    /** Of a month, of no interval, and one with a trial. */
    private static UUID monthly;
    private static UUID endless;
    private static UUID tried;

    /** Somebody who is logged in. */
    private record Person(UUID id, String token, JsonHttp http) {}

    @BeforeAll
    static void start(TestDatabase shared) throws SQLException {
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
        settings.put("RATE_LIMITS", "off");
        product = ApplicationProcess.start(SubscriptionsContractTest.class, "all", settings);
        product.awaitReady(URI.create("http://127.0.0.1:" + port + "/ready"), Duration.ofSeconds(60));
        root = JsonHttp.at("http://127.0.0.1:" + port);
        anyone = JsonHttp.at("http://127.0.0.1:" + port + "/api/v1");
        boss = person("ADMIN");
        admin = boss.http();
        monthly = plan("month", 0);
        endless = plan(null, 0);
        tried = plan(null, 14);
    }

    @AfterAll
    static void every_documented_status_was_seen() {
        product.close();
        assertThat(CONTRACT.seen()).containsAll(CONTRACT.documented("subscriptions"));
    }

    @Test
    void who_may_not_is_refused() throws SQLException {
        Set<String> operations =
                CONTRACT.documented("subscriptions").stream().map(status -> status.split(" ")[0]).collect(Collectors.toSet());
        JsonHttp asAnn = root.as(person("USER").token());
        for (ExampleRequest example : CONTRACT.examples().stream().filter(example -> operations.contains(example.id())).toList()) {
            assertThat(CONTRACT.check(example.id(), example.by(root)).status()).as(example.id()).isEqualTo(401);
            if (example.forAdministrators()) {
                assertThat(CONTRACT.check(example.id(), example.by(asAnn)).status()).as(example.id()).isEqualTo(403);
            }
            if (!example.method().equals("GET")) {
                JsonHttp lured = root.with("Cookie", "smap_auth_token=a.b.c").with("Origin", "https://evil.example");
                assertThat(CONTRACT.check(example.id(), example.by(lured)).status()).as(example.id()).isEqualTo(403);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            list    | GET    | ?ids=1                                                          | 130006 | ids
            list    | GET    | ?ids=                                                           | 130006 | ids
            list    | GET    | ?ids=7a4c1d2e-0000-4000-8000-00000000000f,%00                   | 130006 | ids
            list    | GET    | ?user_ids=7a4c1d2e-0000-4000-8000-00000000000f%00               | 130006 | user_ids
            list    | GET    | ?user_ids=LONG                                                  | 130006 | user_ids
            list    | GET    | ?plan_ids=null                                                  | 130006 | plan_ids
            list    | GET    | ?statuses=ACTIVE                                                | 130001 | statuses
            list    | GET    | ?statuses=active,%00                                            | 130001 | statuses
            page    | GET    | /page?ids=x                                                     | 130006 | ids
            page    | GET    | /page?page=0                                                    | 130001 | page
            page    | GET    | /page?page=99999999999999999999                                 | 130001 | page
            page    | GET    | /page?limit=101                                                 | 130001 | limit
            page    | GET    | /page?statuses=new                                              | 130001 | statuses
            show    | GET    | /1                                                              | 130006 | id
            show    | GET    | /ME                                                             | 130006 | id
            show    | GET    | /%00                                                            | 130006 | id
            show    | GET    | /7a4c1d2e-0000-4000-8000-00000000000f%00                        | 130006 | id
            show    | GET    | /LONG                                                           | 130006 | id
            history | GET    | /x/history                                                      | 130006 | id
            history | GET    | /%27/history                                                    | 130006 | id
            update  | PUT    | /x                                                              | 130006 | id
            delete  | DELETE | /x                                                              | 130006 | id
            resume    | POST   | /x/resume                                                     | 130006 | id
            keep-plan | DELETE | /x/change-plan                                                | 130006 | id
            delete  | DELETE | /7a4c1d2e-0000-4000-8000-00000000000f?reason=%0A                | 130001 | reason""")
    void a_parameter_that_is_wrong_is_refused_by_its_name(String verb, String method, String path, int code, String field) {
        String body = method.equals("PUT") ? "{}" : null;
        Answer refused = CONTRACT.check("subscription-" + verb,
                admin.send(method, "/subscriptions" + path.replace("LONG", "a".repeat(3000)), body));

        assertThat(refused.errorCode()).as(refused.text()).isEqualTo(code);
        assertThat(refused.json().path("errors").findValuesAsText("field")).containsExactly(field);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            user_id       | "ME"                                         | 130006
            user_id       | null                                         | 130006
            user_id       | 1                                            | 130006
            plan_id       | ""                                           | 130006
            plan_id       | "{7a4c1d2e-0000-4000-8000-00000000000f}"     | 130006
            plan_id       | "7a4c1d2e-0000-4000-8000-00000000000f\\u0000" | 130006
            status        | "Active"                                     | 130001
            status        | "live"                                       | 130001
            starts_at     | "tomorrow"                                   | 130001
            starts_at     | "1999-12-31T23:59:59Z"                       | 130001
            starts_at     | "+999999-01-01T00:00:00Z"                    | 130001
            trial_ends_at | "3000-01-01T00:00:00Z"                       | 130001
            ends_at       | "2026-02-30T00:00:00Z"                       | 130001
            ends_at       | 1                                            | 130001
            reason        | "\\u0000"                                     | 130001
            reason        | " "                                          | 130001""")
    void a_field_that_is_wrong_is_refused_by_its_name(String field, String value, int code) throws JsonProcessingException {
        ObjectNode body = new ObjectMapper().createObjectNode()
                .put("user_id", NOBODY).put("plan_id", NOBODY).put("status", "active").put("starts_at", NOW.toString());
        body.set(field, new ObjectMapper().readTree(value));

        for (Answer refused : List.of(
                CONTRACT.check("subscription-create", admin.post("/subscriptions", body)),
                CONTRACT.check("subscription-update", admin.put("/subscriptions/" + NOBODY, body)))) {
            assertThat(refused.errorCode()).as(refused.text()).isEqualTo(code);
            assertThat(refused.json().path("errors").findValuesAsText("field")).containsExactly(field);
        }
    }

    @Test
    void what_is_missing_is_named() {
        Answer missing = create(Map.of());
        assertThat(missing.errorCode()).isEqualTo(130005);
        assertThat(missing.json().path("errors").findValuesAsText("field"))
                .containsExactlyInAnyOrder("user_id", "plan_id", "status", "starts_at");
        assertThat(create(Map.of("user_id", "x")).errorCode()).isEqualTo(130001);
        for (String body : List.of("[]", "{\"starts_at\":null,\"user_id\":\"ID\",\"plan_id\":\"ID\",\"status\":\"active\"}")) {
            Answer refused = CONTRACT.check("subscription-create", admin.post("/subscriptions", body.replace("ID", NOBODY)));
            assertThat(refused.errorCode()).isEqualTo(130001);
        }
    }

    @Test
    void what_is_not_there_or_anothers_is_not_found() throws SQLException {
        Person ann = person("USER");
        Person bob = person("USER");
        String id = id(create(ann.id(), monthly, "active"));

        for (JsonHttp stranger : List.of(bob.http(), person("USER").http())) {
            for (String name : List.of(id, id.toUpperCase(), NOBODY)) {
                assertThat(CONTRACT.check("subscription-show", stranger.get("/subscriptions/" + name)).errorCode()).isEqualTo(130002);
                assertThat(CONTRACT.check("subscription-history", stranger.get("/subscriptions/" + name + "/history")).errorCode())
                        .isEqualTo(130002);
            }
            assertThat(ids(CONTRACT.check("subscription-list", stranger.get("/subscriptions?ids=" + id + "&user_ids=" + ann.id()))))
                    .isEmpty();
            assertThat(CONTRACT.check("subscription-me-show", stranger.get("/subscriptions/me")).errorCode()).isEqualTo(130002);
        }
        assertThat(CONTRACT.check("subscription-show", ann.http().get("/subscriptions/" + id.toUpperCase())).status()).isEqualTo(200);
        for (JsonHttp caller : List.of(admin, ann.http())) {
            assertThat(CONTRACT.check("subscription-show", caller.get("/subscriptions/" + NOBODY)).errorCode()).isEqualTo(130002);
            assertThat(ids(CONTRACT.check("subscription-list", caller.get("/subscriptions?ids=" + NOBODY)))).isEmpty();
        }
        assertThat(update(NOBODY, Map.of()).errorCode()).isEqualTo(130002);
        assertThat(delete(NOBODY, null).errorCode()).isEqualTo(130002);
        assertThat(update(id, Map.of("plan_id", NOBODY)).errorCode()).isEqualTo(120002);
        assertThat(create(UUID.fromString(NOBODY), monthly, "active").errorCode()).isEqualTo(140002);
        assertThat(create(bob.id(), UUID.fromString(NOBODY), "active").errorCode()).isEqualTo(120002);
    }

    @Test
    void lists_and_pages_are_what_a_reference_says() throws SQLException {
        record Known(String id, Person user, UUID plan, String status, OffsetDateTime createdAt) {}
        Random random = new Random(5);
        List<Person> users = List.of(person("USER"), person("USER"), person("USER"));
        List<UUID> plans = List.of(monthly, endless, tried);
        List<Known> all = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            Person user = users.get(i % 3);
            String status = STATUSES.get(i < 21 ? 3 + random.nextInt(2) : random.nextInt(3));
            Known row = new Known(UUID.randomUUID().toString(), user, plans.get(random.nextInt(3)), status,
                    NOW.minusHours(random.nextInt(6)));
            insert(row.id(), user.id(), row.plan(), status, NOW.plusDays(i), row.createdAt());
            all.add(row);
        }
        all.sort(Comparator.comparing(Known::createdAt).thenComparing(Known::id).reversed());

        for (int i = 0; i < 60; i++) {
            Person caller = random.nextInt(3) == 0 ? boss : users.get(random.nextInt(3));
            List<String> ids = some(random, all.stream().map(Known::id).toList());
            // an administrator sees those of the other tests too
            List<String> userIds = some(random, users.stream().map(user -> user.id().toString()).toList());
            userIds = userIds == null && caller == boss ? users.stream().map(user -> user.id().toString()).toList() : userIds;
            List<String> planIds = some(random, plans.stream().map(UUID::toString).toList());
            List<String> statuses = some(random, STATUSES);
            List<String> passingUsers = userIds;
            Predicate<Known> passes = row -> (caller == boss || row.user() == caller)
                    && (ids == null || ids.contains(row.id()))
                    && (passingUsers == null || passingUsers.contains(row.user().id().toString()))
                    && (planIds == null || planIds.contains(row.plan().toString()))
                    && (statuses == null || statuses.contains(row.status()));
            List<String> expected = all.stream().filter(passes).map(Known::id).toList();
            String filter = query("ids", ids) + query("user_ids", userIds) + query("plan_ids", planIds) + query("statuses", statuses);

            assertThat(ids(CONTRACT.check("subscription-list", caller.http().get("/subscriptions?" + filter)))).as(filter)
                    .isEqualTo(expected);
            int page = 1 + random.nextInt(3);
            int limit = 1 + random.nextInt(5);
            Answer shown = CONTRACT.check("subscription-page",
                    caller.http().get("/subscriptions/page?" + filter + "page=" + page + "&limit=" + limit));
            List<String> onPage = expected.stream().skip((page - 1L) * limit).limit(limit).toList();
            assertThat(ids(shown)).as(filter).isEqualTo(onPage);
            assertThat(shown.data().path("paginator").toString())
                    .isEqualTo("{\"total\":%d,\"count\":%d,\"per_page\":%d,\"current_page\":%d}".formatted(
                            expected.size(), onPage.size(), limit, page));
        }
    }

    @Test
    void of_a_hundred_at_once_for_one_user_one_is_created_and_the_others_are_told_there_is_one() throws SQLException {
        Person ann = person("USER");

        List<Answer> answers = atOnce(100, number -> create(ann.id(), number % 2 == 0 ? monthly : endless, "active"));

        assertThat(answers.stream().collect(Collectors.groupingBy(
                answer -> answer.status() + " " + answer.errorCode(), Collectors.counting())))
                .isEqualTo(Map.of("201 0", 1L, "409 130007", 99L));
        assertThat(ids(ann.http().get("/subscriptions"))).hasSize(1);
    }

    @Test
    void what_begins_is_answered_with_what_follows_from_its_plan() throws SQLException {
        Person ann = person("USER");
        Answer created = create(ann.id(), tried, "trialing");

        assertThat(created.status()).isEqualTo(201);
        assertThat(created.header("ETag")).hasValue("\"1\"");
        assertThat(created.data().path("trial_ends_at")).isEqualTo(created.data().path("ends_at"));
        assertThat(time(created, "ends_at")).isEqualTo(NOW.plusDays(14));
        Answer mine = CONTRACT.check("subscription-me-show", ann.http().get("/subscriptions/me"));
        assertThat(mine.data()).isEqualTo(created.data());
        assertThat(mine.header("ETag")).hasValue("\"1\"");
        assertThat(CONTRACT.check("subscription-show", ann.http().get("/subscriptions/" + id(created))).data()).isEqualTo(created.data());
    }

    @Test
    void what_cannot_begin_is_told_by_its_code() throws SQLException {
        Person ann = person("USER");
        assertThat(create(ann.id(), monthly, "past_due").errorCode()).isEqualTo(130008);
        Answer refused = create(Map.of("user_id", ann.id(), "plan_id", monthly, "status", "active", "starts_at", NOW.toString(),
                "ends_at", NOW.toString()));
        assertThat(refused.errorCode()).isEqualTo(130004);
        assertThat(refused.json().path("errors").toString())
                .isEqualTo("[{\"field\":\"ends_at\",\"message\":\"must be later than starts_at\"}]");

        String id = id(create(ann.id(), monthly, "active"));
        assertThat(update(id, Map.of("status", "cancelled")).status()).isEqualTo(200);
        assertThat(create(Map.of("user_id", ann.id(), "plan_id", monthly, "status", "active", "starts_at", NOW.minusDays(1).toString()))
                .errorCode()).isEqualTo(130003);
    }

    @Test
    void a_repeated_request_creates_nothing_and_is_answered_as_the_first() throws SQLException {
        Person ann = person("USER");
        JsonHttp keyed = admin.with("Idempotency-Key", UUID.randomUUID().toString());
        Map<String, Object> asked = Map.of("user_id", ann.id(), "plan_id", monthly, "status", "active", "starts_at", NOW.toString());

        Answer first = CONTRACT.check("subscription-create", keyed.post("/subscriptions", asked));
        Answer second = CONTRACT.check("subscription-create", keyed.post("/subscriptions", asked));

        assertThat(second.status()).isEqualTo(201);
        assertThat(second.text()).isEqualTo(first.text());
        assertThat(second.header("Idempotency-Replayed")).hasValue("true");
        assertThat(second.header("ETag")).hasValue("\"1\"");
        assertThat(CONTRACT.check("subscription-create", keyed.post("/subscriptions", Map.of(
                "user_id", ann.id(), "plan_id", endless, "status", "active", "starts_at", NOW.toString()))).errorCode()).isEqualTo(100002);
    }

    @Test
    void a_change_is_shown_and_noted_and_an_end_is_for_good() throws SQLException {
        Person ann = person("USER");
        String id = id(create(ann.id(), monthly, "active"));

        Answer changed = update(id, Map.of("status", "past_due", "plan_id", endless, "reason", "card refused"));
        assertThat(changed.data().path("status").asText()).isEqualTo("past_due");
        assertThat(changed.data().path("plan_id").asText()).isEqualTo(endless.toString());
        assertThat(time(changed, "grace_ends_at")).isBetween(NOW.plusDays(7), NOW.plusDays(7).plusMinutes(5));
        assertThat(changed.header("ETag")).hasValue("\"2\"");
        assertThat(update(id, Map.of("user_id", NOBODY)).errorCode()).isEqualTo(130004);
        assertThat(update(id, Map.of("status", "trialing")).errorCode()).isEqualTo(130008);
        assertThat(update(id, Map.of("status", "expired")).data().path("ended_at").isNull()).isFalse();
        assertThat(update(id, Map.of("status", "active")).errorCode()).isEqualTo(130008);
        assertThat(CONTRACT.check("subscription-me-show", ann.http().get("/subscriptions/me")).status()).isEqualTo(404);

        for (JsonHttp caller : List.of(ann.http(), admin)) {
            JsonNode history =
                    CONTRACT.check("subscription-history", caller.get("/subscriptions/" + id + "/history")).data().path("history");
            assertThat(history.findValuesAsText("change"))
                    .containsExactly("subscription-create", "subscription-update", "subscription-update");
            assertThat(history.findValuesAsText("version")).containsExactly("1", "2", "3");
            assertThat(history.findValuesAsText("actor")).containsOnly(boss.id().toString());
            assertThat(history.get(0).path("from").isNull()).isTrue();
            assertThat(history.get(1).path("from")).isEqualTo(history.get(0).path("to"));
            assertThat(history.get(1).path("reason").asText()).isEqualTo("card refused");
            assertThat(history.get(2).at("/to/status").asText()).isEqualTo("expired");
        }
        assertThat(text("SELECT string_agg(template, ',') FROM subscription_notices WHERE subscription_id = ?", UUID.fromString(id)))
                .isEqualTo("subscription-ended");
    }

    @Test
    void a_period_that_would_meet_an_earlier_one_is_refused() throws SQLException {
        Person ann = person("USER");
        update(id(create(ann.id(), monthly, "active")), Map.of("status", "cancelled"));
        Answer next = create(Map.of("user_id", ann.id(), "plan_id", monthly, "status", "active", "starts_at", NOW.plusDays(1).toString()));

        assertThat(update(id(next), Map.of("starts_at", NOW.toString())).errorCode()).isEqualTo(130003);
    }

    @Test
    void a_version_is_changed_once() throws SQLException {
        Person ann = person("USER");
        String id = id(create(ann.id(), monthly, "active"));
        JsonHttp seen = admin.with("If-Match", "\"1\"");

        List<Answer> answers = atOnce(2, number -> CONTRACT.check("subscription-update",
                seen.put("/subscriptions/" + id, Map.of("ends_at", NOW.plusDays(40 + number).toString()))));

        assertThat(answers.stream().map(Answer::status)).containsExactlyInAnyOrder(200, 412);
        assertThat(CONTRACT.check("subscription-show", admin.get("/subscriptions/" + id)).header("ETag")).hasValue("\"2\"");
        assertThat(delete(id, "\"1\"").errorCode()).isEqualTo(412);
        assertThat(delete(id, "\"2\"").status()).isEqualTo(200);
    }

    @Test
    void what_is_deleted_is_gone_but_for_its_history_and_its_owner_may_have_another() throws SQLException {
        Person ann = person("USER");
        String id = id(create(ann.id(), monthly, "active"));

        assertThat(CONTRACT.check("subscription-delete", admin.delete("/subscriptions/" + id + "?reason=a%20mistake")).data().isNull())
                .isTrue();

        assertThat(delete(id, null).errorCode()).isEqualTo(130002);
        assertThat(update(id, Map.of()).errorCode()).isEqualTo(130002);
        assertThat(ids(admin.get("/subscriptions?ids=" + id))).isEmpty();
        assertThat(CONTRACT.check("subscription-show", ann.http().get("/subscriptions/" + id)).status()).isEqualTo(404);
        assertThat(CONTRACT.check("subscription-history", ann.http().get("/subscriptions/" + id + "/history")).status()).isEqualTo(404);
        assertThat(admin.get("/subscriptions/" + id + "/history").data().at("/history/1/reason").asText()).isEqualTo("a mistake");
        assertThat(create(ann.id(), monthly, "active").status()).isEqualTo(201);
    }

    @Test
    void of_the_25_steps_the_legal_ones_are_taken_and_noted_and_any_other_changes_nothing() throws SQLException {
        UUID ann = person("USER").id();
        for (String from : STATUSES) {
            for (String to : STATUSES) {
                String id = inStatus(ann, from);
                String before = everything(id);

                Answer answer = update(id, Map.of("status", to));

                if (LEGAL.contains(from + ' ' + to)) {
                    assertThat(answer.data().path("status").asText()).as(from + ' ' + to).isEqualTo(to);
                    JsonNode history = admin.get("/subscriptions/" + id + "/history").data().path("history");
                    JsonNode last = history.get(history.size() - 1);
                    assertThat(last.at("/from/status").asText() + ' ' + last.at("/to/status").asText()).isEqualTo(from + ' ' + to);
                    assertThat(answer.header("ETag")).hasValue('"' + last.path("version").asText() + '"');
                } else {
                    assertThat(answer.status() + " " + answer.errorCode()).as(from + ' ' + to).isEqualTo("422 130008");
                    assertThat(everything(id)).isEqualTo(before);
                }
                delete(id, null);
            }
        }
    }

    @Test
    void it_begins_as_a_trial_or_active() throws SQLException {
        UUID ann = person("USER").id();
        for (String status : STATUSES) {
            Answer answer = create(ann, tried, status);

            boolean legal = Set.of("trialing", "active").contains(status);
            assertThat(answer.status() + " " + answer.errorCode()).as(status).isEqualTo(legal ? "201 0" : "422 130008");
            if (legal) {
                delete(id(answer), null);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            cancel      | x  | {}                                                                     | 130006 | id
            cancel      | ID | {"at_period_end":"yes"}                                                | 130001 | at_period_end
            cancel      | ID | {"at_period_end":null}                                                 | 130001 | at_period_end
            cancel      | ID | {"reason":" "}                                                         | 130001 | reason
            cancel      | ID | {"reason":"\\u0000"}                                                   | 130001 | reason
            cancel      | ID | []                                                                     | 130001 | body
            change-plan | x  | {"plan_id":"7a4c1d2e-0000-4000-8000-00000000000f"}                     | 130006 | id
            change-plan | ID | {}                                                                     | 130005 | plan_id
            change-plan | ID | {"plan_id":"pro"}                                                      | 130006 | plan_id
            change-plan | ID | {"plan_id":null}                                                       | 130006 | plan_id
            change-plan | ID | {"plan_id":"7a4c1d2e-0000-4000-8000-00000000000f","at_period_end":1}   | 130001 | at_period_end
            change-plan | ID | {"plan_id":"7a4c1d2e-0000-4000-8000-00000000000f","reason":["a"]}      | 130001 | reason""")
    void what_a_subscriber_asks_for_wrongly_is_refused_by_its_name(String verb, String id, String body, int code, String field) {
        Answer refused = CONTRACT.check("subscription-" + verb,
                admin.post("/subscriptions/" + id.replace("ID", NOBODY) + '/' + verb, body));

        assertThat(refused.errorCode()).as(refused.text()).isEqualTo(code);
        assertThat(refused.json().path("errors").findValuesAsText("field")).containsExactly(field);
    }

    @Test
    void what_a_subscriber_does_is_for_the_owner_and_administrators() throws SQLException {
        Person ann = person("USER");
        String id = id(create(ann.id(), monthly, "active"));
        String before = everything(id);

        for (JsonHttp caller : List.of(person("USER").http(), ann.http(), admin)) {
            String other = caller == ann.http() || caller == admin ? NOBODY : id;
            for (String verb : List.of("cancel", "resume", "change-plan", "keep-plan")) {
                assertThat(act(caller, verb, other, endless, false).errorCode()).as(verb).isEqualTo(130002);
            }
        }
        assertThat(everything(id)).isEqualTo(before);

        for (JsonHttp caller : List.of(ann.http(), admin)) {
            for (String verb : List.of("change-plan", "keep-plan", "cancel", "resume")) {
                assertThat(act(caller, verb, id, tried, true).status()).as(verb).isEqualTo(200);
            }
        }
        assertThat(admin.get("/subscriptions/" + id + "/history").data().path("history").findValuesAsText("actor"))
                .isEqualTo(Stream.of(boss, ann, ann, ann, ann, boss, boss, boss, boss).map(actor -> actor.id().toString()).toList());
    }

    @Test
    void a_subscriber_cancels_at_the_end_of_the_period_thinks_better_of_it_and_cancels_now() throws SQLException {
        Person ann = person("USER");
        String id = id(create(ann.id(), monthly, "active"));
        JsonHttp first = ann.http().with("If-Match", "\"1\"");

        Answer waiting = CONTRACT.check("subscription-cancel",
                first.post("/subscriptions/" + id + "/cancel", Map.of("at_period_end", true, "reason", "too dear")));
        assertThat(waiting.data().path("cancel_at_period_end").asBoolean()).isTrue();
        assertThat(waiting.data().path("status").asText()).isEqualTo("active");
        assertThat(waiting.header("ETag")).hasValue("\"2\"");
        for (String verb : List.of("cancel", "resume", "change-plan", "keep-plan")) {
            assertThat(act(first, verb, id, endless, true).errorCode()).as(verb).isEqualTo(412);
        }
        assertThat(act(ann.http(), "cancel", id, null, true).header("ETag")).as("once is enough").hasValue("\"2\"");

        Answer resumed = act(ann.http(), "resume", id, null, false);
        assertThat(resumed.data().path("cancel_at_period_end").asBoolean()).isFalse();
        assertThat(resumed.header("ETag")).hasValue("\"3\"");

        Answer cancelled = CONTRACT.check("subscription-cancel", ann.http().post("/subscriptions/" + id + "/cancel", null));
        assertThat(cancelled.data().path("status").asText()).isEqualTo("cancelled");
        assertThat(cancelled.data().path("ended_at")).isEqualTo(cancelled.data().path("cancelled_at"));
        assertThat(CONTRACT.check("subscription-me-show", ann.http().get("/subscriptions/me")).status()).isEqualTo(404);
        assertThat(text("SELECT template FROM subscription_notices WHERE subscription_id = ?", UUID.fromString(id)))
                .isEqualTo("subscription-ended");
        String before = everything(id);
        assertThat(act(ann.http(), "cancel", id, null, false).errorCode()).isEqualTo(130009);
        assertThat(act(ann.http(), "cancel", id, null, true).errorCode()).isEqualTo(130009);
        for (String verb : List.of("resume", "change-plan", "keep-plan")) {
            assertThat(act(ann.http(), verb, id, endless, true).errorCode()).as(verb).isEqualTo(130008);
        }
        assertThat(everything(id)).isEqualTo(before);
        JsonNode history = ann.http().get("/subscriptions/" + id + "/history").data().path("history");
        assertThat(history.findValuesAsText("change"))
                .containsExactly("subscription-create", "subscription-cancel", "subscription-resume", "subscription-cancel");
        assertThat(history.findValuesAsText("reason")).containsExactly("null", "too dear", "null", "null");
        assertThat(create(ann.id(), endless, "active").errorCode()).as("at the same time").isEqualTo(130003);
    }

    @Test
    void a_subscriber_changes_the_plan_later_keeps_it_and_changes_it_now() throws SQLException {
        Person ann = person("USER");
        Answer created = create(ann.id(), monthly, "active");
        String id = id(created);

        Answer waiting = act(ann.http(), "change-plan", id, endless, true);
        assertThat(waiting.data().path("plan_id").asText()).isEqualTo(monthly.toString());
        assertThat(waiting.data().path("next_plan_id").asText()).isEqualTo(endless.toString());
        assertThat(waiting.header("ETag")).hasValue("\"2\"");
        Answer kept = act(ann.http(), "keep-plan", id, null, false);
        assertThat(kept.data().path("next_plan_id").isNull()).isTrue();
        assertThat(act(ann.http(), "keep-plan", id, null, false).header("ETag")).as("once is enough").isEqualTo(kept.header("ETag"));

        Answer other = act(ann.http(), "change-plan", id, plan("month", 0), false);
        assertThat(other.data().path("ends_at")).as("the same interval").isEqualTo(created.data().path("ends_at"));
        Answer yearly = act(ann.http(), "change-plan", id, plan("year", 0), false);
        assertThat(time(yearly, "ends_at")).isBetween(NOW.plusYears(1), NOW.plusYears(1).plusMinutes(5));
        assertThat(act(ann.http(), "change-plan", id, endless, false).data().path("ends_at").isNull()).isTrue();

        String before = everything(id);
        assertThat(act(ann.http(), "change-plan", id, UUID.fromString(NOBODY), false).errorCode()).isEqualTo(120002);
        assertThat(fault(act(ann.http(), "change-plan", id, endless, false))).isEqualTo("130004 plan_id is the plan already");
        assertThat(fault(act(ann.http(), "change-plan", id, monthly, true)))
                .isEqualTo("130004 at_period_end must be false, because the subscription has no end");
        assertThat(fault(act(ann.http(), "cancel", id, null, true)))
                .isEqualTo("130009 at_period_end must be false, because the subscription has no end");
        assertThat(everything(id)).isEqualTo(before);
    }

    /** One in a status, to which the API has led it. */
    private static String inStatus(UUID user, String status) {
        String id = id(create(user, tried, status.equals("trialing") ? status : "active"));
        if (status.equals("cancelled")) {
            assertThat(act(admin, "cancel", id, null, false).status()).isEqualTo(200);
        } else if (status.equals("past_due") || status.equals("expired")) {
            assertThat(update(id, Map.of("status", status)).status()).isEqualTo(200);
        }
        return id;
    }

    /** @param plan for a change of it; elsewhere nobody asks */
    private static Answer act(JsonHttp caller, String verb, String id, UUID plan, boolean atPeriodEnd) {
        String path = "/subscriptions/" + id + '/';
        return CONTRACT.check("subscription-" + verb, switch (verb) {
            case "cancel" -> caller.post(path + "cancel", Map.of("at_period_end", atPeriodEnd));
            case "change-plan" -> caller.post(path + "change-plan", Map.of("plan_id", plan, "at_period_end", atPeriodEnd));
            case "keep-plan" -> caller.delete(path + "change-plan");
            default -> caller.post(path + verb, null);
        });
    }

    /** What a refused request leaves as it was: the subscription, its version and its history. */
    private static String everything(String id) {
        Answer shown = admin.get("/subscriptions/" + id);
        return shown.text() + shown.header("ETag") + admin.get("/subscriptions/" + id + "/history").text();
    }

    private static String fault(Answer refused) {
        return refused.errorCode() + " " + refused.json().at("/errors/0/field").asText() + ' '
                + refused.json().at("/errors/0/message").asText();
    }

    private static Answer create(UUID user, UUID plan, String status) {
        return create(Map.of("user_id", user, "plan_id", plan, "status", status, "starts_at", NOW.toString()));
    }

    private static Answer create(Map<String, Object> asked) {
        return CONTRACT.check("subscription-create", admin.post("/subscriptions", asked));
    }

    private static Answer update(String id, Map<String, Object> asked) {
        return CONTRACT.check("subscription-update", admin.put("/subscriptions/" + id, asked));
    }

    /** @param version null for any */
    private static Answer delete(String id, String version) {
        JsonHttp caller = version == null ? admin : admin.with("If-Match", version);
        return CONTRACT.check("subscription-delete", caller.delete("/subscriptions/" + id));
    }

    private static String id(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isLessThan(300);
        return answer.data().path("id").asText();
    }

    private static List<String> ids(Answer answer) {
        return answer.data().path("subscriptions").findValuesAsText("id");
    }

    private static OffsetDateTime time(Answer answer, String field) {
        return OffsetDateTime.parse(answer.data().path(field).asText());
    }

    /** Some of them, or null for no filter. */
    private static List<String> some(Random random, List<String> from) {
        if (random.nextBoolean()) {
            return null;
        }
        List<String> some = from.stream().filter(each -> random.nextInt(3) > 0).toList();
        return some.isEmpty() ? from.subList(0, 1) : some;
    }

    private static String query(String name, List<String> values) {
        return values == null ? "" : name + '=' + String.join(",", values) + '&';
    }

    private static <T> List<T> atOnce(int times, IntFunction<T> call) {
        ExecutorService pool = Executors.newFixedThreadPool(times);
        try {
            List<CompletableFuture<T>> calls =
                    IntStream.range(0, times).mapToObj(number -> CompletableFuture.supplyAsync(() -> call.apply(number), pool)).toList();
            return calls.stream().map(CompletableFuture::join).toList();
        } finally {
            pool.shutdownNow();
        }
    }

    private static Person person(String role) throws SQLException {
        UUID id = UUID.randomUUID();
        String email = "p" + Long.toString(ThreadLocalRandom.current().nextLong(Long.MAX_VALUE), 36) + "@example.com";
        execute("INSERT INTO users (id, email, password_hash, full_name, role, is_active, verified_at, created_at, updated_at)"
                + " VALUES (?, ?, ?, 'Ann', ?, true, ?, ?, ?)", id, email, HASH, role, NOW, NOW, NOW);
        Answer login = anyone.post("/authentication/login", Map.of("email", email, "password", PASSWORD));
        String token = login.data().path("token").asText();
        return new Person(id, token, anyone.as(token));
    }

    /** @param interval null for none */
    private static UUID plan(String interval, int trialDays) throws SQLException {
        UUID id = UUID.randomUUID();
        execute("INSERT INTO plans (id, code, name, max_usage, trial_days, interval, created_at, updated_at)"
                + " VALUES (?, ?, ?, 1, ?, ?, ?, ?)", id, id.toString(), id.toString(), trialDays, interval, NOW, NOW);
        return id;
    }

    /** One in any status, which had that one from its start on; live ones have no end. */
    private static void insert(String id, UUID user, UUID plan, String status, OffsetDateTime start, OffsetDateTime createdAt)
            throws SQLException {
        boolean trial = status.equals("trialing");
        execute("INSERT INTO subscriptions (id, user_id, plan_id, status, starts_at, trial_ends_at, anchored_at, created_at, updated_at)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", UUID.fromString(id), user, plan, trial ? status : "active", start,
                trial ? start.plusDays(1) : null, start, createdAt, createdAt);
        if (!Stream.of("trialing", "active").anyMatch(status::equals)) {
            execute("UPDATE subscriptions SET status = ?, ended_at = ? WHERE id = ?", status,
                    status.equals("past_due") ? null : start.plusHours(1), UUID.fromString(id));
        }
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
