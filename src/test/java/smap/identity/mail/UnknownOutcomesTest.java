package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnknownOutcomesTest {

    @ParameterizedTest
    @CsvSource({
        "'hold,verification=retry', verification, false", "'hold,verification=retry', notice, true", "hold, verification, true",
        "retry, notice, false", "'retry,notice=hold,bulk=retry', notice, true", "'retry,notice=hold,bulk=retry', bulk, false",
        "'hold,notice=hold,notice=retry', notice, false"
    })
    void the_policy_of_a_purpose_goes_before_that_of_all(String policies, String purpose, boolean held) {
        assertThat(new UnknownOutcomes(policies).isHeld(purpose)).isEqualTo(held);
    }
}
