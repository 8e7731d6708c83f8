package smap.identity.account;

import java.util.List;
import java.util.stream.Collectors;
import smap.identity.problem.FieldError;
import smap.identity.problem.ProblemException;
import smap.identity.settings.Settings;
import smap.identity.settings.SettingsException;

/**
 * The administrator that the settings name, so that there is one before anybody can make one ({@code ADMIN_EMAIL} and
 * {@code ADMIN_PASSWORD}). Immutable and thread-safe.
 */
public final class FirstAdmin {

    private final String email;
    private final String password;

    private FirstAdmin(String email, String password) {
        this.email = email;
        this.password = password;
    }

    /** @throws SettingsException if the password is one that nobody may choose */
    public static FirstAdmin of(Settings settings, PasswordPolicy policy) {
        String email = settings.get("admin.email");
        String password = settings.get("admin.password");
        if (!email.isEmpty()) {
            try {
                policy.check(password, email, null, null);
            } catch (ProblemException e) {
                String faults = e.errors().stream().map(FieldError::message).collect(Collectors.joining("; "));
                throw new SettingsException(List.of("ADMIN_PASSWORD: expected a password people may choose; this one " + faults));
            }
        }
        return new FirstAdmin(email, password);
    }

    /** Null if the settings name nobody. */
    public String email() {
        return email.isEmpty() ? null : email;
    }

    public String password() {
        return password;
    }

    @Override
    public String toString() {
        return "FirstAdmin[" + (email.isEmpty() ? "nobody" : email) + ']';
    }
}
