package smap.identity.account;

import com.nulabinc.zxcvbn.StandardDictionaries;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The passwords that are tried first: of the 30,000 most common ones that zxcvbn carries (MIT licence), those long enough to be chosen
 * here, some 11,600 (ASVS 2.1.7 asks for 10,000). They are read when this is made, so that a list that is missing stops the start.
 * Thread-safe.
 */
final class CommonPasswords {

    private final Set<String> passwords;

    /** @param shortest how many characters a password has at least that can be chosen at all */
    CommonPasswords(int shortest) {
        try {
            passwords = StandardDictionaries.PASSWORDS_LOADER.load().getFrequencies().stream()
                    .filter(password -> password.length() >= shortest)
                    .collect(Collectors.toUnmodifiableSet());
        } catch (IOException e) {
            throw new UncheckedIOException("The list of common passwords cannot be read", e);
        }
    }

    /** @param password in lower case */
    boolean contains(String password) {
        return passwords.contains(password);
    }

    int size() {
        return passwords.size();
    }
}
