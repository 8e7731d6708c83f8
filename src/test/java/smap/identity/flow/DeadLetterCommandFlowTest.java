package smap.identity.flow;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.RabbitMqNode;
import smap.identity.support.RequiresRabbitMq;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/** {@code dead-letters …} as a process of its own, with no API running. */
@RequiresRabbitMq
@WithPostgres
class DeadLetterCommandFlowTest {

    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final String QUEUE = "smtp_send_email";
    private static final String JOB = "{\"Subject\":\"Mã\",\"Recipient\":\"ann@example.com\",\"Body\":\"B\"}";
    private static final String ACTOR = "cli:" + System.getProperty("user.name");

    private static TestDatabase database;
    private static RabbitMqNode rabbitMq;
    private static String brokerUrl;
    private static Map<String, String> settings;

    private record Ended(int code, List<String> output, List<String> all) {

        JsonNode json() {
            try {
                return new ObjectMapper().readTree(String.join("\n", output));
            } catch (JsonProcessingException e) {
                throw new AssertionError("Expected one JSON document, got " + output, e);
            }
        }
    }

    @BeforeAll
    static void start(RabbitMqNode node, TestDatabase shared) throws Exception {
        database = shared;
        rabbitMq = node;
        brokerUrl = node.newVirtualHost();
        settings = Map.of(
                "POSTGRES_HOST", database.host(),
                "POSTGRES_PORT", Integer.toString(database.port()),
                "POSTGRES_DB", database.name(),
                "POSTGRES_USER", database.user(),
                "POSTGRES_PASSWORD", database.password(),
                "RABBITMQ_URL", brokerUrl);
    }

