package smap.identity.mail;

import java.time.Duration;
import java.time.OffsetDateTime;
import org.apache.camel.Variable;

/**
 * States in a mail how long its code can still be used: as it is sent, not as it was asked for, because the two may lie minutes apart. The
 * job has a placeholder until then. Thread-safe.
 */
public final class MinutesLeft {

    /** What stands in a job where the mail is to have the number. */
    static final String PLACEHOLDER = "{{minutes_left}}";

    /**
     * The mail with the whole minutes that are left, rounded up and at least 1, in its subject and both its forms.
     *
     * @param expiresAt when the code dies (RFC 3339); null for a mail that brings none, which is left as it is, whatever stands in it
     */
    public EmailData fillIn(
            @Variable("mail") EmailData mail, @Variable("code_expires_at") String expiresAt, @Variable("now") OffsetDateTime now) {
        if (expiresAt == null) {
            return mail;
        }
        Duration left = Duration.between(now, OffsetDateTime.parse(expiresAt));
        String number = Long.toString(Math.max(1, left.plusMinutes(1).minusNanos(1).toMinutes()));
        return new EmailData(
                filled(mail.subject(), number),
                mail.recipient(),
                filled(mail.body(), number),
                mail.text() == null ? null : filled(mail.text(), number),
                mail.replyTo(),
                mail.ccAddresses(),
                mail.bccAddresses(),
                mail.attachments());
    }

    static String filled(String text, String number) {
        return text.replace(PLACEHOLDER, number);
    }
}
