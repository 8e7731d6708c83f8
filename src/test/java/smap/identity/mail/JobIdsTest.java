package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class JobIdsTest {

    private final JobIds ids = new JobIds();

    @Test
    void a_uuid_is_the_job_s_id_in_lower_case() {
        assertThat(ids.of("6F1D6C2E-ABCD-4000-8000-00000000000F")).isEqualTo("6f1d6c2e-abcd-4000-8000-00000000000f");
    }

    @ParameterizedTest
    @ValueSource(strings = {"job-42", "1-1-1-1-1", "{6f1d6c2e-abcd-4000-8000-00000000000f}", "6f1d6c2eabcd40008000000000000001", "ả"})
    void any_other_id_is_turned_into_a_uuid_always_the_same(String messageId) {
        String id = ids.of(messageId);

        assertThat(UUID.fromString(id)).hasToString(id);
        assertThat(ids.of(messageId)).isEqualTo(id);
        assertThat(ids.of(messageId + "x")).isNotEqualTo(id);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "  "})
    void a_message_without_an_id_gets_a_new_one_each_time(String messageId) {
        assertThat(UUID.fromString(ids.of(messageId)).version()).isEqualTo(4);
        assertThat(ids.of(messageId)).isNotEqualTo(ids.of(messageId));
    }

    @ParameterizedTest
    @ValueSource(strings = {"verification", "password-reset", "trial_end2"})
    void a_purpose_that_can_be_a_label_is_taken(String purpose) {
        assertThat(ids.purposeOf(purpose)).isEqualTo(purpose);
        assertThat(ids.purposeOf(new StringBuilder(purpose))).isEqualTo(purpose);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "Verification", "a b", "a\nb", "-a", "ả", "${body}"})
    void any_other_purpose_is_other(String purpose) {
        assertThat(ids.purposeOf(purpose)).isEqualTo("other");
    }

    @Test
    void a_purpose_is_not_longer_than_a_label_may_be() {
        assertThat(ids.purposeOf("a".repeat(64))).hasSize(64);
        assertThat(ids.purposeOf("a".repeat(65))).isEqualTo("other");
    }
}
