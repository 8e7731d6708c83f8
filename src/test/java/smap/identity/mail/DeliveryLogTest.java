package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import smap.identity.support.RecordedLog;

class DeliveryLogTest {

    @RegisterExtension
    final RecordedLog log = new RecordedLog(DeliveryLog.class.getName());

    private DefaultCamelContext camel;
    private Exchange exchange;

    @BeforeEach
    void start() {
        camel = new DefaultCamelContext();
        exchange = new DefaultExchange(camel);
        exchange.setVariable("mail_id", "6f1d6c2e-abcd-4000-8000-00000000000f");
        exchange.setVariable("purpose", "verification");
        exchange.setVariable("attempt", 2);
        exchange.setVariable("tries", 3);
        exchange.setVariable("mail", mail("user@example.com"));
    }

    @AfterEach
    void stop() throws IOException {
        camel.close();
    }

    @Test
    void recipients_that_were_refused_are_recorded_and_masked_only_in_the_log() {
        IdentifiedMessage mail = new IdentifiedMessage("id", "<id@example.com>");
        mail.refused(List.of(
                new RefusedRecipient("nobody@example.com", "550-5.1.1 no\n550 5.1.1 such user\n"),
                new RefusedRecipient("later@example.com", "450 4.2.1 full")));
        exchange.getMessage().setBody(mail);

        new DeliveryLog("masked").refused(exchange);

        assertThat(exchange.getVariable("reply"))
                .isEqualTo("refused for nobody@example.com: 550-5.1.1 no 550 5.1.1 such user; later@example.com: 450 4.2.1 full");
        record("masked", "sent");
        assertThat(fields().get("reply").toString()).startsWith("refused for no***@example.com: 550").doesNotContain("later@example.com");
    }

    @Test
    void a_mail_that_all_got_leaves_no_reply() {
        exchange.getMessage().setBody(new IdentifiedMessage("id", "<id@example.com>"));
        new DeliveryLog("masked").refused(exchange);
        assertThat(exchange.getVariable("reply")).isNull();

        exchange.getMessage().setBody("not a mail of ours");
        new DeliveryLog("masked").refused(exchange);
        assertThat(exchange.getVariable("reply")).isNull();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            sent       | INFO | Email sent successfully
            repeated   | INFO | Email was sent before
            expired    | INFO | Email was not sent, because its code is of no more use
            superseded | INFO | Email was not sent, because its code is of no more use
            cancelled  | INFO | Email was not sent, because the account it is for was deleted
            retry      | INFO | Email will be tried again
            unknown    | WARN | Email may have been taken: the server did not answer
            dead       | WARN | Email could not be delivered""")
    void each_outcome_is_one_line_of_its_own_words(String outcome, String level, String words) {
        record("masked", outcome);

        assertThat(log.events()).singleElement().satisfies(line -> {
            assertThat(line.getLevel()).isEqualTo(Level.valueOf(level));
            assertThat(line.getFormattedMessage()).isEqualTo(words);
        });
        assertThat(fields()).containsKeys("message_id", "purpose", "outcome", "attempt", "tries", "duration_ms", "route", "recipient")
                .containsEntry("message_id", "6f1d6c2e-abcd-4000-8000-00000000000f")
                .containsEntry("purpose", "verification")
                .containsEntry("outcome", outcome)
                .containsEntry("attempt", 2)
                .containsEntry("tries", 3)
                .doesNotContainKey("reply");
        assertThat((Long) fields().get("duration_ms")).isNotNegative();
    }

    @Test
    void no_line_holds_subject_or_body() {
        record("plain", "sent");

        assertThat(log.events().toString() + fields()).doesNotContain("the subject", "the body", "the text");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            user@example.com                  | us***@example.com
            u@example.com                     | u***@example.com
            "odd@local"@example.com           | "o***@example.com
            Ann Smith <ann.smith@example.com> | an***@example.com""")
    void a_recipient_is_masked_but_for_two_letters_and_the_domain(String recipient, String shown) {
        exchange.setVariable("mail", mail(recipient));

        record("masked", "sent");

        assertThat(fields()).containsEntry("recipient", shown);
    }

    @Test
    void a_recipient_is_plain_where_that_was_asked_for_and_masked_by_any_other_word() {
        record("plain", "sent");
        assertThat(fields()).containsEntry("recipient", "user@example.com");

        log.clear();
        record("Plain", "sent");
        assertThat(fields()).containsEntry("recipient", "us***@example.com");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            user@example.com       | 550 5.1.1 <user@example.com>: unknown       | 550 5.1.1 <us***@example.com>: unknown
            user@example.com       | 550 <USER@EXAMPLE.COM> unknown              | 550 <US***@EXAMPLE.COM> unknown
            Ann <user@example.com> | 550 user@example.com unknown                | 550 us***@example.com unknown
            user@example.com       | 554 cc@example.com,bcc@example.com rejected | 554 cc***@example.com,bc***@example.com rejected
            user@example.com       | 450 try again in 5 @ 10 o'clock             | 450 try again in 5 @ 10 o'clock""")
    void an_address_in_a_reply_is_masked_too(String recipient, String reply, String shown) {
        exchange.setVariable("mail", mail(recipient));
        exchange.setVariable("reply", reply);

        record("masked", "dead");

        assertThat(fields()).containsEntry("reply", shown);
    }

    @Test
    void a_reply_is_shown_as_it_is_where_recipients_are_plain() {
        exchange.setVariable("reply", "550 <USER@example.com>");

        record("plain", "dead");

        assertThat(fields()).containsEntry("reply", "550 <USER@example.com>");
    }

    @Test
    void a_job_nobody_could_read_has_no_recipient() {
        exchange.removeVariable("mail");
        exchange.setVariable("reply", "recipient: expected one e-mail address");

        record("masked", "dead");

        assertThat(fields()).doesNotContainKey("recipient").containsEntry("reply", "recipient: expected one e-mail address");
    }

    @Test
    void the_reason_of_a_death_and_the_queue_a_mail_waits_in_are_told() {
        exchange.setVariable("reason", "exhausted");
        exchange.setVariable("next_queue", "smtp_send_email.retry.5s");

        record("masked", "dead");
        assertThat(fields()).containsEntry("reason", "exhausted");

        log.clear();
        record("masked", "retry");
        assertThat(fields()).containsEntry("queue", "smtp_send_email.retry.5s");
    }

    @Test
    void tries_are_the_redeliveries_and_the_first() {
        DeliveryLog log = new DeliveryLog("masked");

        assertThat(log.tries(null)).isEqualTo(1);
        assertThat(log.tries(2)).isEqualTo(3);
    }

    private void record(String recipients, String outcome) {
        exchange.setVariable("outcome", outcome);
        new DeliveryLog(recipients).record(exchange);
    }

    private Map<String, Object> fields() {
        return log.events().get(0).getKeyValuePairs().stream()
                .collect(Collectors.toMap(pair -> pair.key, pair -> pair.value == null ? "" : pair.value));
    }

    private static EmailData mail(String recipient) {
        return new EmailData("the subject", recipient, "the body", "the text", null,
                List.of("cc@example.com"), List.of("bcc@example.com"), null);
    }
}
