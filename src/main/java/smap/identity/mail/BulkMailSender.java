package smap.identity.mail;

import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import org.apache.camel.component.mail.DefaultJavaMailSender;

/** Sends over another sender's connections those that its own mails leave over. Thread-safe. */
public final class BulkMailSender extends DefaultJavaMailSender {

    private final PooledMailSender pool;

    /** For a route's beans; the same as {@link PooledMailSender#bulk()}. */
    public BulkMailSender(PooledMailSender pool) {
        this.pool = pool;
        setProtocol(pool.getProtocol());
        setHost(pool.getHost());
        setPort(pool.getPort());
        setJavaMailProperties(pool.getJavaMailProperties());
        setSession(pool.getSession());
    }

    @Override
    public void send(MimeMessage message) throws MessagingException {
        pool.send(message, SendingLane.BULK);
    }
}
