package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateCheckTest {

    private static final String FILE = "mails/welcome/fr/body.txt";

    @ParameterizedTest
    @ValueSource(strings = {"Bonjour", "{{sender_name}} {{ email }}", "{{#full_name}}{{full_name}}{{/full_name}}",
        "{{^app_url}}x{{/app_url}}", "{{#app_url}}{{#full_name}}{{app_url}}, {{full_name}}{{/full_name}}{{/app_url}}",
        "a } b { c }} {d}"})
    void a_file_that_asks_for_what_its_mail_has_may_be_used(String text) {
        assertThat(faults(MailTemplate.WELCOME, MailForm.TEXT, text)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {{full_name}}                                | {{full_name}} may have no value: expected it inside {{#full_name}}…{{/full_name}}
            {{^full_name}}{{full_name}}{{/full_name}}    | {{full_name}} may have no value: expected it inside {{#full_name}}…{{/full_name}}
            {{#app_url}}{{/app_url}}{{app_url}}          | {{app_url}} may have no value: expected it inside {{#app_url}}…{{/app_url}}
            {{#app_url}}x                                | {{#app_url}} is not ended
            x{{/app_url}}                                | {{/app_url}} ends what was not begun
            {{{email}}}                                  | expected {{name}}, {{#name}} or {{^name}}, and {{/name}}, got '{{{email}}'
            {{&email}}                                   | expected {{name}}, {{#name}} or {{^name}}, and {{/name}}, got '{{&email}}'
            {{>email}}                                   | expected {{name}}, {{#name}} or {{^name}}, and {{/name}}, got '{{>email}}'
            {{=<% %>=}}                                  | expected {{name}}, {{#name}} or {{^name}}, and {{/name}}, got '{{=<% %>=}}'
            {{! note}}                                   | expected {{name}}, {{#name}} or {{^name}}, and {{/name}}, got '{{! note}}'
            {{}}                                         | expected {{name}}, {{#name}} or {{^name}}, and {{/name}}, got '{{}}'
            {{email                                      | has a {{ that is not ended
            ' '                                          | is empty""")
    void anything_else_is_named(String text, String fault) {
        assertThat(faults(MailTemplate.WELCOME, MailForm.TEXT, text)).containsExactly(FILE + ": " + fault);
    }

    @ParameterizedTest
    @CsvSource({"{{otp}},otp", "{{#otp}}x{{/otp}},otp", "{{user.email}},user.email", "{{Email}},Email", "{{full-name}},full-name"})
    void a_variable_its_mail_does_not_have_is_named_with_those_it_has(String text, String name) {
        assertThat(faults(MailTemplate.WELCOME, MailForm.TEXT, text)).containsExactly(FILE + ": there is no variable '" + name
                + "' in this mail: expected sender_name, email, full_name, app_url, support_email");
    }

    @Test
    void sections_end_in_the_order_they_began() {
        assertThat(faults(MailTemplate.WELCOME, MailForm.TEXT, "{{#app_url}}{{#full_name}}{{/app_url}}{{/full_name}}"))
                .containsExactly(FILE + ": {{/app_url}} ends what was not begun", FILE + ": {{/full_name}} ends what was not begun");
    }

    @ParameterizedTest
    @CsvSource({"HTML", "TEXT"})
    void a_body_shows_what_its_mail_is_to_tell(MailForm form) {
        assertThat(faults(MailTemplate.ADDRESS_CONFIRM_OLD, form, "{{otp}}{{#new_address}}x{{/new_address}}")).containsExactly(
                FILE + ": expected {{minutes_left}}, which this mail is to tell",
                FILE + ": expected {{new_address}}, which this mail is to tell");
    }

    @Test
    void a_subject_need_not_and_shows_no_code() {
        assertThat(faults(MailTemplate.VERIFICATION, MailForm.SUBJECT, "For {{minutes_left}} min")).isEmpty();
        assertThat(faults(MailTemplate.VERIFICATION, MailForm.SUBJECT, "{{otp}}")).containsExactly(
                FILE + ": a subject shows no {{otp}}: mail servers log it, and locked screens show it");
    }

    @Test
    void a_packaged_file_is_named_by_its_place_in_the_artifact() {
        assertThat(new TemplateCheck().faults(new TemplateFile(MailTemplate.WELCOME, "en", MailForm.HTML, TemplateFile.PACKAGED, "")))
                .containsExactly("mail/welcome/en/body.html: is empty");
    }

    private static List<String> faults(MailTemplate template, MailForm form, String text) {
        return new TemplateCheck().faults(new TemplateFile(template, "fr", form, FILE, text));
    }
}
