package smap.identity.support;

import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Properties;

/**
 * A mail whose final dot reached the {@link ScriptedSmtpServer}.
 *
 * @param connection number of the connection, from 1
 * @param from sender of the envelope
 * @param recipients recipients of the envelope that were accepted, in order
 * @param raw contents, dots unstuffed, without the final dot
 * @param tls whether the connection was encrypted
 * @param user who had logged in, or {@code null}
 * @param reply what the server answered, or {@code null} if it went away instead
 */
public record ReceivedMail(int connection, String from, List<String> recipients, byte[] raw, boolean tls, String user, String reply) {

    /** Whether the client was told that the server has taken the mail. */
    public boolean accepted() {
        return reply != null && reply.startsWith("2");
    }

    public String rawText() {
        return new String(raw, StandardCharsets.ISO_8859_1);
    }

    public MimeMessage parsed() {
        try {
            return new MimeMessage(Session.getInstance(new Properties()), new ByteArrayInputStream(raw));
        } catch (MessagingException e) {
            throw new IllegalStateException(e);
        }
    }
}
