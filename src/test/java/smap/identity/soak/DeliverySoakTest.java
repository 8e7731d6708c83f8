package smap.identity.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
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
 * The delivery under load while everything around it fails at random: {@code make soak} for ten minutes, a short form with all tests.
 * {@code -Dsoak.seed}, {@code -Dsoak.seconds} and {@code -Dsoak.rate} (mails a second) say what is done; what happened is printed.
 */
@RequiresRabbitMq
@WithPostgres
class DeliverySoakTest {

    private static final int SECONDS = Integer.getInteger("soak.seconds", 30);
    /** What a killed consumer may have sent and not recorded: a mail for each of its workers. */
    private static final int WORKERS = 16;
    private static final int RATE = Integer.getInteger("soak.rate", 50);
    private static final long SEED = Long.getLong("soak.seed", 748_187);
    /** Many rungs, so that what the chaos does to one mail does not exhaust it; the last is the longest a mail can wait. */
    private static final String LADDER = "1s,2s,3s,4s,5s,6s,7s,8s,9s,10s";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Ledger ledger = new Ledger();

    @Test
    void nothing_is_lost_and_what_comes_twice_is_explained(PostgresServer server) throws InterruptedException {
        TestDatabase database = server.newDatabase();
        JdbcTemplate rows = new JdbcTemplate(database.dataSource());
        try (RabbitMqNode broker = RabbitMqNode.startNew();
                ScriptedSmtpServer smtp = ScriptedSmtpServer.plain().handingMailsTo(ledger::offered).start();
                TcpProxy smtpLine = TcpProxy.to(smtp.port());
                TcpProxy databaseLine = TcpProxy.to(database.port());
                Consumers consumers = Consumers.start(deployment(database, databaseLine, broker, smtp, smtpLine), ledger, 2);
                MailLoad load = MailLoad.start(broker, broker.url(), ledger, RATE, SEED)) {
            Chaos chaos = new Chaos(SEED, consumers, broker, databaseLine, smtpLine, smtp);
            consumers.awaitWork(0);
            chaos.run(Duration.ofSeconds(SECONDS));
            smtp.behave();
            load.stop();
            try {
                ledger.awaitDelivery(PATIENCE, () -> dead(rows));
            } finally {
                print(chaos, rows);
            }
            assertThat(lost(rows)).as("lost").isEmpty();
            assertThat(ledger.unknown()).as("nobody's mails").isEmpty();
            assertThat(consumers.gone()).as("consumers that ended by themselves").isZero();
            assertThat(consumers.exitCodes()).as("exit codes after SIGTERM").allMatch(code -> code == 0);
            assertThat(ledger.doubled()).as("copies").isLessThanOrEqualTo(ledger.kills() * WORKERS + ledger.unanswered());
            assertThat(dead(rows, "exhausted")).as("given up because of the chaos").isEmpty();
            assertThat(dead(rows, "unknown")).as("held").allMatch(ledger::wasOffered);
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
                .with("MAIL_RETRY_DELAYS", LADDER);
    }

    /** Given up, with a row that says why: not lost. */
    private static Set<String> dead(JdbcTemplate rows) {
        return new HashSet<>(rows.queryForList("SELECT id::text FROM dead_letters", String.class));
    }

    private static Set<String> dead(JdbcTemplate rows, String reason) {
        return new TreeSet<>(rows.queryForList("SELECT id::text FROM dead_letters WHERE reason = ?", String.class, reason));
    }

    private Set<String> lost(JdbcTemplate rows) {
        Set<String> lost = ledger.undelivered();
        lost.removeAll(dead(rows));
        return lost;
    }

    private void print(Chaos chaos, JdbcTemplate rows) {
        StringBuilder text = new StringBuilder("\n");
        line(text, "soak", "seed " + SEED + ", " + SECONDS + " s, " + RATE + " mails/s");
        line(text, "chaos", chaos.report());
        line(text, "accepted", ledger.accepted() + " by the broker");
        line(text, "delivered", ledger.delivered());
        line(text, "doubled", ledger.doubled() + " (consumers killed " + ledger.kills() + ", final dots without an answer "
                + ledger.unanswered() + "), each copy with how long after it a consumer was killed:");
        ledger.doubles().forEach(copies -> line(text, "", copies));
        line(text, "dead", dead(rows).size() + " (" + String.join(", ", rows.queryForList(
                "SELECT reason || ' ' || count(*) FROM dead_letters GROUP BY reason ORDER BY reason", String.class)) + ")");
        line(text, "lost", lost(rows).size());
        line(text, "again", "make soak SOAK_SEED=" + SEED + " SOAK_SECONDS=" + SECONDS + " SOAK_RATE=" + RATE);
        System.out.println(text);
    }

    private static void line(StringBuilder text, String name, Object value) {
        text.append(String.format("%-10s %s%n", name, value));
    }
}
