package smap.identity.embedded;

import com.icegreen.greenmail.mail.MailAddress;
import com.icegreen.greenmail.mail.MovingMessage;
import com.icegreen.greenmail.user.UserImpl;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.UUID;

/**
 * An SMTP server in this process, for development: it takes every mail to everyone on 127.0.0.1 and passes none on.
 * The newest mails are kept in memory, without the content of attachments.
 *
 * <p>Thread-safe.
 */
public final class EmbeddedMailServer implements AutoCloseable {

    private static final String HOST = "127.0.0.1";
    private static final int KEPT_MAILS = 500;
    private static final int KEPT_CHARACTERS = 32 * 1024 * 1024;
    /** As RFC 5321 (4.5.3.2.7) asks of a server, so that the client's pool decides how long a connection idles. */
    private static final Duration CLIENT_TIMEOUT = Duration.ofMinutes(5);

    private final GreenMail server;
    private final int port;
    private final Mailbox mailbox;

    private EmbeddedMailServer(GreenMail server, Mailbox mailbox) {
        this.server = server;
        this.port = server.getSmtp().getPort();
        this.mailbox = mailbox;
    }

    /** @throws EmbeddedServerException when it cannot be started */
    public static EmbeddedMailServer start() {
        return start(Clock.systemUTC());
    }

    /**
     * @param clock tells when a mail was received
     * @throws EmbeddedServerException when it cannot be started
     */
    public static EmbeddedMailServer start(Clock clock) {
        new LibraryLogs("com.icegreen.greenmail").quieten();
        ServerSetup setup = new ServerSetup(0, HOST, ServerSetup.PROTOCOL_SMTP);
        setup.setServerStartupTimeout(Duration.ofSeconds(10).toMillis());
        GreenMail server = new GreenMail(setup);
        Mailbox mailbox = new Mailbox(clock);
        server.getUserManager().setMessageDeliveryHandler((message, recipient) -> new Delivery(recipient, mailbox));
        server.getUserManager().setAuthRequired(false);
        try {
            server.start();
            server.getSmtp().setClientSocketTimeout((int) CLIENT_TIMEOUT.toMillis());
            return new EmbeddedMailServer(server, mailbox);
        } catch (RuntimeException e) {
            server.stop();
            throw new EmbeddedServerException("The embedded mail server did not start: " + e.getMessage()
                    + " Put it right, or set SMTP_HOST to an SMTP server.", e);
        }
    }

    public String host() {
        return HOST;
    }

    public int port() {
        return port;
    }

    /** Newest first, at most 500, fewer when they are long. */
    public List<ReceivedMail> mails() {
        return mailbox.mails();
    }

    /** Breaks the connections and forgets the mails. */
    @Override
    public void close() {
        server.stop();
        mailbox.clear();
    }

    /** Keeps mails by count and by length, since the length is the sender's choice. */
    private static final class Mailbox {

        private final Clock clock;
        private final Deque<ReceivedMail> newestFirst = new ArrayDeque<>();
        private long characters;

        private Mailbox(Clock clock) {
            this.clock = clock;
        }

        void add(MovingMessage envelope) throws MessagingException, IOException {
            List<String> recipients = envelope.getToAddresses().stream().map(MailAddress::getEmail).toList();
            ReceivedMail mail = new MailReader(envelope.getMessage())
                    .read(UUID.randomUUID().toString(), clock.instant(), envelope.getReturnPath().getEmail(), recipients);
            synchronized (this) {
                newestFirst.addFirst(mail);
                characters += length(mail);
                while (newestFirst.size() > KEPT_MAILS || characters > KEPT_CHARACTERS && newestFirst.size() > 1) {
                    characters -= length(newestFirst.removeLast());
                }
            }
        }

        synchronized List<ReceivedMail> mails() {
            return List.copyOf(newestFirst);
        }

        synchronized void clear() {
            newestFirst.clear();
            characters = 0;
        }

        private static long length(ReceivedMail mail) {
            return (mail.text() == null ? 0L : mail.text().length()) + (mail.html() == null ? 0L : mail.html().length());
        }
    }

    /** GreenMail delivers to one recipient after another, where one mail is wanted; its own mailboxes would grow without end. */
    private static final class Delivery extends UserImpl {

        private final MailAddress recipient;
        private final Mailbox mailbox;

        private Delivery(MailAddress recipient, Mailbox mailbox) {
            super(recipient.getEmail(), recipient.getEmail(), "", null);
            this.recipient = recipient;
            this.mailbox = mailbox;
        }

        @Override
        public void deliver(MovingMessage message) {
            if (message.getToAddresses().iterator().next() != recipient) {
                return;
            }
            try {
                mailbox.add(message);
            } catch (MessagingException | IOException e) {
                throw new IllegalStateException("the mail cannot be read", e);
            }
        }

        @Override
        public void deliver(MimeMessage message) {
            throw new UnsupportedOperationException("mails come by SMTP");
        }
    }
}
