package smap.identity.soak;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import smap.identity.flow.Deployment;
import smap.identity.support.PostgresServer;
import smap.identity.support.RabbitMqNode;
import smap.identity.support.RequiresRabbitMq;
import smap.identity.support.ScriptedSmtpServer;
import smap.identity.support.TcpProxy;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/**
 * The delivery under load while everything around it fails at random: {@code make soak} for ten minutes, a short form with all tests. Jobs
 * are published, as other services do, and some more mails are asked of the API. {@code -Dsoak.seed}, {@code -Dsoak.seconds} and
 * {@code -Dsoak.rate} (jobs a second) say what is done; what happened is printed.
 */
@RequiresRabbitMq
@WithPostgres
class DeliverySoakTest {

    private static final int SECONDS = Integer.getInteger("soak.seconds", 30);
    /** One for each kill as a rule; one more for each second in which a killed consumer could not write to the database (ADR 0016). */
    private static final int COPIES = 2;
    private static final int RATE = Integer.getInteger("soak.rate", 50);
    /** Mails a second asked of the API: few, because each takes two password hashes. */
    private static final int REQUESTS = Math.max(1, Math.min(5, RATE / 10));
    /** Of this one the short form breaks each of the five: consumer, API, broker, database, mail server. */
    private static final long SEED = Long.getLong("soak.seed", 582);
    /** Many rungs, so that what the chaos does to one mail does not exhaust it; the last is the longest a mail can wait. */
    private static final String LADDER = "1s,2s,3s,4s,5s,6s,7s,8s,9s,10s";
    private static final String RELAY_DELAY = "5s";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration QUIET = Duration.ofSeconds(1);
    private static final String QUEUE = "smtp_send_email";

    private final Ledger ledger = new Ledger();
    private JdbcTemplate rows;

    @Test
    void nothing_is_lost_and_what_comes_twice_is_explained(PostgresServer server) throws InterruptedException {
        TestDatabase database = server.newDatabase();
        rows = new JdbcTemplate(database.dataSource());
        try (RabbitMqNode broker = RabbitMqNode.startNew();
                ScriptedSmtpServer smtp = ScriptedSmtpServer.plain().handingMailsTo(ledger::offered).start();
                TcpProxy smtpLine = TcpProxy.to(smtp.port());
                TcpProxy databaseLine = TcpProxy.to(database.port())) {
            breakDown(broker, smtp, smtpLine, databaseLine, deployment(database, databaseLine, broker, smtp, smtpLine));
        }
    }

    private void breakDown(
            RabbitMqNode broker, ScriptedSmtpServer smtp, TcpProxy smtpLine, TcpProxy databaseLine, Deployment deployment)
            throws InterruptedException {
        try (Consumers consumers = Consumers.start(deployment, ledger, 2);
                Api api = Api.start(deployment);
                MailLoad load = MailLoad.start(broker, broker.url(), ledger, RATE, SEED);
                RequestLoad requests = RequestLoad.start(deployment.http(), ledger, REQUESTS)) {
            Chaos chaos = new Chaos(SEED, consumers, api, requests, broker, databaseLine, smtpLine, smtp);
            consumers.awaitWork(0);
            requests.awaitAccepted(Deployment.START);
            chaos.run(Duration.ofSeconds(SECONDS));
            smtp.behave();
            requests.stop();
            load.stop();
            int answered = ledger.accepted();
            stored().forEach(ledger::accepted);
            int storedOnly = ledger.accepted() - answered;
            try {
                ledger.awaitDelivery(PATIENCE, this::dead);
                Awaitility.await("the end of all copies").atMost(PATIENCE).during(QUIET).until(() -> isDrained(broker));
            } finally {
                print(chaos, requests, storedOnly);
            }
            assertThat(lost()).as("lost").isEmpty();
            assertThat(ledger.unknown()).as("nobody's mails").isEmpty();
            assertThat(requests.accepted()).as("accepted by the API").isPositive();
            assertThat(requests.refusals().keySet()).as("statuses of refusals").isSubsetOf(503);
            assertThat(api.isGone()).as("an API that ended by itself").isFalse();
            assertThat(consumers.gone()).as("consumers that ended by themselves").isZero();
            assertThat(consumers.exitCodes()).as("exit codes after SIGTERM").allMatch(code -> code == 0);
            // A killed API allows none: what it published and did not mark is published again by its id.
            assertThat(ledger.doubled()).as("copies").isLessThanOrEqualTo(ledger.kills() * COPIES + ledger.unanswered());
            assertThat(dead("exhausted")).as("given up because of the chaos").isEmpty();
            assertThat(dead("unknown")).as("held").allMatch(ledger::wasOffered);
        }
    }

