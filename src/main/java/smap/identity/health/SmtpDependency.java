package smap.identity.health;

import jakarta.mail.MessagingException;
import smap.identity.mail.PooledMailSender;

/** The SMTP server: greeted, secured and authenticated with, nothing sent. Vital to a consumer only. Thread-safe. */
public final class SmtpDependency implements Dependency {

    private final PooledMailSender sender;
    private final boolean vital;

    public SmtpDependency(PooledMailSender sender, String role) {
        this.sender = sender;
        this.vital = "consumer".equals(role);
    }

    @Override
    public String name() {
        return "smtp";
    }

    @Override
    public boolean isVital() {
        return vital;
    }

    @Override
    public void probe() throws MessagingException {
        sender.probe();
    }
}