    @Test
    void one_is_listed_shown_replayed_and_then_refused() throws Exception {
        UUID id = dead("one@example.com");

        Ended listed = run("list", "--recipient=ONE@example.com", "--limit=5");
        assertThat(listed.code()).isZero();
        assertThat(listed.json().at("/data/dead_letters/0/id").asText()).isEqualTo(id.toString());
        assertThat(listed.output()).as("for people").hasSizeGreaterThan(10);

        assertThat(run("show", id.toString(), "--body").json().at("/data/body").toString()).isEqualTo(JOB);

        Ended replayed = run("replay", id.toString());
        assertThat(replayed.code()).as("%s", replayed.all()).isZero();
        assertThat(replayed.json().at("/data/status").asText()).isEqualTo("replayed");
        try (Connection connection = rabbitMq.connect(brokerUrl); Channel channel = connection.createChannel()) {
            GetResponse job = channel.basicGet(QUEUE, true);
            assertThat(new String(job.getBody(), StandardCharsets.UTF_8)).isEqualTo(JOB);
            assertThat(job.getProps().getMessageId()).isEqualTo(id.toString());
            assertThat(job.getProps().getDeliveryMode()).as("persistent").isEqualTo(2);
            assertThat(job.getProps().getHeaders()).containsOnlyKeys("purpose", "attempt").containsEntry("attempt", 1);
            assertThat(job.getMessageCount()).isZero();
        }

        Ended refused = run("replay", id.toString());
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.json().path("error_code").asInt()).isEqualTo(150004);
        assertThat(refused.all()).contains("refused: 150004 Dead letter is replayed or discarded already");
        assertThat(text("SELECT string_agg(action, ',' ORDER BY id) FROM audit_events WHERE subject = ? AND actor = ?",
                id.toString(), ACTOR)).isEqualTo("dead-letter-show,dead-letter-replay-one");
    }

    @Test
    void all_that_pass_a_filter_are_replayed_to_the_end_of_the_run_without_an_api() throws Exception {
        for (int i = 0; i < 3; i++) {
            dead("all@example.com");
        }
        Ended counted = run("replay", "--all", "--recipient=all@example.com", "--dry-run");
        assertThat(counted.json().at("/data/total").asInt()).isEqualTo(3);

        Ended replayed = run("replay", "--all", "--recipient=all@example.com", "--rate=2");

        assertThat(replayed.code()).as("%s", replayed.all()).isZero();
        assertThat(replayed.json().at("/data/replayed").asInt()).isEqualTo(3);
        assertThat(replayed.json().at("/data/finished_at").isTextual()).isTrue();
        assertThat(replayed.all()).contains("replayed 2, refused 0, remaining 1 of 3", "replayed 3, refused 0, remaining 0 of 3");
        assertThat(text("SELECT count(*) FROM dead_letters WHERE recipient = ? AND status = ?", "all@example.com", "replayed"))
                .isEqualTo("3");
    }

    @Test
    void one_is_discarded_with_a_reason() throws Exception {
        UUID id = dead("discarded@example.com");

        assertThat(run("discard", id.toString(), "--reason=it's {{gone}}").code()).isZero();

        assertThat(text("SELECT discard_reason FROM dead_letters WHERE id = ? AND status = ?", id, "discarded")).isEqualTo("it's {{gone}}");
    }

    @Test
    void what_the_contract_does_not_take_is_refused_by_its_name() {
        Ended refused = run("list", "--limit=many");

        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.json().at("/errors/0/field").asText()).isEqualTo("limit");
    }

    @Test
    void a_broker_that_is_away_is_refused_and_changes_nothing() throws Exception {
        UUID id = dead("away@example.com");
        Map<String, String> away = new HashMap<>(settings);
        away.put("RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:1/");

        Ended refused = run(away, "replay", id.toString());

        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.json().path("error_code").asInt()).isEqualTo(503);
        assertThat(text("SELECT status FROM dead_letters WHERE id = ? AND replays = ?", id, 0)).isEqualTo("dead");
    }

    @Test
    void wrong_usage_and_missing_settings_have_their_own_exit_codes() {
        Ended usage = run("replay");
        assertThat(usage.code()).isEqualTo(2);
        assertThat(usage.output()).isEmpty();
        assertThat(usage.all().get(0)).startsWith("usage: dead-letters list");

        Ended misconfigured = run(Map.of("POSTGRES_PORT", "many"), "list");
        assertThat(misconfigured.code()).isEqualTo(78);
        assertThat(misconfigured.all()).anyMatch(line -> line.startsWith("refused: POSTGRES_PORT: expected"));
        assertThat(run(Map.of(), "list").all()).anyMatch(line -> line.startsWith("refused: POSTGRES_HOST: expected"))
                .anyMatch(line -> line.startsWith("refused: RABBITMQ_URL: expected"));
    }

    private static Ended run(String... words) {
        return run(settings, words);
    }

    private static Ended run(Map<String, String> environment, String... words) {
        try (ApplicationProcess command = ApplicationProcess.command(DeadLetterCommandFlowTest.class, environment, "dead-letters", words)) {
            int code = command.awaitExit(LIMIT);
            return new Ended(code, command.outputLines(), command.lines());
        }
    }

    private static UUID dead(String recipient) throws SQLException {
        UUID id = UUID.randomUUID();
        OffsetDateTime now = OffsetDateTime.parse("2026-11-23T09:00:00Z");
        execute("INSERT INTO mails (id, purpose, recipient, status, created_at, published_at, updated_at)"
                + " VALUES (?, 'notice', ?, 'dead', ?, ?, ?)", id, recipient, now, now, now);
        byte[] job = JOB.getBytes(StandardCharsets.UTF_8);
        execute("INSERT INTO dead_letters (id, purpose, recipient, reason, attempts, job, job_bytes, status, created_at, updated_at)"
                + " VALUES (?, 'notice', ?, 'permanent', 1, ?, ?, 'dead', ?, ?)", id, recipient, job, job.length, now, now);
        return id;
    }

    private static void execute(String statement, Object... arguments) throws SQLException {
        try (java.sql.Connection connection = database.dataSource().getConnection();
                PreparedStatement prepared = connection.prepareStatement(statement)) {
            for (int i = 0; i < arguments.length; i++) {
                prepared.setObject(i + 1, arguments[i]);
            }
            prepared.execute();
        }
    }

    private static String text(String query, Object... arguments) throws SQLException {
        try (java.sql.Connection connection = database.dataSource().getConnection();
                PreparedStatement prepared = connection.prepareStatement(query)) {
            for (int i = 0; i < arguments.length; i++) {
                prepared.setObject(i + 1, arguments[i]);
            }
            try (ResultSet rows = prepared.executeQuery()) {
                return rows.next() ? rows.getString(1) : null;
            }
        }
    }
}
