package smap.identity.account;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CommonPasswordsTest {

    private static final CommonPasswords COMMON = new CommonPasswords(8);

    @Test
    void more_than_ten_thousand_of_those_that_could_be_chosen_are_known() {
        assertThat(COMMON.size()).isGreaterThan(10_000);
    }

    @Test
    void a_common_one_is_known_and_one_that_is_too_short_anyway_is_not_kept() {
        assertThat(COMMON.contains("password123")).isTrue();
        assertThat(COMMON.contains("1q2w3e4r")).isTrue();
        assertThat(COMMON.contains("trustno1")).isTrue();
        assertThat(COMMON.contains("dragon")).isFalse();
        assertThat(COMMON.contains("correct horse battery")).isFalse();
    }
}
