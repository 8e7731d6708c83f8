package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EmailDataReaderTest {

    private final EmailDataReader reader = new EmailDataReader(67_108_864);

    @Test
    void the_whole_job_is_read_by_its_own_names() {
        EmailData mail = read("""
                {"subject":"Grüße","recipient":"user@example.com","body":"<p>Hi</p>","text":"Hi","reply_to":"support@example.com",
                 "cc_addresses":["a@example.com"],"bcc_addresses":["b@example.com","c@example.com"],
                 "attachments":[{"filename":"document.pdf","content_type":"application/pdf","data":"AAEC/w=="}]}""");

        assertThat(mail.subject()).isEqualTo("Grüße");
        assertThat(mail.recipient()).isEqualTo("user@example.com");
        assertThat(mail.body()).isEqualTo("<p>Hi</p>");
        assertThat(mail.text()).isEqualTo("Hi");
        assertThat(mail.replyTo()).isEqualTo("support@example.com");
        assertThat(mail.ccAddresses()).containsExactly("a@example.com");
        assertThat(mail.bccAddresses()).containsExactly("b@example.com", "c@example.com");
        assertThat(mail.attachments())
                .containsExactly(new Attachment("document.pdf", "application/pdf", new byte[] {0, 1, 2, (byte) 0xff}));
    }

    @Test
    void the_old_services_job_is_read_whole() {
        EmailData mail = read("""
                {"Subject":"S","Recipient":"user@example.com","Body":"B","ReplyTo":"support@example.com","CcAddresses":["a@example.com"],
                 "BccAddresses":null,"Attachments":[{"Filename":"a.txt","ContentType":"text/plain","Data":"aGk="}]}""");

        assertThat(mail.replyTo()).isEqualTo("support@example.com");
        assertThat(mail.ccAddresses()).containsExactly("a@example.com");
        assertThat(mail.bccAddresses()).isEmpty();
        assertThat(mail.attachments())
                .containsExactly(new Attachment("a.txt", "text/plain", "hi".getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void what_is_not_required_may_be_absent_null_or_empty() {
        for (String rest : new String[] {
            "", ",\"text\":null,\"reply_to\":null,\"cc_addresses\":null,\"attachments\":null",
            ",\"Text\":\"\",\"ReplyTo\":\"\",\"CcAddresses\":[],\"Attachments\":[]"
        }) {
            EmailData mail = read("{\"subject\":\"S\",\"recipient\":\"u@example.com\",\"body\":\"B\"" + rest + "}");

            assertThat(mail.text()).isNull();
            assertThat(mail.replyTo()).isNull();
            assertThat(mail.ccAddresses()).isEmpty();
            assertThat(mail.bccAddresses()).isEmpty();
            assertThat(mail.attachments()).isEmpty();
        }
    }

    @Test
    void unknown_fields_are_ignored_and_the_last_of_two_spellings_wins() {
        EmailData mail = read(job("\"priority\":{\"a\":[1]},\"reply_to\":\"first@example.com\",\"ReplyTo\":\"last@example.com\""));

        assertThat(mail.replyTo()).isEqualTo("last@example.com");
    }

    @Test
    void a_byte_order_mark_is_tolerated() {
        assertThat(read("\ufeff" + job("\"text\":\"t\"")).text()).isEqualTo("t");
    }

    @Test
    void base64_may_be_folded_and_its_content_type_absent() {
        EmailData mail = read(job("\"attachments\":[{\"filename\":\"f\",\"data\":\"aG\\r\\nk= \"}]"));

        assertThat(mail.attachments().get(0).data()).asString(StandardCharsets.US_ASCII).isEqualTo("hi");
        assertThat(mail.attachments().get(0).contentType()).isEqualTo("application/octet-stream");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            Ann <ann@example.com>            | Ann <ann@example.com>
            "Ann, B" <ann@example.com>       | "Ann, B" <ann@example.com>
            Änne <ann@example.com>           | "Änne" <ann@example.com>
            user@Bücher.Example              | user@xn--bcher-kva.example
            user@localhost                   | user@localhost
            o'neil+tag@example.com           | o'neil+tag@example.com""")
    void one_mailbox_is_read_with_its_name_and_its_domain_in_ascii(String given, String expected) {
        assertThat(read(job("\"reply_to\":" + quoted(given))).replyTo()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "a@x.example,b@x.example", "a@x.example;b@x.example", "a@x.example b@x.example", "team: a@x.example;", "a@x.example,",
        ",a@x.example", "nobody", "a@", "@x.example", "a@@x.example", "a@x..example", "a@-x.example", "<>", "a b@x.example",
        "Ann <ann@x.example", "a@x.example (b@x.example), c@x.example", "a@[127.0.0.1]"
    })
    void anything_but_one_mailbox_is_refused_everywhere(String address) {
        String text = quoted(address);
        assertRefused("{\"subject\":\"S\",\"body\":\"B\",\"recipient\":" + text + "}", "recipient: expected one e-mail address", address);
        assertRefused(job("\"reply_to\":" + text), "reply_to: expected one e-mail address", address);
        assertRefused(job("\"cc_addresses\":[\"a@x.example\"," + text + "]"), "cc_addresses[1]: expected one e-mail address", address);
        assertRefused(job("\"bcc_addresses\":[" + text + "]"), "bcc_addresses[0]: expected one e-mail address", address);
    }

    @Test
    void a_local_part_that_needs_smtputf8_is_refused_in_words() {
        assertThatThrownBy(() -> read(job("\"reply_to\":\"jürgen@example.com\"")))
                .hasMessage("reply_to: expected an ASCII local part, because mail is sent without SMTPUTF8");
    }

    @Test
    void an_address_longer_than_smtp_allows_is_refused() {
        assertRefused(job("\"reply_to\":\"" + "a".repeat(65) + "@example.com\""), "reply_to: expected an address of at most", "aaa");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {"recipient":"u@example.com","body":"B"}                             | subject: expected text that is not blank
            {"subject":" ","recipient":"u@example.com","body":"B"}               | subject: expected text that is not blank
            {"subject":7,"recipient":"u@example.com","body":"B"}                 | subject: expected text
            {"subject":"S","recipient":"","body":"B"}                            | recipient: expected text that is not blank
            {"subject":"S","recipient":["u@example.com"],"body":"B"}             | recipient: expected text
            {"subject":"S","recipient":"u@example.com"}                          | body: expected text that is not empty
            {"subject":"S","recipient":"u@example.com","body":""}                | body: expected text that is not empty
            {"subject":"S","recipient":"u@example.com","body":{}}                | body: expected text
            []                                                                   | job: expected a JSON object
            "text"                                                               | job: expected a JSON object
            null                                                                 | job: expected a JSON object
            {"subject":                                                          | job: expected a valid JSON object
            {} {}                                                                | job: expected a valid JSON object""")
    void a_job_without_what_is_required_is_refused_by_field(String json, String message) {
        assertThatThrownBy(() -> read(json)).isInstanceOf(UnreadableJobException.class).hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            "text":1                                                  | text: expected text
            "cc_addresses":"a@example.com"                            | cc_addresses: expected a list
            "cc_addresses":[""]                                       | cc_addresses[0]: expected text that is not blank
            "bcc_addresses":[1]                                       | bcc_addresses[0]: expected text
            "attachments":{}                                          | attachments: expected a list
            "attachments":[1]                                         | attachments[0]: expected a JSON object
            "attachments":[{"data":""}]                               | attachments[0].filename: expected text that is not blank
            "attachments":[{"filename":"f"}]                          | attachments[0].data: expected base64 text
            "attachments":[{"filename":"f","data":"a_-b"}]            | attachments[0].data: expected base64 text
            "attachments":[{"filename":"f","data":"a"}]               | attachments[0].data: expected base64 text
            "attachments":[{"filename":"f","data":"","content_type":1}]     | attachments[0].content_type: expected text""")
    void a_field_of_the_wrong_form_is_refused_by_name(String field, String message) {
        assertThatThrownBy(() -> read(job(field))).isInstanceOf(UnreadableJobException.class).hasMessage(message);
    }

    @Test
    void a_content_type_without_a_subtype_is_refused() {
        assertRefused(
                job("\"attachments\":[{\"filename\":\"f\",\"data\":\"\",\"content_type\":\"paper\"}]"),
                "attachments[0].content_type: expected a media type such as application/pdf",
                "paper");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\r", "\\n", "\\r\\n", "\\u0000"})
    void a_line_break_in_a_header_field_is_refused(String end) {
        String evil = "x" + end + "Bcc: z@example.com";
        String message = "expected text without line breaks or NUL";
        assertRefused("{\"subject\":\"" + evil + "\",\"recipient\":\"u@example.com\",\"body\":\"B\"}", "subject: " + message, "z@");
        assertRefused("{\"subject\":\"S\",\"recipient\":\"" + evil + "\",\"body\":\"B\"}", "recipient: " + message, "z@");
        assertRefused(job("\"reply_to\":\"" + evil + "\""), "reply_to: " + message, "z@");
        assertRefused(job("\"cc_addresses\":[\"" + evil + "\"]"), "cc_addresses[0]: " + message, "z@");
        assertRefused(job("\"attachments\":[{\"data\":\"\",\"filename\":\"" + evil + "\"}]"), "attachments[0].filename: " + message, "z@");
        assertRefused(
                job("\"attachments\":[{\"data\":\"\",\"filename\":\"f\",\"content_type\":\"text/plain; " + evil + "\"}]"),
                "attachments[0].content_type: " + message,
                "z@");
    }

    @Test
    void nesting_without_end_is_refused() {
        assertRefused(job("\"x\":" + "[".repeat(100_000)), "job: expected a valid JSON object", "[");
    }

    @Test
    void bytes_that_are_no_utf_8_are_refused() {
        byte[] job = job("\"text\":\"ä\"").getBytes(StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> reader.read(job)).hasMessage("job: expected a valid JSON object");
        assertThatThrownBy(() -> reader.read(new byte[0])).hasMessage("job: expected a JSON object");
    }

    @Test
    void what_is_read_does_not_print_its_contents() {
        String printed = read("""
                {"subject":"secret","recipient":"secret@example.com","body":"secret","text":"secret",
                 "attachments":[{"filename":"secret.txt","data":"c2VjcmV0"}]}""").toString();

        assertThat(printed).doesNotContain("secret").doesNotContain("c2VjcmV0").contains("attachments=1");
    }

    private EmailData read(String json) {
        return reader.read(json.getBytes(StandardCharsets.UTF_8));
    }

    private static String job(String field) {
        return "{\"subject\":\"S\",\"recipient\":\"u@example.com\",\"body\":\"B\"," + field + "}";
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\"", "\\\"") + "\"";
    }

    private void assertRefused(String json, String messageStart, String content) {
        assertThatThrownBy(() -> read(json))
                .isInstanceOf(UnreadableJobException.class)
                .hasMessageStartingWith(messageStart)
                .hasNoCause()
                .satisfies(e -> assertThat(e.getMessage().substring(e.getMessage().indexOf(": ") + 2)).doesNotContain(content));
    }
}
