package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import smap.identity.Role;
import smap.identity.settings.Settings;

class UnknownOutcomesTest {

    @ParameterizedTest
    @CsvSource({
        "'hold,verification=retry', verification, false", "'hold,verification=retry', notice, true", "hold, verification, true",
        "retry, notice, false", "'retry,notice=hold,bulk=retry', notice, true", "'retry,notice=hold,bulk=retry', bulk, false",
        "'hold,notice=hold,notice=retry', notice, false"
    })
    void the_policy_of_a_purpose_goes_before_that_of_all(String policies, String purpose, boolean held) {
        assertThat(new UnknownOutcomes(policies).isHeld(purpose, null)).isEqualTo(held);
    }

    @ParameterizedTest
    @EnumSource(MailTemplate.class)
    void a_code_is_sent_again_by_default_and_nothing_else_is(MailTemplate template) {
        UnknownOutcomes preset = UnknownOutcomes.of(Settings.read(Role.CONSUMER, Map.of(), new Properties()));

        assertThat(preset.isHeld(template.label(), null)).isEqualTo(!template.bringsCode());
    }

    @ParameterizedTest
    @CsvSource({
        "'hold,code=retry', verification, -, false", "'hold,code=retry', other, 2030-01-02T03:04:05Z, false",
        "'hold,code=retry', other, -, true", "'hold,code=retry,verification=hold', verification, 2030-01-02T03:04:05Z, true",
        "'retry,code=hold', password-reset, -, true", "'retry,code=hold', welcome, -, false",
        "'hold,verification=retry', password-reset, 2030-01-02T03:04:05Z, true", "hold, verification, 2030-01-02T03:04:05Z, true"
    })
    void mails_with_a_code_have_a_policy_in_common_unless_their_purpose_has_its_own(
            String policies, String purpose, String expiresAt, boolean held) {
        assertThat(new UnknownOutcomes(policies).isHeld(purpose, expiresAt.equals("-") ? null : expiresAt)).isEqualTo(held);
    }
}
