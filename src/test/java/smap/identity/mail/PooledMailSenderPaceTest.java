package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.camel.component.mail.JavaMailSender;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import smap.identity.support.ReceivedMail;
import smap.identity.support.RecordedLog;
import smap.identity.support.ScriptedSmtpServer;
import smap.identity.support.SmtpStep;

/** How many connections and mails a second the pool uses, and for whom. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PooledMailSenderPaceTest extends PoolTestSupport {

    @RegisterExtension
    final RecordedLog log = new RecordedLog(SendingPace.class.getName());

    @Test
    void bulk_mail_leaves_a_connection_to_the_others() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        Settings settings = new Settings(server);
        settings.connections = 4;
        PooledMailSender sender = sender(settings);
        JavaMailSender bulk = sender.bulk();
        CountDownLatch release = new CountDownLatch(1);
        server.on(SmtpStep.END_OF_DATA).times(3).after(release).proceed();
        List<Future<?>> bulks = inParallel(8, 8, job -> {
            bulk.send(mail("bulk-" + job));
            return null;
        });
        await().until(() -> sender.getActive() == 3 && server.commands("DATA").size() == 3);

        send(sender, 5);

        assertThat(server.mails()).hasSize(5);
        release.countDown();
        all(bulks);
        assertThat(server.mails()).hasSize(13);
        assertThat(server.mostMailsUnderWay()).isEqualTo(4);
        assertThat(sender.getActive()).isZero();
    }

    @Test
    void one_connection_serves_bulk_mail_too() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        Settings settings = new Settings(server);
        settings.connections = 1;
        PooledMailSender sender = sender(settings);

        sender.bulk().send(mail("bulk"));
        send(sender, 1);

        assertThat(server.mails()).extracting(ReceivedMail::connection).containsExactly(1, 1);
    }

    @Test
    void a_route_names_the_bulk_view_as_a_bean_of_its_own() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        PooledMailSender sender = sender(server);
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            camel.getRegistry().bind("mailSender", sender);
            PluginHelper.getRoutesLoader(camel).loadRoutes(ResourceHelper.fromString("bulk.camel.yaml", """
                    - beans:
                        - name: bulkMailSender
                          type: smap.identity.mail.BulkMailSender
                          constructors:
                            "0": "#bean:mailSender"
                    - route:
                        from:
                          uri: direct:send
                          steps:
                            - to:
                                uri: smtp:mail-server
                                parameters:
                                  javaMailSender: "#bean:bulkMailSender"
                    """));
            camel.start();
            camel.createProducerTemplate().sendBody("direct:send", mail("bulk"));
            assertThat(camel.getRegistry().lookupByName("bulkMailSender")).isInstanceOf(BulkMailSender.class);
        }

        assertThat(server.mails()).hasSize(1);
        assertThat(sender.getIdle()).isEqualTo(1);
    }

    @Test
    void bulk_mail_waits_at_least_as_long_as_a_mail_may_take() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        Settings settings = new Settings(server);
        settings.connections = 1;
        settings.connectTimeout = Duration.ofMillis(20);
        settings.readTimeout = Duration.ofMillis(80);
        settings.sendTimeout = Duration.ofMillis(600);
        PooledMailSender sender = sender(settings);
        CountDownLatch release = new CountDownLatch(1);
        MimeMessage slow = new MimeMessage(mail("slow")) {
            @Override
            public void writeTo(OutputStream out, String[] ignored) {
                await().forever().until(() -> release.getCount() == 0);
            }
        };
        List<Future<?>> first = inParallel(1, 1, job -> catchThrowable(() -> sender.send(slow)));
        await().until(() -> sender.getActive() == 1);

        assertThat(refusal(sender)).hasMessage("all 1 connections were busy for 100 ms");
        assertThat(catchThrowable(() -> sender.bulk().send(mail("bulk"))))
                .isInstanceOf(NoFreeConnectionException.class)
                .hasMessage("all 1 connections were busy for 600 ms");

        release.countDown();
        all(first);
    }

    @Test
    void no_more_mails_are_sent_than_the_rate_allows() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        Settings settings = new Settings(server);
        settings.rate = 20;
        PooledMailSender sender = sender(settings);
        assertThat(sender.getRateLimit()).isEqualTo(20);
        long start = System.nanoTime();

        send(sender, 10);
        for (int i = 0; i < 5; i++) {
            sender.bulk().send(mail("bulk-" + i));
        }

        // one at once, what a tenth of a second would bring, and the others one each 50 ms
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(550));
        assertThat(server.mails()).hasSize(15);
    }

    @Test
    void a_server_that_takes_no_more_connections_gets_the_mails_over_those_it_has() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain().connectionLimit(2));
        Settings settings = new Settings(server);
        settings.connections = 8;
        PooledMailSender sender = sender(settings);
        CountDownLatch both = new CountDownLatch(1);
        server.on(SmtpStep.END_OF_DATA).times(2).after(both).proceed();
        List<Future<?>> sends = inParallel(2, 2, job -> {
            sender.send(mail("first-" + job));
            return null;
        });
        await().until(() -> server.commands("DATA").size() == 2);

        List<Future<?>> more = inParallel(6, 30, job -> {
            sender.send(mail(job));
            return null;
        });
        await().until(() -> sender.getConnectionLimit() == 2 && sender.getActive() == 2);
        both.countDown();
        all(sends);
        all(more);

        assertThat(server.mails()).hasSize(32);
        assertThat(sender.getConnectionLimit()).isEqualTo(2);
        assertThat(sender.getOpened()).isEqualTo(2);
        assertThat(sender.getRateLimit()).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(log.lines()).containsExactly("INFO The mail server takes no more connections connections=2");
    }

    @Test
    void a_probe_passes_where_the_server_takes_no_more_connections_but_keeps_those_it_has() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain().connectionLimit(1));
        PooledMailSender sender = sender(server);
        CountDownLatch release = new CountDownLatch(1);
        server.on(SmtpStep.END_OF_DATA).after(release).proceed();
        List<Future<?>> first = inParallel(1, 1, job -> {
            sender.send(mail(job));
            return null;
        });
        await().until(() -> server.commands("DATA").size() == 1);

        assertThat(catchThrowable(sender::probe)).isNull();

        release.countDown();
        all(first);
        assertThat(sender.getConnectionLimit()).isEqualTo(1);
        assertThat(sender.getActive()).isZero();
    }

    @Test
    void a_server_that_takes_no_connection_at_all_is_a_failure() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain().connectionLimit(0));
        PooledMailSender sender = sender(server);

        Throwable failure = refusal(sender);

        assertThat(DeliveryFailure.of(failure).type()).isEqualTo(FailureClass.ACCOUNT);
        assertThat(sender.getConnectionLimit()).isEqualTo(1);
        assertThat(server.connections()).isEqualTo(1);
    }

    @Test
    void connections_that_went_with_their_server_do_not_count_as_open() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        Settings settings = new Settings(server);
        settings.connections = 4;
        PooledMailSender sender = sender(settings);
        CountDownLatch release = new CountDownLatch(1);
        server.on(SmtpStep.END_OF_DATA).after(release).proceed();
        List<Future<?>> sends = inParallel(3, 3, job -> {
            sender.send(mail(job));
            return null;
        });
        await().until(() -> server.commands("DATA").size() == 3);
        release.countDown();
        all(sends);

        server.close();
        await().until(() -> server.openConnections() == 0);
        Throwable failure = refusal(sender);

        assertThat(DeliveryFailure.of(failure).type()).isEqualTo(FailureClass.ACCOUNT);
        assertThat(sender.getConnectionLimit()).as("an outage is no wish for fewer").isEqualTo(4);
        assertThat(sender.getIdle()).isZero();
    }

    @Test
    void a_server_that_says_too_many_gets_fewer_connections_and_mails() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        Settings settings = new Settings(server);
        settings.connections = 8;
        settings.rate = 1_000;
        PooledMailSender sender = sender(settings);
        server.on(SmtpStep.MAIL).nth(1).reply("454 4.7.0 Too fast");

        SMTPSendFailedException failure = (SMTPSendFailedException) refusal(sender);

        assertThat(failure.getReturnCode()).isEqualTo(454);
        assertThat(sender.getConnectionLimit()).isEqualTo(4);
        assertThat(sender.getRateLimit()).isEqualTo(500);
        assertThat(log.lines()).containsExactly("INFO The mail server asks for less connections=4 rate=500.0");
        send(sender, 1);
        assertThat(server.mails()).hasSize(1);
    }

    @Test
    void connections_above_a_lowered_limit_are_closed() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        Settings settings = new Settings(server);
        settings.connections = 4;
        settings.idleTimeout = Duration.ofSeconds(2);
        PooledMailSender sender = sender(settings);
        CountDownLatch all = new CountDownLatch(1);
        server.on(SmtpStep.END_OF_DATA).after(all).proceed();
        List<Future<?>> sends = inParallel(4, 4, job -> {
            sender.send(mail(job));
            return null;
        });
        await().until(() -> server.commands("DATA").size() == 4);
        all.countDown();
        all(sends);
        assertThat(server.openConnections()).isEqualTo(4);
        server.on(SmtpStep.DATA).nth(1).reply("451 4.3.2 Too many");

        assertThat(refusal(sender)).isInstanceOf(MessagingException.class);

        await().until(() -> server.openConnections() == 2);
        assertThat(sender.getConnectionLimit()).isEqualTo(2);
    }

    @Test
    void a_recipient_who_is_put_off_and_a_connection_that_idled_too_long_are_no_complaints() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        PooledMailSender sender = sender(server);
        server.on(SmtpStep.RCPT).nth(1).reply("454 4.7.1 Too many for this recipient");
        assertThat(refusal(sender)).isNotNull();
        server.dropConnections("421 4.4.2 Idle too long");
        await().until(() -> server.openConnections() == 0);

        send(sender, 1);

        assertThat(sender.getConnectionLimit()).isEqualTo(2);
        assertThat(log.lines()).isEmpty();
    }

    private static void all(List<Future<?>> sends) throws Exception {
        for (Future<?> send : sends) {
            send.get(20, TimeUnit.SECONDS);
        }
    }
}
