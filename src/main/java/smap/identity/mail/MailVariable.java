package smap.identity.mail;

import java.util.Locale;

/** What a mail may tell, by the name it has in a template: {@code {{full_name}}}. */
enum MailVariable {
    /** Who sends the mail: {@code SMTP_FROM_NAME}. */
    SENDER_NAME,
    /** Whom this mail is for. */
    EMAIL,
    FULL_NAME,
    APP_URL,
    SUPPORT_EMAIL,
    OTP,
    MINUTES_LEFT,
    NEW_ADDRESS,
    /** When it happened. */
    AT,
    /** The address of the client that did it. */
    REMOTE_ADDRESS,
    ENDS_AT,
    PLAN_NAME;

    /** Its name in a template and, where a route gives it, as an exchange variable. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
