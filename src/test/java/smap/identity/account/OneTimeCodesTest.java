package smap.identity.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OneTimeCodesTest {

    private static final String SECRET = "0123456789abcdef0123456789abcdef";

    private final OneTimeCodes codes = new OneTimeCodes(SECRET, new SecureRandom());

    @ParameterizedTest
    @CsvSource({"0,000000", "7,000007", "12345,012345", "999999,999999"})
    void a_code_has_six_digits_leading_zeros_among_them(int drawn, String code) {
        assertThat(new OneTimeCodes(SECRET, new Drawing(drawn)).generate()).isEqualTo(code);
    }

    @Test
    void a_code_is_drawn_from_a_million() {
        Drawing drawing = new Drawing(1);
        new OneTimeCodes(SECRET, drawing).generate();

        assertThat(drawing.bound).isEqualTo(1_000_000);
    }

    @Test
    void a_code_has_latin_digits_whatever_the_locale_of_the_machine() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
        try {
            assertThat(new OneTimeCodes(SECRET, new Drawing(123)).generate()).isEqualTo("000123");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void codes_differ() {
        Set<String> made = Stream.generate(codes::generate).limit(50).collect(Collectors.toSet());

        assertThat(made).hasSizeGreaterThan(45).allSatisfy(code -> assertThat(code).matches("[0-9]{6}"));
    }

    @Test
    void the_hmac_is_sha_256_in_hexadecimal_and_does_not_hold_the_code() {
        // printf 'verification\nuser@example.com\n123456' | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
        assertThat(hmac("user@example.com")).isEqualTo("8e569866b73ac90246839ecface5a500c74fcfb4d599b647d65b6ba86a98b0e0");
    }

    @Test
    void the_hmac_is_the_same_whatever_the_case_of_the_address() {
        assertThat(hmac("USER@Example.COM")).isEqualTo(hmac("user@example.com"));
    }

    @Test
    void the_hmac_depends_on_secret_purpose_address_and_code() {
        String other = SECRET.replace('0', '1');

        assertThat(Stream.of(
                hmac("user@example.com"),
                codes.hmac("password-reset", "user@example.com", "123456"),
                codes.hmac("verification", "usér@example.com", "123456"),
                codes.hmac("verification", "user@example.com", "123457"),
                new OneTimeCodes(other, new SecureRandom()).hmac("verification", "user@example.com", "123456"))).doesNotHaveDuplicates();
    }

    private String hmac(String email) {
        return codes.hmac("verification", email, "123456");
    }

    /** Draws the number it was made with. */
    private static final class Drawing extends SecureRandom {

        private static final long serialVersionUID = 1L;

        private final int number;
        private int bound;

        private Drawing(int number) {
            this.number = number;
        }

        @Override
        public int nextInt(int limit) {
            bound = limit;
            return number;
        }
    }
}
