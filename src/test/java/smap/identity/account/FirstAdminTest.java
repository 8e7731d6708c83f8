package smap.identity.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.Role;
import smap.identity.settings.Settings;
import smap.identity.settings.SettingsException;

class FirstAdminTest {

    @Test
    void is_who_the_settings_name() {
        FirstAdmin admin = of("boss@example.com", "correct horse battery");

        assertThat(admin.email()).isEqualTo("boss@example.com");
        assertThat(admin.password()).isEqualTo("correct horse battery");
        assertThat(admin.toString()).contains("boss@example.com").doesNotContain("horse");
    }

    @Test
    void is_nobody_where_they_name_nobody() {
        assertThat(of("", "").email()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"short", "password1", "boss@example.com"})
    void cannot_have_a_password_that_nobody_may_choose(String password) {
        SettingsException refusal = catchThrowableOfType(SettingsException.class, () -> of("boss@example.com", password));

        assertThat(refusal.faults()).singleElement().asString()
                .startsWith("ADMIN_PASSWORD: expected a password people may choose; this one must ").doesNotContain(password);
    }

    private static FirstAdmin of(String email, String password) {
        Settings settings = Settings.read(Role.API, Map.of("ADMIN_EMAIL", email, "ADMIN_PASSWORD", password), new Properties());
        return FirstAdmin.of(settings, new PasswordPolicy());
    }
}
