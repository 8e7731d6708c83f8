package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.security.SecureRandom;
import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.account.OneTimeCodes;
import smap.identity.mail.MailTemplates;

class VerificationPrepareRouteTest extends RouteTestSupport {

    private final OneTimeCodes codes = new OneTimeCodes("0123456789abcdef0123456789abcdef", new SecureRandom());

    VerificationPrepareRouteTest() {
        super("api/verification-prepare");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("otp.ttl", "7m", "otp.cooldown", "90s", "otp.mails.per.hour", "4", "rate.limits", "off", "mail.relay.delay", "8s");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("oneTimeCodes", codes);
        beans.bind("mailTemplates", new MailTemplates());
    }

    @Test
    void what_the_statement_needs_comes_from_the_settings_and_the_clock() {
        Answer answer = prepare("en", null);

        assertThat(answer.exchange().getVariables())
                .containsEntry("purpose", "verification")
                .containsEntry("now", NOW)
                .containsEntry("otp_ttl", "7m")
                .containsEntry("otp_cooldown", "90s")
                .containsEntry("otp_mails_per_hour", "4")
                .containsEntry("rate_limits", "off")
                .containsEntry("relay_delay", "8s");
    }

    @Test
    void the_mail_brings_the_code_whose_hmac_is_kept() throws Exception {
        Answer answer = prepare("en", null);

        String otp = answer.variable("otp").toString();
        assertThat(otp).matches("[0-9]{6}");
        assertThat(answer.variable("code_hmac")).isEqualTo(codes.hmac("verification", "ann@example.com", otp));
        JsonNode job = job(answer);
        assertThat(job.path("recipient").asText()).isEqualTo("ann@example.com");
        assertThat(job.path("body").asText()).contains(otp, "in {{minutes_left}} min");
        assertThat(job.path("text").asText()).contains(otp, "in {{minutes_left}} min");
    }

    @Test
    void the_mail_speaks_the_language_the_request_names() throws Exception {
        String english = job(prepare("en", "vi")).path("subject").asText();

        assertThat(job(prepare("vi", "en")).path("subject").asText()).isNotEqualTo(english);
        assertThat(job(prepare(null, "vi-VN,vi;q=0.9")).path("subject").asText()).isNotEqualTo(english);
        assertThat(job(prepare(null, null)).path("subject").asText()).isEqualTo(english);
    }

    @Test
    void nothing_is_stored_or_sent_yet() {
        prepare("en", null).succeeded(200);

        assertThat(visited()).isEmpty();
    }

    private Answer prepare(String lang, String acceptLanguage) {
        return send(exchange -> {
            exchange.setVariable("email", "ann@example.com");
            exchange.setVariable("user", Map.of("email", "ann@example.com", "full_name", "Ann"));
            exchange.setVariable("lang", lang);
            exchange.setVariable("Accept-Language", acceptLanguage);
        });
    }

    private static JsonNode job(Answer answer) throws Exception {
        return new ObjectMapper().readTree(answer.variable("job").toString());
    }
}
