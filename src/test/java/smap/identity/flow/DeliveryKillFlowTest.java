package smap.identity.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.soak.Consumers;
import smap.identity.soak.Ledger;
import smap.identity.soak.MailLoad;
import smap.identity.support.PostgresServer;
import smap.identity.support.RabbitMqNode;
import smap.identity.support.RequiresRabbitMq;
import smap.identity.support.ScriptedSmtpServer;
import smap.identity.support.WithPostgres;

/**
 * Consumers and brokers that end while 200 mails a second are asked for: none of them is lost, and one for each killed
 * consumer may come twice.
 */
@RequiresRabbitMq
@WithPostgres
class DeliveryKillFlowTest {

    private static final int RATE = 200;
    /** {@code -Dkill.ends=20} by hand, with a broker restarted after each fourth. */
    private static final int ENDS = Integer.getInteger("kill.ends", 4);
    /** One for each kill; few kills on a busy machine may have two once. */
    private static final int COPIES = ENDS < 20 ? 2 : 1;
    private static final long SEED = 20;
    /** What an ended consumer held is handed out again at once; a mail that failed is tried again within seconds. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final RabbitMqNode broker = RabbitMqNode.startNew();
    private final Ledger ledger = new Ledger();
    private final ScriptedSmtpServer smtp = ScriptedSmtpServer.plain().handingMailsTo(ledger::offered).start();
    private final Random random = new Random(SEED);
    private Consumers consumers;
    private MailLoad load;

    @BeforeEach
    void deploy(PostgresServer server) {
        Deployment deployment = new Deployment(DeliveryKillFlowTest.class, server.newDatabase(), broker.url(), smtp);
        consumers = Consumers.start(deployment, ledger, 2);
        load = MailLoad.start(broker, broker.url(), ledger, RATE, SEED);
    }

    @AfterEach
    void stop() {
        load.close();
        consumers.close();
        smtp.close();
        broker.close();
    }

    @Test
    void killed_consumers_and_restarted_brokers_lose_no_mail_and_send_none_twice_but_one_for_each_kill() {
        for (int i = 0; i < ENDS; i++) {
            awaitWork(i % consumers.count());
            consumers.kill(i % consumers.count());
            if (i % 4 == 3) {
                broker.stop();
                broker.start();
            }
        }
        awaitDrain();
        assertThat(ledger.undelivered()).as("lost").isEmpty();
        assertThat(ledger.unknown()).isEmpty();
        assertThat(ledger.doubled()).as("copies:\n" + String.join("\n", ledger.doubles())).isLessThanOrEqualTo(ledger.kills() * COPIES);
        assertThat(consumers.gone()).isZero();
    }

    @Test
    void consumers_that_are_asked_to_end_lose_no_mail_send_none_twice_and_exit_with_0() {
        for (int i = 0; i < ENDS; i++) {
            awaitWork(i % consumers.count());
            consumers.terminate(i % consumers.count());
        }
        awaitDrain();
        assertThat(ledger.undelivered()).as("lost").isEmpty();
        assertThat(ledger.unknown()).isEmpty();
        assertThat(ledger.doubles()).isEmpty();
        assertThat(consumers.exitCodes()).hasSize(ENDS).containsOnly(0);
        assertThat(consumers.gone()).isZero();
    }

    /** The one to be ended is at work, and ends at no particular moment of it. */
    private void awaitWork(int index) {
        consumers.awaitWork(index);
        int enough = ledger.delivered() + random.nextInt(100);
        Awaitility.await("mails").atMost(PATIENCE).pollInterval(Duration.ofMillis(10)).until(() -> ledger.delivered() >= enough);
    }

    private void awaitDrain() {
        load.stop();
        ledger.awaitDelivery(PATIENCE, Set::of);
        System.out.println(ledger);
        ledger.doubles().forEach(System.out::println);
    }
}
