package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class JobRecipientTest {

    private final JobRecipient recipients = new JobRecipient();

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"subject":"S","recipient":"a@b.cd","body":"B"}         | {"subject":"S","recipient":"new@b.cd","body":"B"}
            {"Subject":"S","Recipient":"a@b.cd","Body":"B"}         | {"Subject":"S","Recipient":"new@b.cd","Body":"B"}
            {"reci_pient":"a@b.cd","RECIPIENT":"c@b.cd"}            | {"reci_pient":"new@b.cd","RECIPIENT":"new@b.cd"}
            {"recipient":null}                                      | {"recipient":"new@b.cd"}
            {"recipient":["a@b.cd"],"x":{"recipient":"a@b.cd"}}     | {"recipient":"new@b.cd","x":{"recipient":"a@b.cd"}}
            {}                                                      | {"recipient":"new@b.cd"}
            {"n":1.10,"big":12345678901234567890,"u":"\\u1ed9"}     | {"n":1.10,"big":12345678901234567890,"u":"ộ","recipient":"new@b.cd"}
            """)
    void the_recipient_changes_under_the_name_it_has_and_all_else_stays(String job, String expected) {
        byte[] changed = recipients.replace(job.getBytes(StandardCharsets.UTF_8), "new@b.cd");

        assertThat(new String(changed, StandardCharsets.UTF_8)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "\"text\"", "not JSON", "{", "null", "7"})
    void a_job_that_is_no_json_object_has_no_recipient_to_change(String job) {
        assertThatThrownBy(() -> recipients.replace(job.getBytes(StandardCharsets.UTF_8), "new@b.cd"))
                .isInstanceOfSatisfying(ProblemException.class, e -> assertThat(e.code()).isEqualTo(ProblemCode.JOB_NOT_READABLE));
    }

    @Test
    void a_job_that_is_nested_without_end_is_not_readable() {
        assertThatThrownBy(() -> recipients.replace("{\"a\":".repeat(100_000).getBytes(StandardCharsets.UTF_8), "new@b.cd"))
                .isInstanceOfSatisfying(ProblemException.class, e -> assertThat(e.code()).isEqualTo(ProblemCode.JOB_NOT_READABLE));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ann@Example.COM         | ann@example.com
            Ann <ann@example.com>   | Ann <ann@example.com>
            ann@bücher.example      | ann@xn--bcher-kva.example""")
    void a_recipient_is_taken_as_a_job_has_it(String given, String expected) {
        assertThat(recipients.normalise(given)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ann", "ann@", "a@b.cd,c@d.ef", "a@b.cd;c@d.ef", "ñ@example.com", "@example.com", "ann@-.com"})
    void what_is_not_one_mailbox_is_refused_in_words_that_do_not_repeat_it(String given) {
        assertThatThrownBy(() -> recipients.normalise(given)).isInstanceOfSatisfying(ProblemException.class, e -> {
            assertThat(e.code()).isEqualTo(ProblemCode.RECIPIENT_NOT_VALID);
            assertThat(e.errors()).singleElement().satisfies(error -> {
                assertThat(error.field()).isEqualTo("recipient");
                assertThat(error.message()).startsWith("must be ").doesNotContain(given);
            });
        });
    }
}
