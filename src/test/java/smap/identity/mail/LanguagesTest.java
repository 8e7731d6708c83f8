package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LanguagesTest {

    private final Languages languages = new Languages(List.of("en", "vi"));

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            vi      | -                           | vi
            en      | vi                          | en
            VI      | -                           | vi
            vi-VN   | en                          | vi
            -       | vi                          | vi
            ''      | vi-VN,vi;q=0.9,en;q=0.8     | vi
            -       | fr-FR,fr;q=0.9,vi;q=0.5     | vi
            -       | en;q=0.3, vi;q=0.7          | vi
            -       | vi;q=0, en                  | en
            fr      | vi                          | vi
            -       | -                           | en
            ''      | ''                          | en
            -       | fr                          | en
            -       | *                           | en
            -       | vietnamese                  | en
            vi_VN   | -                           | en
            '; q=x' | 'vi;q=2, ,,;'               | en
            '../vi' | '\u0000'                    | en""")
    void the_first_named_language_we_speak_is_taken_else_english(String lang, String acceptLanguage, String expected) {
        assertThat(languages.choose(lang, acceptLanguage)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {"-,-,vi,vi", "-,fr,vi,vi", "-,en,vi,en", "vi,-,en,vi", "-,-,fr,en", "-,-,-,en"})
    void what_is_known_of_the_reader_counts_last(String lang, String acceptLanguage, String known, String expected) {
        assertThat(languages.choose(lang, acceptLanguage, known)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {"vi-VN,en,vi", "-,'fr,vi;q=0.1',vi", "en,vi,en", "fr,-,-", "-,*,-", "-,-,-"})
    void who_asks_for_none_of_ours_has_asked_for_none(String lang, String acceptLanguage, String expected) {
        assertThat(languages.find(lang, acceptLanguage)).isEqualTo(expected);
    }

    @Test
    void a_header_of_the_greatest_length_is_no_burden() {
        assertThat(languages.choose("x-".repeat(50), "a,".repeat(499) + "vi")).isEqualTo("vi");
    }
}
