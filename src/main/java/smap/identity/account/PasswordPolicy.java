package smap.identity.account;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.camel.Variable;
import smap.identity.problem.FieldError;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

/**
 * Which passwords may be chosen (OWASP ASVS 4.0, 2.1): eight characters to 128 bytes of any Unicode text, none of the common ones, and none
 * that is nothing but the address or the name of this service. What a password is made of is nobody's business, and it is never cut.
 * Asked where a password is chosen, not where one is shown. Thread-safe.
 */
public final class PasswordPolicy {

    /** In characters as people count them: code points, so that one outside the basic plane is one. */
    static final int FEWEST_CHARACTERS = 8;
    /** In UTF-8: a bound on what one request can make us hash. */
    static final int MOST_BYTES = 128;

    /** The name of this service, as a password could be made of it. */
    private static final List<String> OWN_NAMES = List.of("smapidentity", "smap");
    /** A local part of two letters is found in any text. */
    private static final int FEWEST_LETTERS_OF_A_NAME = 3;

    private final CommonPasswords common = new CommonPasswords(FEWEST_CHARACTERS);

    /**
     * Lets a password pass that may be chosen.
     *
     * @param email address of the account it is for
     * @param current the password it is to take the place of, as its owner has typed it; null if that was not asked for
     * @param code name of the {@link ProblemCode} to refuse with; null for {@link ProblemCode#AUTHENTICATION_WRONG_BODY}
     * @throws ProblemException that tells what is wrong with it, under the field {@code password}
     */
    public void check(
            @Variable("password") String password,
            @Variable("email") String email,
            @Variable("current_password") String current,
            @Variable("wrong_body") String code) {
        String fault = fault(password, email, current);
        if (fault != null) {
            ProblemCode wrongBody = code == null ? ProblemCode.AUTHENTICATION_WRONG_BODY : ProblemCode.valueOf(code);
            throw new ProblemException(wrongBody, List.of(new FieldError("password", fault)), null);
        }
    }

    private String fault(String password, String email, String current) {
        int characters = password.codePointCount(0, password.length());
        if (characters < FEWEST_CHARACTERS) {
            return "must have at least " + FEWEST_CHARACTERS + " characters, has " + characters;
        }
        int bytes = bytes(password);
        if (bytes < 0) {
            return "must be Unicode text, and has half of a surrogate pair in it";
        }
        if (bytes > MOST_BYTES) {
            return "must be at most " + MOST_BYTES + " bytes in UTF-8, has " + bytes + " (" + characters + " characters)";
        }
        if (password.equals(current)) {
            return "must be another one than the current password";
        }
        String normal = normal(password);
        if (common.contains(normal)) {
            return "must not be one of the most common passwords, which are guessed first";
        }
        if (isMadeOfNames(normal, normal(email))) {
            return "must be more than the e-mail address or the name of this service";
        }
        return null;
    }

    /** Whether nothing but digits and signs is left when the names are taken out: {@code ann.lee}, {@code Ann-Lee_2026!}. */
    private static boolean isMadeOfNames(String password, String email) {
        String localPart = email.substring(0, email.lastIndexOf('@'));
        if (password.equals(localPart)) {
            return true;
        }
        String rest = letters(password);
        boolean found = false;
        for (String name : Stream.concat(Stream.of(letters(email), letters(localPart)), OWN_NAMES.stream())
                .filter(name -> name.length() >= FEWEST_LETTERS_OF_A_NAME)
                .sorted(Comparator.comparing(String::length).reversed())
                .toList()) {
            found |= rest.contains(name);
            rest = rest.replace(name, "");
        }
        return found && rest.isEmpty();
    }

    /** As it is compared: wide, ligated and styled letters as the plain ones they stand for, and all of them small. */
    private static String normal(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT).strip();
    }

    private static String letters(String text) {
        return text.codePoints().filter(Character::isLetter)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    }

    /** How many bytes a text has in UTF-8; -1 if it has none there, which no two of such texts must share. */
    private static int bytes(String text) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            return encoded.remaining();
        } catch (CharacterCodingException e) {
            return -1;
        }
    }
}
