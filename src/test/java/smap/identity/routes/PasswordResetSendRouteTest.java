package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class PasswordResetSendRouteTest extends RouteTestSupport {

    private static final UUID USER = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final UUID MAIL = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");
    private static final String ISSUE = "one-time-code/issue-and-queue-mail";

    PasswordResetSendRouteTest() {
        super("api/password-reset-send");
    }

    @Test
    void the_code_goes_to_the_address_as_its_owner_writes_it() {
        sql(ISSUE).answers(Map.of("id", MAIL, "answer", "{}"));

        send(true);

        assertThat(direct("address-code-prepare").variables())
                .containsEntry("purpose", "password-reset").containsEntry("email", "Ann@example.com");
        assertThat(sql(ISSUE).parameters())
                .containsEntry("purpose", "password-reset").containsEntry("code_hmac", "c0de").containsEntry("traceparent", TRACEPARENT)
                .containsEntry("variable.user[id]", USER).containsEntry("variable.user[email]", "Ann@example.com")
                .containsEntry("variable.remote_address", "192.0.2.7");
        await().until(() -> visited().size() == 3);
        assertThat(visited()).containsExactly("direct:address-code-prepare", "sql:" + ISSUE, "direct:mail-hand-over");
        assertThat(direct("mail-hand-over").variables()).containsEntry("mail_id", MAIL);
    }

    @Test
    void for_who_may_not_have_a_code_nothing_is_stored_or_sent() {
        send(false);

        assertThat(visited()).containsExactly("direct:address-code-prepare");
    }

    @Test
    void during_the_cool_down_there_is_no_mail() {
        send(true);

        assertThat(visited()).containsExactly("direct:address-code-prepare", "sql:" + ISSUE);
    }

    @Test
    void a_database_that_is_away_is_logged_without_the_address() {
        sql(ISSUE).fails(databaseAway());

        send(true);

        assertThat(log.lines()).singleElement().asString()
                .startsWith("WARN Run given up until the next one").doesNotContain("example.com");
    }

    private void send(boolean may) {
        direct("address-code-prepare").does(exchange -> Map.of(
                "code_hmac", "c0de", "otp_ttl", "5m", "otp_cooldown", "60s", "otp_mails_per_hour", "10", "rate_limits", "on",
                "relay_delay", "5s", "job", "{}", "now", NOW).forEach(exchange::setVariable));
        request(Map.of("email", "aNN@example.com", "remote_address", "192.0.2.7",
                "user", Map.of("id", USER, "email", "Ann@example.com", "may_reset", may)));
    }
}
