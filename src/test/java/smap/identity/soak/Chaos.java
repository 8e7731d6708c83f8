package smap.identity.soak;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import smap.identity.support.RabbitMqNode;
import smap.identity.support.ScriptedSmtpServer;
import smap.identity.support.SmtpStep;
import smap.identity.support.TcpProxy;

/**
 * Ends, cuts and stalls what the delivery needs, one thing after the other and now and then a consumer or the API in the middle of it;
 * what, for how long and how often is decided by the seed alone. Each act puts right what it did. For one thread.
 */
final class Chaos {

    private static final Logger LOG = LoggerFactory.getLogger(Chaos.class);

    /** What can happen. The name is what the report calls it. */
    enum Act {
        CONSUMER_KILLED(5),
        CONSUMER_TERMINATED(4),
        API_KILLED(2),
        API_KILLED_AT_ITS_ANSWER(3),
        BROKER_RESTARTED(1),
        BROKER_KILLED(1),
        DATABASE_CUT(2),
        DATABASE_STALLED(2),
        SMTP_STOPPED(2),
        SMTP_HUNG_AT_GREETING(1),
        SMTP_HUNG_AT_MAIL(1),
        SMTP_GREETED_421(2),
        SMTP_ANSWERED_421(2),
        SMTP_ANSWERED_451(2),
        SMTP_ANSWERED_454(2),
        SMTP_REFUSED_550(1),
        SMTP_DROPPED_AT_DATA(1),
        SMTP_DROPPED_AFTER_DOT(2);

        private final int weight;

        Act(int weight) {
            this.weight = weight;
        }
    }

    /** As long as an API takes to start, on a busy machine; after that it is killed as it is. */
    private static final Duration ANSWER = Duration.ofSeconds(10);

    private final Random random;
    private final Consumers consumers;
    private final Api api;
    private final RequestLoad requests;
    private final RabbitMqNode broker;
    private final TcpProxy database;
    private final TcpProxy smtpLine;
    private final ScriptedSmtpServer smtp;
    private final Map<Act, Integer> done = new EnumMap<>(Act.class);

    Chaos(long seed, Consumers consumers, Api api, RequestLoad requests, RabbitMqNode broker, TcpProxy database, TcpProxy smtpLine,
            ScriptedSmtpServer smtp) {
        this.random = new Random(seed);
        this.consumers = consumers;
        this.api = api;
        this.requests = requests;
        this.broker = broker;
        this.database = database;
        this.smtpLine = smtpLine;
        this.smtp = smtp;
    }

    /** Does one thing after the other for this long; then everything is as it should be. */
    void run(Duration duration) throws InterruptedException {
        long end = System.nanoTime() + duration.toNanos();
        while (System.nanoTime() < end) {
            Act act = next();
            LOG.info("Chaos act={}", act);
            done.merge(act, 1, Integer::sum);
            perform(act);
            pause(500, 3_000);
        }
    }

    /** How often each thing happened. */
    String report() {
        return done.entrySet().stream()
                .map(act -> act.getKey().name().toLowerCase().replace('_', ' ') + " " + act.getValue())
                .collect(Collectors.joining(", "));
    }

    private Act next() {
        int total = 0;
        for (Act act : Act.values()) {
            total += act.weight;
        }
        int drawn = random.nextInt(total);
        int i = 0;
        while (drawn >= Act.values()[i].weight) {
            drawn -= Act.values()[i].weight;
            i++;
        }
        return Act.values()[i];
    }

    private void perform(Act act) throws InterruptedException {
        switch (act) {
            case CONSUMER_KILLED -> consumers.kill(random.nextInt(consumers.count()));
            case CONSUMER_TERMINATED -> consumers.terminate(random.nextInt(consumers.count()));
            case API_KILLED -> api.kill();
            case API_KILLED_AT_ITS_ANSWER -> {
                requests.awaitAccepted(ANSWER);
                // Before the job is published, between the broker's confirm and the row's mark, or after.
                pause(0, 20);
                api.kill();
            }
            case BROKER_RESTARTED -> during(broker::stop, broker::start);
            case BROKER_KILLED -> during(broker::kill, broker::start);
            case DATABASE_CUT -> during(database::cut, database::restore);
            case DATABASE_STALLED -> during(database::stall, database::restore);
            case SMTP_STOPPED -> during(this::stopSmtp, this::startSmtp);
            case SMTP_HUNG_AT_GREETING -> hang(SmtpStep.GREETING);
            case SMTP_HUNG_AT_MAIL -> hang(SmtpStep.MAIL);
            case SMTP_GREETED_421 -> during(
                    () -> smtp.on(SmtpStep.GREETING).replyThenDrop("421 4.3.2 Not available"), smtp::behave);
            case SMTP_ANSWERED_421 -> during(
                    () -> smtp.on(SmtpStep.MAIL).replyThenDrop("421 4.7.0 Too many mails"), smtp::behave);
            case SMTP_ANSWERED_451 -> some(SmtpStep.RCPT, 60, "451 4.3.0 Try again");
            case SMTP_ANSWERED_454 -> some(SmtpStep.RCPT, 60, "454 4.2.2 Mailbox busy");
            case SMTP_REFUSED_550 -> some(SmtpStep.RCPT, 3, "550 5.1.1 No such user");
            case SMTP_DROPPED_AT_DATA -> smtp.on(SmtpStep.DATA).times(1 + random.nextInt(20)).drop();
            case SMTP_DROPPED_AFTER_DOT -> smtp.on(SmtpStep.END_OF_DATA).times(1 + random.nextInt(5)).drop();
        }
    }

    private void during(Runnable begin, Runnable end) throws InterruptedException {
        begin.run();
        pause(200, 4_000);
        int meanwhile = random.nextInt(8);
        if (meanwhile < 3) {
            Act act = meanwhile < 2 ? Act.CONSUMER_KILLED : Act.API_KILLED;
            done.merge(act, 1, Integer::sum);
            perform(act);
            pause(200, 2_000);
        }
        end.run();
    }

    /** As a server does that is shut down: it finishes the mail at hand, says goodbye, and nobody listens any more. */
    private void stopSmtp() {
        smtpLine.refuse();
        smtp.on(SmtpStep.MAIL).replyThenDrop("421 4.3.2 Shutting down");
    }

    private void startSmtp() {
        smtp.behave();
        smtpLine.restore();
    }

    private void hang(SmtpStep step) throws InterruptedException {
        CountDownLatch released = new CountDownLatch(1);
        during(() -> smtp.on(step).after(released).drop(), () -> {
            smtp.behave();
            released.countDown();
        });
    }

    private void some(SmtpStep step, int most, String reply) {
        smtp.on(step).times(1 + random.nextInt(most)).reply(reply);
    }

    private void pause(int least, int most) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(least + random.nextInt(most - least));
    }
}
