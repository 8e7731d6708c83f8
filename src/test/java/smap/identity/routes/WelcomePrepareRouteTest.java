package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import smap.identity.mail.MailTemplates;

class WelcomePrepareRouteTest extends RouteTestSupport {

    private static final String FIND = "user/find-addressee";

    WelcomePrepareRouteTest() {
        super("api/welcome-prepare");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("mailTemplates", new MailTemplates());
    }

    @Test
    void who_has_still_to_prove_the_address_is_greeted_in_the_language_of_the_request() throws Exception {
        sql(FIND).answers(Map.of("email", "Ann@example.com", "full_name", "Ann", "may_reset", true));

        Answer answer = prepare("vi");

        JsonNode job = new ObjectMapper().readTree(answer.variable("job").toString());
        assertThat(job.path("recipient").asText()).isEqualTo("Ann@example.com");
        assertThat(job.path("subject").asText()).isEqualTo("Chào mừng bạn đến với SMAP");
        assertThat(job.path("text").asText()).contains("Xin chào Ann,").doesNotContain("123456");
        assertThat(sql(FIND).parameters()).isEqualTo(Map.of("email", "ann@example.com"));
    }

    @Test
    void for_an_address_that_nobody_has_as_much_is_done() {
        Map<String, Object> nobody = new HashMap<>(Map.of("email", "ann@example.com", "may_reset", false));
        nobody.put("full_name", null);
        sql(FIND).answers(nobody);

        assertThat(prepare("en").variable("job").toString()).contains("ann@example.com");
    }

    @Test
    void a_database_that_is_away_is_the_callers_business() {
        sql(FIND).fails(databaseAway());

        assertThat(prepare("en").exchange().getException()).hasStackTraceContaining("refused");
    }

    private Answer prepare(String lang) {
        Map<String, Object> variables = new HashMap<>(Map.of("email", "ann@example.com", "otp", "123456", "lang", lang));
        variables.put("Accept-Language", null);
        return request(variables);
    }

    @Nested
    class WithoutWelcome extends RouteTestSupport {

        WithoutWelcome() {
            super("api/welcome-prepare");
        }

        @Override
        Map<String, String> settings() {
            return Map.of("mail.welcome", "false");
        }

        @Override
        void bind(Registry beans) {
            beans.bind("mailTemplates", new MailTemplates());
        }

        @Test
        void nobody_is_asked_for_and_no_mail_is_made() {
            Answer answer = request(Map.of("email", "ann@example.com"));

            assertThat(answer.variable("job")).isNull();
            assertThat(visited()).isEmpty();
        }
    }
}
