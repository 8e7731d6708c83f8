package smap.identity.mail;

import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.AddressException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.eclipse.angus.mail.smtp.SMTPSenderFailedException;

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
    /** RFC 4954, section 6: authentication required; mechanism too weak; credentials invalid; password transition needed. */
    private static final List<Integer> LOGIN_CODES = List.of(530, 534, 535, 432);
    private static final int TOO_LARGE = 552;
    private static final String TOO_LARGE_STATUS = "5.3.4";
    /** RFC 2034, section 4: the status follows the code. */
    private static final Pattern STATUS = Pattern.compile("^\\s*[245][0-9]{2}[ -]([245]\\.[0-9]{1,3}\\.[0-9]{1,3})\\b");

    /** Sorts what a sender, or the making of the mail before it, has thrown. */
    public static DeliveryFailure of(Throwable failure) {
        List<Throwable> chain = chain(failure);
        SmtpPhase phase = SmtpPhase.of(failure);
        Throwable reply = null;
        int code = NO_CODE;
        for (Throwable link : chain) {
            int found = code(link);
            if (found > 0) {
                reply = link;
                code = found;
            }
        }
        return new DeliveryFailure(type(chain, phase, code, status(reply)), phase, code, status(reply));
    }

    private static FailureClass type(List<Throwable> chain, SmtpPhase phase, int code, String status) {
        if (chain.stream().anyMatch(link -> link instanceof NoFreeConnectionException)) {
            return FailureClass.TEMPORARY;
        }
        if (chain.stream().anyMatch(link -> link instanceof UnreadableJobException || link instanceof AddressException)) {
            return FailureClass.PERMANENT;
        }
        boolean login = chain.stream().anyMatch(link -> link instanceof AuthenticationFailedException) || LOGIN_CODES.contains(code);
        if (phase == SmtpPhase.CONNECT || login) {
            return FailureClass.ACCOUNT;
        }
        if (code <= 0) {
            return phase == SmtpPhase.END_OF_DATA ? FailureClass.UNKNOWN : FailureClass.TEMPORARY;
        }
        if (code < 500) {
            return FailureClass.TEMPORARY;
        }
        boolean tooLarge = code == TOO_LARGE || TOO_LARGE_STATUS.equals(status);
        return phase == SmtpPhase.MAIL && !tooLarge ? FailureClass.ACCOUNT : FailureClass.PERMANENT;
    }

    private static int code(Throwable link) {
        if (link instanceof SMTPAddressFailedException address) {
            return address.getReturnCode();
        }
        if (link instanceof SMTPSenderFailedException sender) {
            return sender.getReturnCode();
        }
        return link instanceof SMTPSendFailedException send ? send.getReturnCode() : NO_CODE;
    }

    private static String status(Throwable reply) {
        if (reply == null || reply.getMessage() == null) {
            return null;
        }
        Matcher matcher = STATUS.matcher(reply.getMessage());
        return matcher.find() ? matcher.group(1) : null;
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