    private static Deployment deployment(
            TestDatabase database, TcpProxy databaseLine, RabbitMqNode broker, ScriptedSmtpServer smtp, TcpProxy smtpLine) {
        TestDatabase behindLine = new TestDatabase(
                database.host(), databaseLine.port(), database.name(), database.user(), database.password());
        return new Deployment(DeliverySoakTest.class, behindLine, broker.url(), smtp)
                .with("SMTP_PORT", Integer.toString(smtpLine.port()))
                .with("SMTP_READ_TIMEOUT", "3s")
                .with("SMTP_CONNECT_TIMEOUT", "3s")
                .with("MAIL_RETRY_DELAYS", LADDER)
                // Longer than the soak: the mail of a code that has expired is not owed.
                .with("OTP_TTL", "1d")
                .with("MAIL_RELAY_DELAY", RELAY_DELAY);
    }

    /** Addresses whose mail the API has stored: owed even if the API was killed before it could say so. */
    private List<String> stored() {
        return rows.queryForList("SELECT recipient FROM mails WHERE user_id IS NOT NULL", String.class);
    }

    /** Mails of the API that left as late as the relay publishes them. */
    private int late() {
        return rows.queryForObject(
                "SELECT count(*) FROM mails WHERE user_id IS NOT NULL AND published_at >= created_at + CAST(? AS interval)",
                Integer.class, RELAY_DELAY);
    }

    /** Whether no job waits anywhere, so that no more copies are to come than those just under way. */
    private boolean isDrained(RabbitMqNode broker) throws IOException, TimeoutException {
        int left = rows.queryForObject("SELECT count(*) FROM mails WHERE published_at IS NULL", Integer.class);
        try (Connection connection = broker.connect(); Channel channel = connection.createChannel()) {
            left += channel.messageCount(QUEUE);
            for (String delay : LADDER.split(",")) {
                left += channel.messageCount(QUEUE + ".retry." + delay);
            }
        }
        return left == 0;
    }

    /** Given up, with a row that says why: not lost. */
    private Set<String> dead() {
        return dead("%");
    }

    private Set<String> dead(String reason) {
        return new TreeSet<>(rows.query(
                "SELECT id::text, recipient FROM dead_letters WHERE reason LIKE ?",
                (row, number) -> ledger.idOf(row.getString("id"), row.getString("recipient")), reason));
    }

    private Set<String> lost() {
        Set<String> lost = ledger.undelivered();
        lost.removeAll(dead());
        return lost;
    }

    private void print(Chaos chaos, RequestLoad requests, int storedOnly) {
        StringBuilder text = new StringBuilder("\n");
        line(text, "soak", "seed " + SEED + ", " + SECONDS + " s, " + RATE + " jobs/s and " + REQUESTS + " requests/s");
        line(text, "chaos", chaos.report());
        line(text, "accepted", ledger.accepted() - requests.accepted() - storedOnly + " by the broker, " + requests.accepted()
                + " by the API, " + storedOnly + " stored by it without its answer");
        line(text, "asked", requests.asked() + " of the API, " + requests.unanswered() + " without an answer, refusals by status "
                + requests.refusals() + ", " + late() + " published after " + RELAY_DELAY + " or more");
        line(text, "delivered", ledger.delivered());
        line(text, "doubled", ledger.doubled() + " (consumers killed " + ledger.kills() + ", final dots without an answer "
                + ledger.unanswered() + "), each copy with how long after it a consumer was killed:");
        ledger.doubles().forEach(copies -> line(text, "", copies));
        line(text, "dead", dead().size() + " (" + String.join(", ", rows.queryForList(
                "SELECT reason || ' ' || count(*) FROM dead_letters GROUP BY reason ORDER BY reason", String.class)) + ")");
        Set<String> lost = lost();
        line(text, "lost", lost.size() + (lost.isEmpty() ? "" : ": " + String.join(" ", lost)));
        line(text, "again", "make soak SOAK_SEED=" + SEED + " SOAK_SECONDS=" + SECONDS + " SOAK_RATE=" + RATE);
        System.out.println(text);
    }

    private static void line(StringBuilder text, String name, Object value) {
        text.append(String.format("%-10s %s%n", name, value));
    }
}
