package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MinutesLeftTest {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00Z");
    private static final EmailData MAIL = new EmailData(
            "For {{minutes_left}} min", "Ann <ann@example.com>",
            "<b>{{minutes_left}}</b> and {{minutes_left}}", "{{minutes_left}} min, {{x}}",
            "reply@example.com", List.of("cc@example.com"), List.of("bcc@example.com"),
            List.of(new Attachment("a.txt", "text/plain", "{{minutes_left}}".getBytes(StandardCharsets.UTF_8))));

    private final MinutesLeft minutesLeft = new MinutesLeft();

    @Test
    void subject_and_both_forms_state_the_minutes_and_the_rest_is_left_as_it_is() {
        assertThat(minutesLeft.fillIn(MAIL, "2026-11-23T09:04:30.000Z", NOW)).isEqualTo(new EmailData(
                "For 5 min", MAIL.recipient(), "<b>5</b> and 5", "5 min, {{x}}",
                MAIL.replyTo(), MAIL.ccAddresses(), MAIL.bccAddresses(), MAIL.attachments()));
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-23T09:05:00.000Z,5", "2026-11-23T09:05:00.001Z,6", "2026-11-23T09:04:59.999Z,5", "2026-11-23T09:04:00.001Z,5",
        "2026-11-23T09:04:00.000Z,4", "2026-11-23T09:01:00.001Z,2", "2026-11-23T09:01:00.000Z,1", "2026-11-23T09:00:00.001Z,1",
        "2026-11-24T09:00:00.000Z,1440", "2026-11-23T16:02:00.000+07:00,2"})
    void a_minute_that_has_begun_counts(String expiresAt, String minutes) {
        assertThat(minutesLeft.fillIn(MAIL, expiresAt, NOW).text()).isEqualTo(minutes + " min, {{x}}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"2026-11-23T09:00:00.000Z", "2026-11-23T08:59:59.999Z", "2026-11-22T09:00:00.000Z"})
    void a_code_that_dies_while_its_mail_is_sent_has_a_minute_and_never_none(String expiresAt) {
        assertThat(minutesLeft.fillIn(MAIL, expiresAt, NOW).text()).isEqualTo("1 min, {{x}}");
    }

    @Test
    void a_mail_without_a_plain_form_gets_none() {
        EmailData html = new EmailData("S", "ann@example.com", "{{minutes_left}}", null, null, null, null, null);

        assertThat(minutesLeft.fillIn(html, "2026-11-23T09:05:00.000Z", NOW))
                .isEqualTo(new EmailData("S", "ann@example.com", "5", null, null, null, null, null));
    }

    @Test
    void a_mail_that_brings_no_code_is_left_as_it_is() {
        assertThat(minutesLeft.fillIn(MAIL, null, NOW)).isSameAs(MAIL);
    }

    @ParameterizedTest
    @CsvSource({"en,expires in 1 min and", "vi,trong 1 phút và"})
    void the_templates_read_well_for_one_minute(String language, String words) {
        Exchange exchange = new DefaultExchange(new DefaultCamelContext());
        exchange.setVariable("template", "verification");
        exchange.setVariable("user", Map.of("email", "ann@example.com"));
        exchange.setVariable("otp", "012345");
        exchange.setVariable("lang", language);
        String job = new MailTemplates().job(exchange);
        EmailData mail = new EmailDataReader(67_108_864).read(job.getBytes(StandardCharsets.UTF_8));

        EmailData sent = minutesLeft.fillIn(mail, "2026-11-23T09:00:40.000Z", NOW);

        assertThat(List.of(sent.body(), sent.text())).allSatisfy(form -> assertThat(form).contains(words, "012345").doesNotContain("{{"));
    }

    @Test
    void a_route_hands_over_its_variables() throws Exception {
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            camel.getRegistry().bind("minutesLeft", minutesLeft);
            camel.start();
            Exchange exchange = new DefaultExchange(camel);
            exchange.setVariable("mail", MAIL);
            exchange.setVariable("now", NOW);

            assertThat(fillIn(exchange)).isSameAs(MAIL);

            exchange.setVariable("code_expires_at", "2026-11-23T09:02:00.000Z");
            assertThat(fillIn(exchange).subject()).isEqualTo("For 2 min");
        }
    }

    private static EmailData fillIn(Exchange exchange) {
        return exchange.getContext().resolveLanguage("bean").createExpression("minutesLeft?method=fillIn")
                .evaluate(exchange, EmailData.class);
    }
}
