package smap.identity.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A mail server on a free loopback port that accepts everything, except where the test says otherwise, and keeps account of all it heard.
 * Rules may be added while it runs. Thread-safe.
 *
 * <pre>{@code
 * try (ScriptedSmtpServer server = ScriptedSmtpServer.plain().start()) {
 *     server.on(SmtpStep.END_OF_DATA).nth(1).drop();
 * }
 * }</pre>
 */
public final class ScriptedSmtpServer implements AutoCloseable {

    /** What the server is before it starts. Not thread-safe. */
    public static final class Builder {

        private LocalhostCertificate certificate;
        private boolean implicitTls;
        private Map<String, String> accounts = Map.of();
        private List<String> mechanisms = List.of();
        private int connectionLimit = Integer.MAX_VALUE;
        private Consumer<ReceivedMail> reader;

        /** Offers STARTTLS. */
        public Builder startTls(LocalhostCertificate shown) {
            certificate = shown;
            return this;
        }

        /** Speaks TLS from the first byte. */
        public Builder implicitTls(LocalhostCertificate shown) {
            certificate = shown;
            implicitTls = true;
            return this;
        }

        /** Takes mail only after a login; offers these of {@code PLAIN} and {@code LOGIN}, or both if none is named. */
        public Builder account(String user, String password, String... offered) {
            accounts = Map.of(user, password);
            mechanisms = offered.length == 0 ? List.of("PLAIN", "LOGIN") : List.copyOf(Arrays.asList(offered));
            return this;
        }

        /** Greets the connections above this number with 421. */
        public Builder connectionLimit(int limit) {
            connectionLimit = limit;
            return this;
        }

        /**
         * Hands every mail whose final dot was read to this reader, before the reply is out, and keeps account of nothing: for more mails
         * than memory holds. It is called by many threads.
         */
        public Builder handingMailsTo(Consumer<ReceivedMail> mailReader) {
            reader = mailReader;
            return this;
        }

        /** Starts to listen. */
        public ScriptedSmtpServer start() {
            return new ScriptedSmtpServer(this);
        }
    }

    private final Builder design;
    private final ServerSocket listener;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final List<SmtpRule> rules = new CopyOnWriteArrayList<>();
    private final Map<Integer, SmtpConversation> open = new ConcurrentHashMap<>();
    /** Those whose client has not said QUIT. */
    private final Set<Integer> staying = ConcurrentHashMap.newKeySet();
    private final List<ReceivedMail> mails = new CopyOnWriteArrayList<>();
    private final List<SmtpCommand> commands = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();
    private final HighWaterMark mailsUnderWay = new HighWaterMark();
    private final HighWaterMark openConnections = new HighWaterMark();

    private ScriptedSmtpServer(Builder design) {
        this.design = design;
        try {
            this.listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        daemon(this::accept, "scripted-smtp");
    }

    /** A server without TLS and login, unless more is said. */
    public static Builder plain() {
        return new Builder();
    }

    /** Begins a rule about a step; see {@link SmtpRule}. */
    public SmtpRule on(SmtpStep step) {
        return new SmtpRule(step, rules::add);
    }

    /** Forgets all rules, so that the server recovers. */
    public void behave() {
        rules.clear();
    }

    /** The name to connect to, the one the certificate carries. */
    public String host() {
        return "localhost";
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** Connections accepted since the start. */
    public int connections() {
        return connections.get();
    }

    /** Connections open now. */
    public int openConnections() {
        return open.size();
    }

    /**
     * Largest number of connections open at one time. One whose client said QUIT is not counted: a client may open the next one as soon as
     * it has read the answer, which is before this server has closed the old one.
     */
    public int mostOpenConnections() {
        return openConnections.highest();
    }

    /** Largest number of mails under way at one time: between an accepted MAIL and the reply to the final dot. */
    public int mostMailsUnderWay() {
        return mailsUnderWay.highest();
    }

    /** Mails the server has taken, in order. */
    public List<ReceivedMail> mails() {
        return mails.stream().filter(ReceivedMail::accepted).toList();
    }

    /** Mails whose final dot was read, taken or not. */
    public List<ReceivedMail> offeredMails() {
        return List.copyOf(mails);
    }

    /** All command lines of all connections, in order; contents are not commands. */
    public List<SmtpCommand> commands() {
        return List.copyOf(commands);
    }

    /** The command lines that begin with this verb, without regard to case. */
    public List<SmtpCommand> commands(String verb) {
        return commands.stream().filter(command -> command.verb().equalsIgnoreCase(verb)).toList();
    }

    /** Closes all open connections without a word, as a restarted server or a firewall does. */
    public void dropConnections() {
        open.values().forEach(SmtpConversation::drop);
    }

    /** Says a last line, such as a 421, on all open connections, unasked, and closes them. For connections without TLS. */
    public void dropConnections(String lastLine) {
        open.values().forEach(conversation -> conversation.dropAfter(lastLine));
    }

    /** Stops listening and drops all connections. */
    @Override
    public void close() {
        stopped.countDown();
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        dropConnections();
    }

    private void accept() {
        while (stopped.getCount() > 0) {
            try {
                Socket socket = listener.accept();
                int number = connections.incrementAndGet();
                SmtpConversation conversation = new SmtpConversation(this, number, socket);
                open.put(number, conversation);
                staying.add(number);
                openConnections.up();
                daemon(conversation, "scripted-smtp-" + number);
            } catch (IOException e) {
                // Closed: the loop's condition ends it.
            }
        }
    }

    private static void daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    LocalhostCertificate certificate() {
        return design.certificate;
    }

    boolean implicitTls() {
        return design.implicitTls;
    }

    List<String> mechanisms() {
        return design.mechanisms;
    }

    boolean knows(String user, String password) {
        return password.equals(design.accounts.get(user));
    }

    boolean overLimit() {
        return open.size() > design.connectionLimit;
    }

    CountDownLatch stopped() {
        return stopped;
    }

    /** The rule made last of those that apply; all of them count the occasion. */
    SmtpRule ruleAt(SmtpStep step, String recipient) {
        SmtpRule found = null;
        for (SmtpRule rule : rules) {
            found = rule.applies(step, recipient) ? rule : found;
        }
        return found;
    }

    void heard(SmtpCommand command) {
        if (design.reader == null) {
            commands.add(command);
        }
    }

    void mailBegun() {
        mailsUnderWay.up();
    }

    void mailEnded() {
        mailsUnderWay.down();
    }

    void received(ReceivedMail mail) {
        if (design.reader == null) {
            mails.add(mail);
        } else {
            design.reader.accept(mail);
        }
    }

    /** Before the answer to QUIT, or where there was none. */
    void leaving(int connection) {
        if (staying.remove(connection)) {
            openConnections.down();
        }
    }

    void ended(int connection) {
        open.remove(connection);
        leaving(connection);
    }

    /** A counter that remembers its highest value. */
    private static final class HighWaterMark {

        private int present;
        private int highest;

        synchronized void up() {
            present++;
            highest = Math.max(highest, present);
        }

        synchronized void down() {
            present--;
        }

        synchronized int highest() {
            return highest;
        }
    }
}
