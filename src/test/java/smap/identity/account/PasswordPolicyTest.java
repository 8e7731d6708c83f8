package smap.identity.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.problem.FieldError;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class PasswordPolicyTest {

    private static final String EMAIL = "Ann.Lee@example.com";
    private static final String GRIN = "\ud83d\ude00";
    private static final String COMMON = "must not be one of the most common passwords, which are guessed first";
    private static final String NAMES = "must be more than the e-mail address or the name of this service";

    private static final PasswordPolicy POLICY = new PasswordPolicy();

    @ParameterizedTest
    @ValueSource(strings = {
        "correct horse", "mật khẩu của tôi", "        ", "qpzmwnxo", "8361930275", "\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007",
        "\u65e5\u672c\u8a9e\u306e\u5408\u8a00\u8449\u3060", "annual leeway", "smapped out", "Ann Lee was here"
    })
    void a_password_may_be_made_of_anything(String password) {
        assertThatCode(() -> check(password)).doesNotThrowAnyException();
    }

    @Test
    void a_password_has_eight_characters_however_many_bytes_they_are() {
        assertThatCode(() -> check("xq7-wz!k")).doesNotThrowAnyException();
        assertThatCode(() -> check(GRIN.repeat(8))).doesNotThrowAnyException();
        assertRefused("xq7-w", "must have at least 8 characters, has 5");
        assertRefused(GRIN.repeat(7), "must have at least 8 characters, has 7");
        assertRefused("", "must have at least 8 characters, has 0");
    }

    @Test
    void a_password_has_at_most_128_bytes_however_few_characters_they_are() {
        assertThatCode(() -> check("x".repeat(128))).doesNotThrowAnyException();
        assertThatCode(() -> check("ộ".repeat(42) + "xy")).doesNotThrowAnyException();
        assertThatCode(() -> check(GRIN.repeat(32))).doesNotThrowAnyException();
        assertRefused("x".repeat(129), "must be at most 128 bytes in UTF-8, has 129 (129 characters)");
        assertRefused("ộ".repeat(43), "must be at most 128 bytes in UTF-8, has 129 (43 characters)");
        assertRefused(GRIN.repeat(33), "must be at most 128 bytes in UTF-8, has 132 (33 characters)");
    }

    @Test
    void half_a_character_is_none() {
        assertRefused("correct horse \ud83d", "must be Unicode text, and has half of a surrogate pair in it");
        assertRefused("\ude00 correct horse", "must be Unicode text, and has half of a surrogate pair in it");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "password123", "PassWord123", "  password123 ", "iloveyou1", "ｐａｓｓｗｏｒｄ１２３",
        "\ud835\udc29\ud835\udc1a\ud835\udc2c\ud835\udc2cword123", "12345678", "baseball"
    })
    void a_common_password_is_refused_however_it_is_written(String password) {
        assertRefused(password, COMMON);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "ann.lee@example.com", "ANN.LEE@EXAMPLE.COM", "ann.lee1", "AnnLee2026!", "annleeannlee", "annleesmap", "Ann.Lee@Example.Com!",
        "smap-identity", "SMAP2026", "smapsmap", "ｓｍａｐ２０２６"
    })
    void a_password_is_more_than_the_address_and_the_products_name(String password) {
        assertRefused(password, NAMES);
    }

    @ParameterizedTest
    @CsvSource({"al@example.com,al-al-alalal", "0912345670@example.com,8361930275", "x1234567@example.com,x-marks!"})
    void a_short_address_or_one_of_digits_makes_no_other_password_weak(String email, String password) {
        assertThatCode(() -> POLICY.check(password, email, null, null)).doesNotThrowAnyException();
    }

    @Test
    void a_local_part_without_letters_is_no_password_all_the_same() {
        assertThat(refusal("0912345670", "0912345670@example.com", null, null).errors())
                .containsExactly(new FieldError("password", NAMES));
    }

    @Test
    void an_address_that_repeats_itself_is_looked_for_in_no_time() {
        String email = "aaa@" + "a".repeat(60) + ".aaa";

        assertThatCode(() -> POLICY.check("a".repeat(100) + "b".repeat(28), email, null, null)).doesNotThrowAnyException();
    }

    @Test
    void a_new_password_is_another_one() {
        assertThat(refusal("correct horse", EMAIL, "correct horse", null).errors())
                .containsExactly(new FieldError("password", "must be another one than the current password"));
        assertThatCode(() -> POLICY.check("correct horse", EMAIL, "Correct horse", null)).doesNotThrowAnyException();
    }

    @Test
    void the_caller_names_the_code_of_its_own_operations() {
        assertThat(refusal("short", EMAIL, null, "MAIL_WRONG_BODY").code()).isEqualTo(ProblemCode.MAIL_WRONG_BODY);
    }

    private static void assertRefused(String password, String message) {
        ProblemException problem = refusal(password, EMAIL, null, null);
        assertThat(problem.code()).isEqualTo(ProblemCode.AUTHENTICATION_WRONG_BODY);
        assertThat(problem.errors()).isEqualTo(List.of(new FieldError("password", message)));
    }

    private static ProblemException refusal(String password, String email, String current, String code) {
        return catchThrowableOfType(ProblemException.class, () -> POLICY.check(password, email, current, code));
    }

    private static void check(String password) {
        POLICY.check(password, EMAIL, null, null);
    }
}
