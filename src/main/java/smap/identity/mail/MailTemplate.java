package smap.identity.mail;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Every mail we write, with what it tells: its model. */
public enum MailTemplate {
    VERIFICATION(needs(MailVariable.OTP, MailVariable.MINUTES_LEFT)),
    WELCOME(needs()),
    PASSWORD_RESET(needs(MailVariable.OTP, MailVariable.MINUTES_LEFT), MailVariable.REMOTE_ADDRESS),
    PASSWORD_CHANGED(needs(MailVariable.AT), MailVariable.REMOTE_ADDRESS),
    /** To the old address: the account is to get another one. */
    ADDRESS_CONFIRM_OLD(needs(MailVariable.OTP, MailVariable.MINUTES_LEFT, MailVariable.NEW_ADDRESS), MailVariable.REMOTE_ADDRESS),
    /** To the new address: an account is to get it. */
    ADDRESS_CONFIRM_NEW(needs(MailVariable.OTP, MailVariable.MINUTES_LEFT), MailVariable.REMOTE_ADDRESS),
    ADDRESS_CHANGED(needs(MailVariable.AT, MailVariable.NEW_ADDRESS), MailVariable.REMOTE_ADDRESS),
    /** With the name of a plan: what begins by itself when the trial is over. */
    TRIAL_ENDING(needs(MailVariable.ENDS_AT), MailVariable.PLAN_NAME),
    TRIAL_ENDED(needs()),
    SUBSCRIPTION_ENDED(needs(), MailVariable.PLAN_NAME),
    /** Somebody registered with the address of an account. */
    ACCOUNT_EXISTS(needs(MailVariable.AT), MailVariable.REMOTE_ADDRESS),
    /** Somebody asked for a code for an address that is proved already. */
    ALREADY_VERIFIED(needs(MailVariable.AT), MailVariable.REMOTE_ADDRESS),
    ACCOUNT_DELETED(needs(MailVariable.AT), MailVariable.REMOTE_ADDRESS);

    private static final Set<MailVariable> ALWAYS = Set.of(MailVariable.SENDER_NAME, MailVariable.EMAIL);
    private static final Set<MailVariable> EVERYWHERE = Set.of(MailVariable.FULL_NAME, MailVariable.APP_URL, MailVariable.SUPPORT_EMAIL);

    private final Set<MailVariable> needed;
    private final Set<MailVariable> optional;

    MailTemplate(Set<MailVariable> needed, MailVariable... optional) {
        this.needed = needed;
        this.optional = Set.of(optional);
    }

    private static Set<MailVariable> needs(MailVariable... needed) {
        return Set.of(needed);
    }

    /** @param label its name; null or another's: nothing */
    static Optional<MailTemplate> named(String label) {
        return Arrays.stream(values()).filter(template -> template.label().equals(label)).findFirst();
    }

    /** Its name: of its folder, in a route, and as the purpose of a mail. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What it cannot do without: both bodies show it. */
    Set<MailVariable> needed() {
        return needed;
    }

    /** Whether a value is there for certain. */
    boolean isCertain(MailVariable variable) {
        return needed.contains(variable) || ALWAYS.contains(variable);
    }

    /** Whether it may tell this, if there is a value. */
    boolean knows(MailVariable variable) {
        return isCertain(variable) || optional.contains(variable) || EVERYWHERE.contains(variable);
    }

    /** Whether it brings a one-time code, which nobody else is to read and which dies. */
    public boolean bringsCode() {
        return needed.contains(MailVariable.OTP);
    }
}
