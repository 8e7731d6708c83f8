package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CodeRequestSettleRouteTest extends RouteTestSupport {

    private static final String ISSUE = "one-time-code/issue-and-queue-mail";
    private static final String NOTE = "audit-event/insert";
    private static final UUID USER = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final UUID MAIL = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");

    CodeRequestSettleRouteTest() {
        super("api/code-request-settle");
    }

    @BeforeEach
    void the_mail_is_written() {
        Map<String, Object> prepared = Map.of(
                "purpose", "verification", "code_hmac", "c0de", "otp_ttl", "5m", "otp_cooldown", "60s", "otp_mails_per_hour", "10",
                "rate_limits", "on", "relay_delay", "5s", "job", "{\"subject\":\"…\"}", "now", NOW);
        direct("verification-prepare").does(exchange -> prepared.forEach(exchange::setVariable));
    }

    @Test
    void who_has_still_to_prove_the_address_gets_a_code() {
        sql(ISSUE).answers(Map.of("id", MAIL, "answer", "{}"));

        settle(true, user(false, null));

        assertThat(sql(ISSUE).parameters()).containsEntry("variable.user[id]", USER);
        await().until(() -> visited().size() == 3);
        assertThat(visited()).containsExactly("direct:verification-prepare", "sql:" + ISSUE, "direct:mail-hand-over");
        assertThat(direct("mail-hand-over").variables()).containsEntry("mail_id", MAIL);
    }

    @Test
    void who_asks_too_early_gets_none_and_is_not_told() {
        settle(true, user(false, null));

        assertThat(visited()).containsExactly("direct:verification-prepare", "sql:" + ISSUE);
    }

    @Test
    void the_owner_of_a_proved_address_is_told_that_it_is() {
        settle(true, user(true, null));

        assertThat(visited()).containsExactly("direct:notice-send");
        assertThat(direct("notice-send").variables()).containsEntry("template", "already-verified").containsEntry("user", user(true, null));
    }

    @Test
    void who_was_deactivated_gets_no_code() {
        settle(true, user(false, NOW));

        assertThat(visited()).isEmpty();
    }

    @Test
    void a_wrong_password_is_noted_and_nothing_is_mailed() {
        settle(false, user(false, null));

        assertThat(visited()).containsExactly("sql:" + NOTE);
        assertThat(sql(NOTE).parameters()).isEqualTo(Map.of("now", NOW, "actor", "anonymous", "action", "login-refuse",
                "subject", USER.toString(), "variable.remote_address", "192.0.2.7", "variable.details", "{\"operation\": \"send-otp\"}"));
    }

    @Test
    void an_unknown_address_is_noted_as_nobodys() {
        settle(false, null);

        assertThat(visited()).containsExactly("sql:" + NOTE);
        assertThat(sql(NOTE).parameters()).containsEntry("subject", "nobody");
    }

    @Test
    void a_database_that_is_away_is_one_line_in_the_log() {
        sql(ISSUE).fails(databaseAway());

        settle(true, user(false, null));

        assertThat(log.lines()).singleElement().asString().startsWith("WARN Run given up until the next one route=code-request-settle");
    }

    private void settle(boolean right, Map<String, Object> user) {
        Answer answer = send(exchange -> {
            exchange.setVariable("email", "ann@example.com");
            exchange.setVariable("is_right", right);
            exchange.setVariable("user", user);
            exchange.setVariable("now", NOW);
            exchange.setVariable("traceparent", TRACEPARENT);
            exchange.setVariable("remote_address", "192.0.2.7");
            exchange.getMessage().setBody("{\"the\":\"answer\"}");
        });
        assertThat(answer.failure()).isNull();
    }

    private static Map<String, Object> user(boolean active, Object deactivated) {
        Map<String, Object> user = new HashMap<>(Map.of("id", USER, "email", "ann@example.com", "is_active", active));
        user.put("deactivated_at", deactivated);
        return user;
    }
}
