package smap.identity.support;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocket;

/**
 * The server's side of one connection (RFC 5321), as far as a mail client needs it. Runs in one thread; only the drops come from
 * others.
 */
final class SmtpConversation implements Runnable {

    private final ScriptedSmtpServer server;
    private final int number;
    private final Socket plainSocket;
    private Socket socket;
    private InputStream in;
    private OutputStream out;
    private boolean tls;
    private String user;
    private String from;
    private final List<String> recipients = new ArrayList<>();
    private long drip;
    private boolean dropAfterReply;

    SmtpConversation(ScriptedSmtpServer server, int number, Socket socket) {
        this.server = server;
        this.number = number;
        this.plainSocket = socket;
        this.socket = socket;
    }

    @Override
    public void run() {
        try {
            if (server.implicitTls()) {
                startTls();
            } else {
                streams(plainSocket);
            }
            converse();
        } catch (IOException e) {
            // The client left, or the script said so.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            endMail();
            drop();
            server.ended(number);
        }
    }

    void drop() {
        try {
            plainSocket.close();
        } catch (IOException e) {
            // It is closed.
        }
    }

    void dropAfter(String lastLine) {
        try {
            plainSocket.getOutputStream().write((lastLine + "\r\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            // The client was faster.
        }
        drop();
    }

    private void converse() throws IOException, InterruptedException {
        if (server.overLimit()) {
            answer(SmtpStep.GREETING, "", "421 4.7.0 Too many connections");
            return;
        }
        answer(SmtpStep.GREETING, "", "220 localhost ESMTP");
        boolean more = true;
        while (more) {
            String line = readLine();
            SmtpCommand command = new SmtpCommand(number, line);
            server.heard(command);
            more = obey(command);
        }
    }

    private boolean obey(SmtpCommand command) throws IOException, InterruptedException {
        switch (command.verb().toUpperCase(Locale.ROOT)) {
            case "EHLO", "HELO" -> answer(SmtpStep.EHLO, "", extensions());
            case "STARTTLS" -> starttls();
            case "AUTH" -> auth(command.line());
            case "MAIL" -> mail(address(command.line()));
            case "RCPT" -> rcpt(address(command.line()));
            case "DATA" -> data();
            case "RSET" -> {
                endMail();
                answer(SmtpStep.RSET, "", "250 2.0.0 OK");
            }
            case "NOOP" -> answer(SmtpStep.NOOP, "", "250 2.0.0 OK");
            case "QUIT" -> {
                server.leaving(number);
                answer(SmtpStep.QUIT, "", "221 2.0.0 Bye");
                return false;
            }
            default -> write("500 5.5.2 Not understood", 0);
        }
        return true;
    }

    private String extensions() {
        StringBuilder reply = new StringBuilder("250-localhost");
        if (server.certificate() != null && !tls) {
            reply.append("\n250-STARTTLS");
        }
        if (!server.mechanisms().isEmpty()) {
            reply.append("\n250-AUTH ").append(String.join(" ", server.mechanisms()));
        }
        return reply.append("\n250 ENHANCEDSTATUSCODES").toString();
    }

    private void starttls() throws IOException, InterruptedException {
        boolean offered = server.certificate() != null && !tls;
        if (succeeded(answer(SmtpStep.STARTTLS, "", offered ? "220 2.0.0 Go on" : "502 5.5.1 Not offered"))) {
            startTls();
        }
    }

    private void startTls() throws IOException {
        SSLSocket secured = (SSLSocket) server.certificate()
                .serverContext()
                .getSocketFactory()
                .createSocket(plainSocket, null, plainSocket.getPort(), true);
        secured.setUseClientMode(false);
        secured.startHandshake();
        streams(secured);
        tls = true;
    }

    private void streams(Socket now) throws IOException {
        socket = now;
        in = new BufferedInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    private void auth(String line) throws IOException, InterruptedException {
        String[] words = line.split(" ");
        String mechanism = words.length > 1 ? words[1].toUpperCase(Locale.ROOT) : "";
        if (!server.mechanisms().contains(mechanism)) {
            answer(SmtpStep.AUTH, "", "504 5.5.4 Not offered");
            return;
        }
        String name;
        String password;
        if (mechanism.equals("PLAIN")) {
            String[] parts = decode(words.length > 2 ? words[2] : ask("")).split("\0", -1);
            name = parts.length == 3 ? parts[1] : "";
            password = parts.length == 3 ? parts[2] : "";
        } else {
            name = decode(words.length > 2 ? words[2] : ask("VXNlcm5hbWU6"));
            password = decode(ask("UGFzc3dvcmQ6"));
        }
        boolean known = server.knows(name, password);
        String reply = answer(SmtpStep.AUTH, "", known ? "235 2.7.0 Welcome" : "535 5.7.8 Wrong name or password");
        user = succeeded(reply) ? name : null;
    }

    private String ask(String prompt) throws IOException, InterruptedException {
        write("334 " + prompt, 0);
        String line = readLine();
        server.heard(new SmtpCommand(number, line));
        return line;
    }

    private static String decode(String base64) {
        return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }

    private void mail(String sender) throws IOException, InterruptedException {
        boolean locked = !server.mechanisms().isEmpty() && user == null;
        String usual = locked ? "530 5.7.0 Log in first" : from != null ? "503 5.5.1 One mail at a time" : "250 2.1.0 OK";
        if (succeeded(answer(SmtpStep.MAIL, "", usual))) {
            from = sender;
            server.mailBegun();
        }
    }

    private void rcpt(String recipient) throws IOException, InterruptedException {
        String usual = from == null ? "503 5.5.1 MAIL first" : "250 2.1.5 OK";
        if (succeeded(answer(SmtpStep.RCPT, recipient, usual))) {
            recipients.add(recipient);
        }
    }

    private void data() throws IOException, InterruptedException {
        String usual = recipients.isEmpty() ? "503 5.5.1 RCPT first" : "354 Go on";
        if (!answer(SmtpStep.DATA, "", usual).startsWith("3")) {
            return;
        }
        byte[] contents = contents();
        String reply = null;
        try {
            reply = decide(SmtpStep.END_OF_DATA, "", "250 2.0.0 Queued");
        } finally {
            // Before the reply is out: whoever sees the reply must find the mail here.
            server.received(new ReceivedMail(number, from, List.copyOf(recipients), contents, tls, user, reply));
            endMail();
        }
        say(reply);
    }

    private byte[] contents() throws IOException, InterruptedException {
        ByteArrayOutputStream contents = new ByteArrayOutputStream();
        byte[] line = readBytes();
        decide(SmtpStep.CONTENT, "", "");
        while (!(line.length == 3 && line[0] == '.')) {
            int stuffed = line[0] == '.' ? 1 : 0;
            contents.write(line, stuffed, line.length - stuffed);
            line = readBytes();
        }
        return contents.toByteArray();
    }

    private void endMail() {
        if (from != null) {
            from = null;
            recipients.clear();
            server.mailEnded();
        }
    }

    private static boolean succeeded(String reply) {
        return reply.startsWith("2");
    }

    private static String address(String line) {
        int begin = line.indexOf('<');
        int end = line.indexOf('>', begin + 1);
        return begin < 0 || end < 0 ? "" : line.substring(begin + 1, end);
    }

    private String answer(SmtpStep step, String recipient, String usual) throws IOException, InterruptedException {
        String reply = decide(step, recipient, usual);
        say(reply);
        return reply;
    }

    private void say(String reply) throws IOException, InterruptedException {
        write(reply, drip);
        if (dropAfterReply) {
            throw new EOFException();
        }
    }

    /** What to say at this step, when all waits are over. Does not return where the script has the server hang or drop. */
    private String decide(SmtpStep step, String recipient, String usual) throws IOException, InterruptedException {
        SmtpRule rule = server.ruleAt(step, recipient);
        drip = rule == null ? 0 : rule.drip().toMillis();
        dropAfterReply = rule != null && rule.action() == SmtpRule.Action.REPLY_THEN_DROP;
        if (rule == null) {
            return usual;
        }
        rule.await(server.stopped());
        return switch (rule.action()) {
            case PROCEED -> usual;
            case REPLY, REPLY_THEN_DROP -> rule.reply();
            case DROP -> throw new EOFException();
            case RESET -> {
                plainSocket.setSoLinger(true, 0);
                throw new EOFException();
            }
            case HANG -> {
                server.stopped().await();
                throw new EOFException();
            }
        };
    }

    private void write(String reply, long pause) throws IOException, InterruptedException {
        byte[] bytes = (String.join("\r\n", reply.split("\n")) + "\r\n").getBytes(StandardCharsets.UTF_8);
        if (pause == 0) {
            out.write(bytes);
            out.flush();
            return;
        }
        for (byte next : bytes) {
            server.stopped().await(pause, TimeUnit.MILLISECONDS);
            out.write(next);
            out.flush();
        }
    }

    private String readLine() throws IOException {
        return new String(readBytes(), StandardCharsets.UTF_8).stripTrailing();
    }

    private byte[] readBytes() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int next;
        do {
            next = in.read();
            if (next < 0) {
                throw new EOFException();
            }
            line.write(next);
        } while (next != '\n');
        return line.toByteArray();
    }
}
