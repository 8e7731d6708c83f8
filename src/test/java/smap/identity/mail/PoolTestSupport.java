package smap.identity.mail;

import static org.assertj.core.api.Assertions.catchThrowable;

import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import smap.identity.support.ScriptedSmtpServer;

/** Senders, the servers they talk to, and mails; all that was started is closed after the test. */
abstract class PoolTestSupport {

    /** Something a test does for one mail, whose id it is given. */
    interface Sending {
        Object send(String jobId) throws Exception;
    }

    final MailComposer composer = new MailComposer("no-reply@smap.example", "SMAP", Clock.systemUTC());
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final AtomicLong hurry = new AtomicLong();
    /** On a clock in whose time no mail keeps another back: nobody records them here. */
    private final UnrecordedMails unrecorded = new UnrecordedMails(() -> hurry.addAndGet(TimeUnit.SECONDS.toNanos(2)));

    @AfterEach
    void closeAll() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }

    /** Starts so many of them, on so many threads. */
    List<Future<?>> inParallel(int threads, int times, Sending sending) {
        ExecutorService workers = Executors.newFixedThreadPool(threads);
        opened.add(workers::shutdownNow);
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            String jobId = "job-" + i;
            running.add(workers.submit((Callable<Object>) () -> sending.send(jobId)));
        }
        return running;
    }

    /** To three recipients: to@, cc@ and bcc@example.com. */
    IdentifiedMessage copied(String jobId) throws MessagingException {
        return (IdentifiedMessage) composer.compose(
                new EmailData("s", "to@example.com", "b", null, null, List.of("cc@example.com"), List.of("bcc@example.com"), null), jobId);
    }

    @TempDir
    Path directory;

    ScriptedSmtpServer start(ScriptedSmtpServer.Builder builder) {
        ScriptedSmtpServer server = builder.start();
        opened.add(server);
        return server;
    }

    PooledMailSender sender(ScriptedSmtpServer server) {
        return sender(new Settings(server));
    }

    PooledMailSender sender(Settings settings) {
        PooledMailSender sender = new PooledMailSender(settings.toRecord(), unrecorded);
        opened.add(sender);
        return sender;
    }

    void send(PooledMailSender sender, int mails) throws MessagingException {
        for (int i = 0; i < mails; i++) {
            sender.send(mail("job-" + i));
        }
    }

    Throwable refusal(PooledMailSender sender) {
        return catchThrowable(() -> sender.send(mail("m")));
    }

    MimeMessage mail(String jobId) throws MessagingException {
        return composer.compose(new EmailData("s", "to@example.com", "<p>b</p>", null, null, null, null, null), jobId);
    }

    /** Settings that suit most tests; a test changes what it is about. */
    static final class Settings {

        final String host;
        int port;
        String username;
        String password;
        SmtpTls tls = SmtpTls.OFF;
        Path trustFile;
        boolean verify = true;
        int connections = 2;
        int mailsPerConnection = 100;
        Duration idleTimeout = Duration.ofSeconds(30);
        Duration connectTimeout = Duration.ofSeconds(5);
        Duration readTimeout = Duration.ofSeconds(10);
        Duration writeTimeout = Duration.ofSeconds(10);
        Duration sendTimeout = Duration.ofSeconds(60);
        int rate;

        Settings(ScriptedSmtpServer server) {
            host = server.host();
            port = server.port();
        }

        SmtpSettings toRecord() {
            return new SmtpSettings(
                    host, port, username, password, tls, trustFile, verify, connections, mailsPerConnection, idleTimeout, connectTimeout,
                    readTimeout, writeTimeout, sendTimeout, rate);
        }
    }
}
