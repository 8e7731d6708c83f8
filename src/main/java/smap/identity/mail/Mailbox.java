package smap.identity.mail;

import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import java.io.UnsupportedEncodingException;
import java.net.IDN;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * One mailbox that any SMTP server can be given: ASCII local part, ASCII (punycode, RFC 3492) domain, optional display name
 * (RFC 5322, section 3.4). Stateless.
 */
final class Mailbox {

    /** RFC 5321, section 4.5.3.1. */
    private static final int LONGEST_LOCAL_PART = 64;

    private static final int LONGEST_ADDRESS = 254;

    private Mailbox() {}

    /**
     * Reads exactly one mailbox.
     *
     * @throws AddressException if the text is not one deliverable mailbox; its message says what was expected, in words that
     *     follow "expected", and does not quote the text
     */
    static InternetAddress parse(String text) throws AddressException {
        InternetAddress found = single(text);
        String address = found.getAddress();
        int at = address == null ? -1 : address.lastIndexOf('@');
        if (at <= 0 || at == address.length() - 1) {
            throw new AddressException("one e-mail address with a domain");
        }
        String localPart = address.substring(0, at);
        if (!StandardCharsets.US_ASCII.newEncoder().canEncode(localPart)) {
            throw new AddressException("an ASCII local part, because mail is sent without SMTPUTF8");
        }
        String ascii = localPart + "@" + asciiDomain(address.substring(at + 1));
        if (localPart.length() > LONGEST_LOCAL_PART || ascii.length() > LONGEST_ADDRESS) {
            throw new AddressException("an address of at most " + LONGEST_ADDRESS + " characters");
        }
        try {
            new InternetAddress(ascii, true).validate();
            InternetAddress mailbox = new InternetAddress();
            mailbox.setAddress(ascii);
            mailbox.setPersonal(found.getPersonal(), StandardCharsets.UTF_8.name());
            return mailbox;
        } catch (AddressException | UnsupportedEncodingException e) {
            throw new AddressException("one e-mail address");
        }
    }

    private static InternetAddress single(String text) throws AddressException {
        InternetAddress[] found;
        try {
            found = InternetAddress.parse(text, true);
        } catch (AddressException e) {
            throw new AddressException("one e-mail address");
        }
        // The parser forgives an empty list element ("a@x,"), which is a list all the same.
        boolean list = text.strip().startsWith(",") || text.strip().endsWith(",");
        if (found.length != 1 || found[0].isGroup() || list) {
            throw new AddressException("one e-mail address");
        }
        return found[0];
    }

    private static String asciiDomain(String domain) throws AddressException {
        try {
            return IDN.toASCII(domain, IDN.USE_STD3_ASCII_RULES).toLowerCase(Locale.ROOT);
        } catch (IllegalArgumentException e) {
            throw new AddressException("one e-mail address with a valid domain");
        }
    }
}
