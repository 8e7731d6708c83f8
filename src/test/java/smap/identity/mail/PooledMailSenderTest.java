package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLException;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.mail.MailConstants;
import org.apache.camel.impl.DefaultCamelContext;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.eclipse.angus.mail.util.MailConnectException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import smap.identity.support.FreePorts;
import smap.identity.support.LocalhostCertificate;
import smap.identity.support.ReceivedMail;
import smap.identity.support.ScriptedSmtpServer;
import smap.identity.support.SmtpStep;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PooledMailSenderTest extends PoolTestSupport {

    private static LocalhostCertificate certificate;

    @BeforeAll
    static void createCertificate() {
        certificate = LocalhostCertificate.create();
    }

    @Test
    void the_mail_arrives_as_composed_without_its_blind_recipients() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        MimeMessage mail = composer.compose(
                new EmailData("Grüße", "to@example.com", "<p>.\n.dots</p>", "t", null, List.of("cc@example.com"),
                        List.of("bcc@example.com"), List.of()),
                "job-1");

        sender(server).send(mail);

        ReceivedMail received = server.mails().get(0);
        assertThat(received.from()).isEqualTo("no-reply@smap.example");
        assertThat(received.recipients()).containsExactly("to@example.com", "cc@example.com", "bcc@example.com");
        assertThat(received.rawText()).doesNotContainIgnoringCase("bcc");
        assertThat(received.parsed().getMessageID()).isEqualTo("<job-1@smap.example>");
        assertThat(received.parsed().getSubject()).isEqualTo("Grüße");
    }

    @Test
    void a_saved_message_is_written_byte_by_byte() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        String raw = "From: a@example.com\r\nTo: b@example.com\r\nmessage-id:   <x@y>\r\nMIME-Version: 1.0\r\n"
                + "Date: Wed, 2 Jan 2030 03:04:05 +0000\r\nContent-Type: text/plain; charset=\"us-ascii\"\r\n\r\n.dot\r\nend\r\n";

        sender(server).send(new MimeMessage((Session) null, new ByteArrayInputStream(raw.getBytes(StandardCharsets.US_ASCII))));

        assertThat(server.mails().get(0).rawText()).isEqualTo(raw);
    }

    @Test
    void a_message_that_was_not_saved_keeps_its_message_id() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        MimeMessage mail = new MimeMessage((Session) null);
        mail.setFrom("a@example.com");
        mail.setRecipients(MimeMessage.RecipientType.TO, "b@example.com");
        mail.setHeader("Message-ID", "<mine@example.com>");
        mail.setText("t");

        sender(server).send(mail);

        MimeMessage received = server.mails().get(0).parsed();
        assertThat(received.getMessageID()).isEqualTo("<mine@example.com>");
        assertThat(received.getSentDate()).isNotNull();
        assertThat(received.getHeader("MIME-Version")).containsExactly("1.0");
    }

    @Test
    void mails_in_a_row_share_a_connection() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        PooledMailSender sender = sender(server);

        send(sender, 5);

        assertThat(server.mails()).hasSize(5);
        assertThat(server.connections()).isEqualTo(1);
        assertThat(sender.getOpened()).isEqualTo(1);
        assertThat(sender.getIdle()).isEqualTo(1);
        assertThat(sender.getActive()).isZero();
    }

    @Test
    void a_connection_is_closed_in_order_after_its_share_of_mails() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        Settings settings = new Settings(server);
        settings.connections = 1;
        settings.mailsPerConnection = 2;

        send(sender(settings), 5);

        assertThat(server.mails()).extracting(ReceivedMail::connection).containsExactly(1, 1, 2, 2, 3);
        assertThat(server.commands("QUIT")).extracting(command -> command.connection()).containsExactly(1, 2);
        assertThat(server.mostOpenConnections()).isEqualTo(1);
    }

    @Test
    void no_more_connections_are_open_than_allowed() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        CountDownLatch four = new CountDownLatch(1);
        server.on(SmtpStep.END_OF_DATA).after(four).proceed();
        Settings settings = new Settings(server);
        settings.connections = 4;
        settings.mailsPerConnection = 3;
        PooledMailSender sender = sender(settings);

        ExecutorService workers = Executors.newFixedThreadPool(16);
        List<Future<?>> sends = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            String id = "job-" + i;
            sends.add(workers.submit(() -> {
                sender.send(mail(id));
                return null;
            }));
        }
        await().until(() -> server.mostMailsUnderWay() == 4 && sender.getActive() == 4);
        four.countDown();
        for (Future<?> send : sends) {
            send.get(30, TimeUnit.SECONDS);
        }
        workers.shutdown();

        assertThat(server.mails()).hasSize(64);
        assertThat(server.mails()).extracting(mail -> mail.parsed().getMessageID()).doesNotHaveDuplicates();
        assertThat(server.mostMailsUnderWay()).isEqualTo(4);
        assertThat(server.connections()).isGreaterThanOrEqualTo(64 / 3);
        assertThat(sender.getActive()).isZero();
    }

    @Test
    void a_caller_that_waits_too_long_for_a_connection_is_told_so() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        CountDownLatch release = new CountDownLatch(1);
        server.on(SmtpStep.MAIL).after(release).proceed();
        Settings settings = new Settings(server);
        settings.connections = 1;
        settings.connectTimeout = Duration.ofMillis(50);
        settings.readTimeout = Duration.ofMillis(5_000);
        PooledMailSender sender = sender(settings);
        ExecutorService worker = Executors.newSingleThreadExecutor();
        Future<?> first = worker.submit(() -> {
            sender.send(mail("first"));
            return null;
        });
        await().until(() -> sender.getActive() == 1);

        NoFreeConnectionException refusal = catchThrowableOfType(NoFreeConnectionException.class, sender::probe);

        assertThat(refusal).hasMessage("all 1 connections were busy for 50 ms");
        assertThat(SmtpPhase.of(refusal)).isEqualTo(SmtpPhase.CONNECT);
        release.countDown();
        first.get(10, TimeUnit.SECONDS);
        worker.shutdown();
    }

    @Test
    void an_unused_connection_is_closed_in_order() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        Settings settings = new Settings(server);
        settings.idleTimeout = Duration.ofMillis(100);
        PooledMailSender sender = sender(settings);

        send(sender, 1);

        await().until(() -> server.openConnections() == 0);
        assertThat(sender.getIdle()).isZero();
        assertThat(server.commands("QUIT")).hasSize(1);
    }

    @Test
    void a_connection_the_server_left_is_replaced_without_failing_the_mail() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        PooledMailSender sender = sender(server);
        send(sender, 1);

        server.dropConnections();
        await().until(() -> server.openConnections() == 0);
        send(sender, 1);
        server.dropConnections("421 4.4.2 Idle too long");
        await().until(() -> server.openConnections() == 0);
        send(sender, 1);

        assertThat(server.offeredMails()).hasSize(3);
        assertThat(server.connections()).isEqualTo(3);
        assertThat(sender.getActive()).isZero();
    }

    @Test
    void a_connection_is_replaced_only_once() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        PooledMailSender sender = sender(server);
        send(sender, 1);
        server.on(SmtpStep.MAIL).replyThenDrop("421 4.3.2 Going down");

        SMTPSendFailedException failure = catchThrowableOfType(SMTPSendFailedException.class, () -> sender.send(mail("m")));

        assertThat(failure.getReturnCode()).isEqualTo(421);
        assertThat(SmtpPhase.of(failure)).isEqualTo(SmtpPhase.MAIL);
        assertThat(server.connections()).isEqualTo(2);
        assertThat(sender.getIdle()).isZero();
        assertThat(sender.getActive()).isZero();
    }

    @Test
    void a_connection_lost_after_the_sender_was_accepted_fails_the_mail() throws Exception {
        for (SmtpStep step : new SmtpStep[] {SmtpStep.RCPT, SmtpStep.DATA, SmtpStep.CONTENT}) {
            ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
            PooledMailSender sender = sender(server);
            send(sender, 1);
            server.on(step).nth(1).drop();

            MessagingException failure = catchThrowableOfType(MessagingException.class, () -> sender.send(mail("m")));

            assertThat(SmtpPhase.of(failure)).isIn(SmtpPhase.valueOf(step.name()), SmtpPhase.END_OF_DATA);
            assertThat(server.connections()).isEqualTo(1);
            send(sender, 1);
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    @Test
    void a_mail_is_not_sent_again_after_its_final_dot() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        PooledMailSender sender = sender(server);
        send(sender, 1);
        server.on(SmtpStep.END_OF_DATA).drop();

        MessagingException failure = catchThrowableOfType(MessagingException.class, () -> sender.send(mail("m")));

        assertThat(SmtpPhase.of(failure)).isEqualTo(SmtpPhase.END_OF_DATA);
        await().until(() -> server.openConnections() == 0);
        assertThat(server.offeredMails()).hasSize(2);
        assertThat(server.commands("DATA")).hasSize(2);
        assertThat(server.connections()).isEqualTo(1);
    }

    @Test
    void a_mail_keeps_its_final_dot_back_until_the_one_before_it_is_on_record() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        UnrecordedMails unrecorded = new UnrecordedMails(() -> 0);
        try (PooledMailSender sender = new PooledMailSender(new Settings(server).toRecord(), unrecorded)) {
            sender.send(mail("first"));
            FutureTask<Void> sending = new FutureTask<>(() -> {
                sender.send(mail("second"));
                return null;
            });
            Thread second = new Thread(sending);
            second.setDaemon(true);
            second.start();
            await().until(() -> server.commands("DATA").size() == 2 && second.getState() == Thread.State.TIMED_WAITING);
            assertThat(server.offeredMails()).hasSize(1);

            unrecorded.settled("first");

            sending.get(10, TimeUnit.SECONDS);
            assertThat(server.mails()).hasSize(2);
        }
    }

    @Test
    void a_mail_that_is_refused_at_its_final_dot_keeps_no_other_back() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        server.on(SmtpStep.END_OF_DATA).nth(1).reply("451 4.3.0 later");
        UnrecordedMails unrecorded = new UnrecordedMails(() -> 0);
        try (PooledMailSender sender = new PooledMailSender(new Settings(server).toRecord(), unrecorded)) {
            assertThat(refusal(sender)).isInstanceOf(MessagingException.class);

            assertThat(unrecorded.timeToWait()).isZero();
        }
    }

    @Test
    void a_refused_mail_leaves_its_connection_in_use() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        PooledMailSender sender = sender(server);
        server.on(SmtpStep.MAIL).nth(1).reply("550 5.7.1 not you");
        server.on(SmtpStep.RCPT).nth(1).reply("550 5.1.1 nobody here");
        server.on(SmtpStep.DATA).nth(1).reply("451 4.3.0 later");
        server.on(SmtpStep.END_OF_DATA).nth(1).reply("554 5.6.0 spam");

        assertThat(replyCode(refusal(sender))).isEqualTo(550);
        Throwable recipient = refusal(sender);
        assertThat(recipient).isExactlyInstanceOf(SendFailedException.class);
        assertThat(recipient.getCause())
                .isInstanceOfSatisfying(SMTPAddressFailedException.class, e -> assertThat(e.getReturnCode()).isEqualTo(550));
        assertThat(SmtpPhase.of(recipient)).isEqualTo(SmtpPhase.RCPT);
        assertThat(replyCode(refusal(sender))).isEqualTo(451);
        assertThat(replyCode(refusal(sender))).isEqualTo(554);
        send(sender, 1);

        assertThat(server.connections()).isEqualTo(1);
        assertThat(server.commands("RSET")).hasSize(4);
        assertThat(server.mails()).hasSize(1);
    }

    @Test
    void a_recipient_that_is_refused_does_not_keep_the_mail_from_the_others() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        PooledMailSender sender = sender(server);
        server.on(SmtpStep.RCPT).forRecipient("to@example.com").reply("550-5.1.1 nobody\n550 5.1.1 here");
        server.on(SmtpStep.RCPT).forRecipient("bcc@example.com").reply("450 4.2.1 not now");
        IdentifiedMessage mail = copied("m");

        sender.send(mail);

        assertThat(server.mails()).singleElement()
                .satisfies(received -> assertThat(received.recipients()).containsExactly("cc@example.com"));
        assertThat(mail.refused()).extracting(RefusedRecipient::address).containsExactly("to@example.com", "bcc@example.com");
        assertThat(mail.refused().get(0).reply()).startsWith("550-5.1.1 nobody").contains("550 5.1.1 here");
        assertThat(mail.refused().get(1).reply()).startsWith("450 4.2.1 not now");
        server.behave();
        send(sender, 1);
        assertThat(server.connections()).as("the connection stays in use").isEqualTo(1);
        assertThat(server.commands("RSET")).isEmpty();
    }

    @Test
    void a_mail_that_nobody_may_get_is_refused() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        server.on(SmtpStep.RCPT).reply("550 5.1.1 nobody here");
        IdentifiedMessage mail = copied("m");

        assertThatThrownBy(() -> sender(server).send(mail)).isExactlyInstanceOf(SendFailedException.class);

        assertThat(server.commands("RCPT")).hasSize(3);
        assertThat(server.commands("DATA")).isEmpty();
        assertThat(mail.refused()).isEmpty();
    }

    @Test
    void a_refusal_is_known_even_if_the_server_does_not_answer_the_reset_after_it() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        PooledMailSender sender = sender(server);
        server.on(SmtpStep.END_OF_DATA).reply("554 5.6.0 spam");
        server.on(SmtpStep.RSET).reset();

        assertThat(replyCode(refusal(sender))).isEqualTo(554);

        assertThat(sender.getIdle()).isZero();
    }

    @Test
    void a_421_in_the_middle_of_a_mail_gives_its_connection_up() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        PooledMailSender sender = sender(server);
        server.on(SmtpStep.RCPT).nth(2).reply("421 4.3.2 Going down");

        SMTPSendFailedException failure = catchThrowableOfType(SMTPSendFailedException.class, () -> sender.send(copied("m")));
        assertThat(failure.getReturnCode()).isEqualTo(421);
        assertThat(SmtpPhase.of(failure)).isEqualTo(SmtpPhase.RCPT);
        assertThat(server.commands("RCPT")).as("the other recipients are not asked for on a line that is closing").hasSize(2);
        assertThat(sender.getIdle()).isZero();
        send(sender, 1);

        assertThat(server.connections()).isEqualTo(2);
    }

    @Test
    void contents_that_cannot_be_read_leave_no_half_mail_behind() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        Settings settings = new Settings(server);
        // A QUIT here would be taken for contents, and its answer awaited this long.
        settings.readTimeout = Duration.ofMinutes(5);
        PooledMailSender sender = sender(settings);
        MimeMessage mail = new MimeMessage(mail("m")) {
            @Override
            public void writeTo(OutputStream out, String[] ignored) throws IOException {
                out.write("Subject: half\r\n".getBytes(StandardCharsets.US_ASCII));
                throw new IllegalStateException("contents gone");
            }
        };

        assertThatThrownBy(() -> sender.send(mail)).hasMessage("contents gone");

        await().until(() -> server.openConnections() == 0);
        assertThat(server.offeredMails()).isEmpty();
        assertThat(sender.getActive()).isZero();
        send(sender, 1);
    }

    @Test
    void a_silent_server_frees_the_slot_after_the_read_limit() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        Settings settings = new Settings(server);
        settings.connections = 1;
        settings.readTimeout = Duration.ofMillis(200);
        PooledMailSender sender = sender(settings);
        send(sender, 1);
        server.on(SmtpStep.MAIL).nth(1).hang();

        assertThat(refusal(sender)).isInstanceOf(MessagingException.class).hasCauseInstanceOf(SocketTimeoutException.class);

        assertThat(server.connections()).as("a slow server is not asked twice").isEqualTo(1);
        assertThat(sender.getActive()).isZero();
        send(sender, 1);
        assertThat(server.mails()).hasSize(2);
    }

    @Test
    void a_server_that_does_not_read_frees_the_slot_after_the_write_limit() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        Settings settings = new Settings(server);
        settings.connections = 1;
        settings.writeTimeout = Duration.ofMillis(300);
        PooledMailSender sender = sender(settings);
        server.on(SmtpStep.CONTENT).nth(1).hang();
        Attachment large = new Attachment("large", null, new byte[16 * 1024 * 1024]);
        MimeMessage mail = composer.compose(new EmailData("s", "to@example.com", "b", null, null, null, null, List.of(large)), "large");

        MessagingException failure = catchThrowableOfType(MessagingException.class, () -> sender.send(mail));

        assertThat(SmtpPhase.of(failure)).isEqualTo(SmtpPhase.CONTENT);
        send(sender, 1);
    }

    @ParameterizedTest
    @EnumSource(value = SmtpStep.class, names = {"GREETING", "EHLO", "MAIL", "RCPT", "DATA", "END_OF_DATA"})
    void a_server_that_drips_frees_the_slot_after_the_whole_mails_limit(SmtpStep step) throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        Settings settings = new Settings(server);
        settings.connections = 1;
        settings.sendTimeout = Duration.ofMillis(300);
        PooledMailSender sender = sender(settings);
        server.on(step).nth(1).dripping(Duration.ofMillis(50)).reply("250 a reply that takes longer than that");

        Throwable failure = refusal(sender);

        assertThat(failure).isExactlyInstanceOf(MessagingException.class).hasRootCauseMessage("not done after 300 ms");
        boolean before = step == SmtpStep.GREETING || step == SmtpStep.EHLO;
        assertThat(SmtpPhase.of(failure)).isEqualTo(before ? SmtpPhase.CONNECT : SmtpPhase.valueOf(step.name()));
        assertThat(server.connections()).as("a slow server is not asked twice").isEqualTo(1);
        assertThat(sender.getActive()).isZero();
        send(sender, 1);
        assertThat(server.connections()).isEqualTo(2);
    }

    @Test
    void a_server_that_drips_over_tls_is_cut_too() throws Exception {
        for (SmtpTls tls : new SmtpTls[] {SmtpTls.REQUIRED, SmtpTls.IMPLICIT}) {
            ScriptedSmtpServer server = start(tls == SmtpTls.IMPLICIT
                    ? ScriptedSmtpServer.plain().implicitTls(certificate)
                    : ScriptedSmtpServer.plain().startTls(certificate));
            Settings settings = new Settings(server);
            settings.connections = 1;
            settings.tls = tls;
            settings.trustFile = trustFile();
            PooledMailSender first = sender(settings);
            send(first, 1);
            settings.sendTimeout = Duration.ofMillis(1_500);
            PooledMailSender sender = sender(settings);
            server.on(SmtpStep.END_OF_DATA).dripping(Duration.ofMillis(100)).reply("250 2.0.0 queued, and many more words of no use");

            Throwable failure = refusal(sender);

            assertThat(failure).hasRootCauseMessage("not done after 1500 ms");
            assertThat(DeliveryFailure.of(failure).type()).isEqualTo(FailureClass.UNKNOWN);
            assertThat(sender.getActive()).isZero();
        }
    }

    @Test
    void an_idle_connection_that_drips_is_not_replaced_to_drip_again() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        Settings settings = new Settings(server);
        settings.sendTimeout = Duration.ofMillis(300);
        PooledMailSender sender = sender(settings);
        send(sender, 1);
        server.on(SmtpStep.MAIL).dripping(Duration.ofMillis(50)).proceed();

        assertThat(refusal(sender)).hasRootCauseMessage("not done after 300 ms");

        assertThat(server.connections()).isEqualTo(1);
    }

    @Test
    void a_thousand_mails_that_hang_cost_no_slot_for_good() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        Settings settings = new Settings(server);
        settings.connections = 16;
        settings.mailsPerConnection = 1;
        settings.readTimeout = Duration.ofMillis(50);
        PooledMailSender sender = sender(settings);
        for (SmtpStep step : new SmtpStep[] {SmtpStep.GREETING, SmtpStep.MAIL, SmtpStep.RCPT, SmtpStep.END_OF_DATA, SmtpStep.QUIT}) {
            server.on(step).hang();
            for (Future<?> send : inParallel(20, 200, job -> catchThrowable(() -> sender.send(mail(job))))) {
                send.get(30, TimeUnit.SECONDS);
            }
            server.behave();
        }

        CountDownLatch all = new CountDownLatch(16);
        List<Future<?>> sends = inParallel(16, 16, job -> {
            AtomicBoolean come = new AtomicBoolean();
            MimeMessage mail = new MimeMessage(mail(job)) {
                @Override
                public void writeTo(OutputStream out, String[] ignored) {
                    come.set(true);
                    all.countDown();
                    awaitQuietly(all);
                    throw new IllegalStateException("all have come");
                }
            };
            // With so short a read limit a busy machine may well need more than one try to come so far.
            while (!come.get()) {
                catchThrowable(() -> sender.send(mail));
            }
            return null;
        });
        for (Future<?> send : sends) {
            send.get(30, TimeUnit.SECONDS);
        }

        await().until(() -> sender.getActive() == 0);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void starttls_protects_the_mail_if_offered() throws Exception {
        for (SmtpTls tls : new SmtpTls[] {SmtpTls.REQUIRED, SmtpTls.OPPORTUNISTIC}) {
            ScriptedSmtpServer server = start(ScriptedSmtpServer.plain().startTls(certificate));
            Settings settings = new Settings(server);
            settings.tls = tls;
            settings.trustFile = trustFile();

            send(sender(settings), 2);

            assertThat(server.mails()).hasSize(2).allMatch(ReceivedMail::tls);
        }
    }

    @Test
    void starttls_that_is_required_but_not_offered_fails_before_the_mail() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        Settings settings = new Settings(server);
        settings.tls = SmtpTls.REQUIRED;

        MessagingException failure = catchThrowableOfType(MessagingException.class, () -> sender(settings).send(mail("m")));

        assertThat(failure).hasMessageContaining("STARTTLS is required");
        assertThat(SmtpPhase.of(failure)).isEqualTo(SmtpPhase.CONNECT);
        assertThat(server.commands("MAIL")).isEmpty();
    }

    @Test
    void opportunistic_tls_does_without_it_and_off_does_not_ask() throws Exception {
        ScriptedSmtpServer without = start(ScriptedSmtpServer.plain());
        Settings opportunistic = new Settings(without);
        opportunistic.tls = SmtpTls.OPPORTUNISTIC;
        send(sender(opportunistic), 1);
        assertThat(without.mails()).hasSize(1);

        ScriptedSmtpServer with = start(ScriptedSmtpServer.plain().startTls(certificate));
        send(sender(with), 1);
        assertThat(with.mails()).hasSize(1).noneMatch(ReceivedMail::tls);
        assertThat(with.commands("STARTTLS")).isEmpty();
    }

    @Test
    void implicit_tls_protects_from_the_first_byte() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain().implicitTls(certificate));
        Settings settings = new Settings(server);
        settings.tls = SmtpTls.IMPLICIT;
        settings.trustFile = trustFile();

        send(sender(settings), 2);

        assertThat(server.mails()).hasSize(2).allMatch(ReceivedMail::tls);
    }

    @Test
    void a_certificate_nobody_trusts_is_refused() throws Exception {
        for (SmtpTls tls : new SmtpTls[] {SmtpTls.REQUIRED, SmtpTls.OPPORTUNISTIC, SmtpTls.IMPLICIT}) {
            ScriptedSmtpServer server = start(tls == SmtpTls.IMPLICIT
                    ? ScriptedSmtpServer.plain().implicitTls(certificate)
                    : ScriptedSmtpServer.plain().startTls(certificate));
            Settings settings = new Settings(server);
            settings.tls = tls;

            Throwable failure = catchThrowable(() -> sender(settings).send(mail("m")));

            assertThat(failure).isInstanceOf(MessagingException.class).hasCauseInstanceOf(SSLException.class);
            assertThat(SmtpPhase.of(failure)).isEqualTo(SmtpPhase.CONNECT);
            assertThat(server.commands("MAIL")).isEmpty();
        }
    }

    @Test
    void a_certificate_of_another_host_is_refused_unless_nothing_is_verified() throws Exception {
        LocalhostCertificate other = LocalhostCertificate.createForOtherHost();
        for (SmtpTls tls : new SmtpTls[] {SmtpTls.REQUIRED, SmtpTls.IMPLICIT}) {
            ScriptedSmtpServer server = start(tls == SmtpTls.IMPLICIT
                    ? ScriptedSmtpServer.plain().implicitTls(other)
                    : ScriptedSmtpServer.plain().startTls(other));
            Settings settings = new Settings(server);
            settings.tls = tls;
            settings.trustFile = Files.writeString(directory.resolve("other.pem"), other.pem());

            assertThatThrownBy(() -> sender(settings).send(mail("m"))).hasCauseInstanceOf(SSLException.class);

            settings.trustFile = null;
            settings.verify = false;
            send(sender(settings), 1);
            assertThat(server.mails()).hasSize(1).allMatch(ReceivedMail::tls);
        }
    }

    @Test
    void a_trust_file_without_certificates_is_refused_at_the_start() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        Settings settings = new Settings(server);
        settings.trustFile = Files.createFile(directory.resolve("empty.pem"));
        assertThatThrownBy(() -> sender(settings)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("trustFile");

        settings.trustFile = directory.resolve("absent.pem");
        assertThatThrownBy(() -> sender(settings)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("trustFile");
    }

    @Test
    void the_account_logs_in_by_plain_or_login() throws Exception {
        for (String mechanism : new String[] {"PLAIN", "LOGIN"}) {
            ScriptedSmtpServer server = start(ScriptedSmtpServer.plain().startTls(certificate).account("ann", "pässword", mechanism));
            Settings settings = new Settings(server);
            settings.tls = SmtpTls.REQUIRED;
            settings.trustFile = trustFile();
            settings.username = "ann";
            settings.password = "pässword";

            send(sender(settings), 2);

            assertThat(server.mails()).extracting(ReceivedMail::user).containsExactly("ann", "ann");
            assertThat(server.commands("AUTH")).hasSize(1);
        }
    }

    @Test
    void a_wrong_password_fails_before_the_mail() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain().account("ann", "right"));
        Settings settings = new Settings(server);
        settings.username = "ann";
        settings.password = "wrong";
        PooledMailSender sender = sender(settings);

        AuthenticationFailedException failure = catchThrowableOfType(AuthenticationFailedException.class, () -> sender.send(mail("m")));

        assertThat(failure).hasMessageContaining("535");
        assertThat(SmtpPhase.of(failure)).isEqualTo(SmtpPhase.CONNECT);
        assertThat(server.commands("AUTH")).as("a second try could lock the account").hasSize(1);
        assertThat(server.commands("MAIL")).isEmpty();
        assertThat(sender.getActive()).isZero();
    }

    @Test
    void a_server_that_is_away_or_greets_with_421_is_told_apart_by_its_phase() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        server.on(SmtpStep.GREETING).replyThenDrop("421 4.3.2 Not now");
        Throwable greeted = refusal(sender(server));
        assertThat(greeted).hasMessageContaining("421");
        assertThat(SmtpPhase.of(greeted)).isEqualTo(SmtpPhase.CONNECT);

        Settings settings = new Settings(server);
        settings.port = FreePorts.one();
        Throwable away = refusal(sender(settings));
        assertThat(away).isInstanceOf(MailConnectException.class);
        assertThat(SmtpPhase.of(away)).isEqualTo(SmtpPhase.CONNECT);
    }

    @Test
    void a_probe_logs_in_anew_and_sends_nothing() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain().account("ann", "right"));
        Settings settings = new Settings(server);
        settings.username = "ann";
        settings.password = "right";
        settings.connections = 1;
        PooledMailSender sender = sender(settings);
        send(sender, 1);

        sender.probe();

        assertThat(server.commands("AUTH")).hasSize(2);
        assertThat(server.commands("NOOP")).hasSize(1);
        assertThat(server.commands("MAIL")).hasSize(1);
        assertThat(sender.getIdle()).isEqualTo(1);
        server.on(SmtpStep.AUTH).reply("535 5.7.8 changed");
        assertThatThrownBy(sender::probe).isInstanceOf(AuthenticationFailedException.class);
        assertThat(sender.getActive()).isZero();
    }

    @Test
    void closing_waits_for_the_mail_under_way_and_says_goodbye() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        PooledMailSender sender = sender(server);
        send(sender, 1);
        CountDownLatch release = new CountDownLatch(1);
        server.on(SmtpStep.END_OF_DATA).after(release).proceed();
        ExecutorService workers = Executors.newFixedThreadPool(2);
        Future<?> send = workers.submit(() -> {
            sender.send(mail("m"));
            return null;
        });
        await().until(() -> server.commands("DATA").size() == 2);
        Future<?> close = workers.submit(() -> sender.close(Duration.ofSeconds(10)));
        await().until(() -> catchThrowable(sender::probe) instanceof NoFreeConnectionException);

        assertThat(close).isNotDone();
        release.countDown();
        send.get(10, TimeUnit.SECONDS);
        close.get(10, TimeUnit.SECONDS);
        workers.shutdown();

        assertThat(server.mails()).hasSize(2);
        await().until(() -> server.openConnections() == 0);
        assertThat(server.commands("QUIT")).hasSize(server.connections());
    }

    @Test
    void closing_does_not_wait_for_ever_and_does_not_cut_the_mail_off() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        PooledMailSender sender = sender(server);
        CountDownLatch release = new CountDownLatch(1);
        server.on(SmtpStep.DATA).after(release).proceed();
        ExecutorService worker = Executors.newSingleThreadExecutor();
        Future<?> send = worker.submit(() -> {
            sender.send(mail("m"));
            return null;
        });
        await().until(() -> server.commands("DATA").size() == 1);

        sender.close(Duration.ofMillis(50));
        release.countDown();
        send.get(10, TimeUnit.SECONDS);
        worker.shutdown();

        assertThat(server.mails()).hasSize(1);
        await().until(() -> server.commands("QUIT").size() == 1);
    }

    @Test
    void camels_smtp_endpoint_sends_a_finished_message_through_the_pool() throws Exception {
        ScriptedSmtpServer server = start(ScriptedSmtpServer.plain());
        PooledMailSender sender = sender(server);
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            camel.getRegistry().bind("mailSender", sender);
            camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:send").to("smtp:mail-server?javaMailSender=#bean:mailSender");
                }
            });
            camel.start();
            for (int i = 0; i < 2; i++) {
                MimeMessage mail = mail("job-" + i);
                Object id = camel.createFluentProducerTemplate()
                        .to("direct:send")
                        .withBody(mail)
                        .send()
                        .getMessage()
                        .getHeader(MailConstants.MAIL_MESSAGE_ID);
                assertThat(id).isEqualTo("<job-" + i + "@smap.example>");
            }
            server.on(SmtpStep.RCPT).reply("550 5.1.1 nobody here");
            Exception failure = camel.createFluentProducerTemplate().to("direct:send").withBody(mail("job-2")).send().getException();
            assertThat(failure).isExactlyInstanceOf(SendFailedException.class);
        }

        assertThat(server.mails()).extracting(mail -> mail.parsed().getMessageID())
                .containsExactly("<job-0@smap.example>", "<job-1@smap.example>");
        assertThat(server.connections()).isEqualTo(1);
    }

    @Test
    void settings_that_cannot_work_are_refused_and_the_password_is_not_printed() throws Exception {
        Settings settings = new Settings(start(ScriptedSmtpServer.plain()));
        settings.username = "ann";
        settings.password = "secret";
        assertThat(settings.toRecord().toString()).doesNotContain("secret").doesNotContain("ann");

        settings.connections = 0;
        assertThatThrownBy(settings::toRecord).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("connections");
        settings.connections = 1;
        settings.readTimeout = Duration.ZERO;
        assertThatThrownBy(settings::toRecord).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("readTimeout");
    }

    private Path trustFile() throws IOException {
        return Files.writeString(directory.resolve("trust.pem"), certificate.pem());
    }

    private static int replyCode(Throwable refusal) {
        assertThat(refusal).isInstanceOf(SMTPSendFailedException.class);
        return ((SMTPSendFailedException) refusal).getReturnCode();
    }
}
