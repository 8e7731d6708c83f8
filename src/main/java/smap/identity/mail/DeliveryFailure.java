package smap.identity.mail;

import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.AddressException;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;

/**
 * What a failed attempt to send is worth, by the reply's code (RFC 5321, section 4.2.1), its enhanced status (RFC 3463) and the phase it
 * came in; never by its words, which every server chooses for itself.
 *
 * <p>Before MAIL FROM everything is the account's fault: a greeting of 421 or 554, STARTTLS that is refused, a certificate that is
 * wrong, a login that fails. So is a sender that is refused, since all mails have the same one, unless it was the size of this mail
 * (552, X.3.4).
 *
 * @param type what to do with the mail
 * @param phase how far it had come; null if it did not come from a mail sender
 * @param code the reply's code, or -1 without one
 * @param status enhanced status such as {@code 5.1.1}, or null
 */
public record DeliveryFailure(FailureClass type, SmtpPhase phase, int code, String status) {

    private static final int NO_CODE = -1;
    private static final SmtpReply NO_REPLY = new SmtpReply(NO_CODE, null);
    /** RFC 4954, section 6: authentication required; mechanism too weak; credentials invalid; password transition needed. */
    private static final List<Integer> LOGIN_CODES = List.of(530, 534, 535, 432);
    private static final int TOO_LARGE = 552;
    private static final String TOO_LARGE_STATUS = "5.3.4";

    /** Sorts what a sender, or the making of the mail before it, has thrown. */
    public static DeliveryFailure of(Throwable failure) {
        List<Throwable> chain = chain(failure);
        SmtpPhase phase = SmtpPhase.of(failure);
        SmtpReply reply = decisive(chain);
        return new DeliveryFailure(type(chain, phase, reply), phase, reply.code(), reply.status());
    }

    /**
     * The reply that says most about the mail: the one to the command that failed, before those to single recipients; among those, one
     * that is about the login, then a temporary one, since that recipient may still get the mail.
     */
    private static SmtpReply decisive(List<Throwable> chain) {
        SmtpReply decisive = NO_REPLY;
        for (Throwable link : chain) {
            if (link instanceof SMTPSendFailedException command) {
                return reply(command.getReturnCode(), command);
            }
            if (link instanceof SMTPAddressFailedException recipient) {
                SmtpReply reply = reply(recipient.getReturnCode(), recipient);
                decisive = weight(reply) > weight(decisive) ? reply : decisive;
            }
        }
        return decisive;
    }

    private static SmtpReply reply(int code, Throwable link) {
        return code > 0 ? SmtpReply.of(code, link.getMessage()) : NO_REPLY;
    }

    private static int weight(SmtpReply reply) {
        if (reply == NO_REPLY) {
            return 0;
        }
        return isLogin(reply) ? 3 : reply.code() < 500 ? 2 : 1;
    }

    /** 432 says both "password transition needed" and, from some servers, "too many at once"; the status tells. */
    private static boolean isLogin(SmtpReply reply) {
        return LOGIN_CODES.contains(reply.code()) && !Throttling.isAskedBy(reply.status());
    }

    private static FailureClass type(List<Throwable> chain, SmtpPhase phase, SmtpReply reply) {
        if (chain.stream().anyMatch(link -> link instanceof NoFreeConnectionException)) {
            return FailureClass.TEMPORARY;
        }
        if (chain.stream().anyMatch(link -> link instanceof UnreadableJobException || link instanceof AddressException)) {
            return FailureClass.PERMANENT;
        }
        boolean login = chain.stream().anyMatch(link -> link instanceof AuthenticationFailedException) || isLogin(reply);
        if (phase == SmtpPhase.CONNECT || login) {
            return FailureClass.ACCOUNT;
        }
        if (reply.code() <= 0) {
            return phase == SmtpPhase.END_OF_DATA ? FailureClass.UNKNOWN : FailureClass.TEMPORARY;
        }
        if (reply.code() < 500) {
            return FailureClass.TEMPORARY;
        }
        boolean tooLarge = reply.code() == TOO_LARGE || TOO_LARGE_STATUS.equals(reply.status());
        return phase == SmtpPhase.MAIL && !tooLarge ? FailureClass.ACCOUNT : FailureClass.PERMANENT;
    }

    /** Causes, and what Jakarta Mail keeps beside them: the refusals of single recipients. */
    private static List<Throwable> chain(Throwable failure) {
        List<Throwable> chain = new ArrayList<>();
        for (Throwable link = failure; link != null && !chain.contains(link); link = next(link)) {
            chain.add(link);
        }
        return chain;
    }

    private static Throwable next(Throwable link) {
        if (link instanceof MessagingException mail && mail.getNextException() != null) {
            return mail.getNextException();
        }
        return link.getCause();
    }
}
