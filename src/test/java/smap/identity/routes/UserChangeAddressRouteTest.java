package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class UserChangeAddressRouteTest extends RouteTestSupport {

    private static final UUID ANN = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final UUID OLD_MAIL = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");
    private static final UUID NEW_MAIL = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000003");
    private static final String ISSUE = "address-change/issue-and-queue-mails";
    private static final Map<String, Object> PREPARED = Map.ofEntries(
            Map.entry("purpose", "address-confirm-old"), Map.entry("code_hmac", "o"), Map.entry("job", "{}"),
            Map.entry("new_code_hmac", "n"), Map.entry("new_job", "{}"), Map.entry("new_purpose", "address-confirm-new"),
            Map.entry("new_recipient", "new@example.com"), Map.entry("new_owner_id", ANN), Map.entry("new_address", "new@example.com"),
            Map.entry("now", NOW), Map.entry("otp_ttl", "5m"), Map.entry("otp_cooldown", "60s"),
            Map.entry("otp_mails_per_hour", "10"), Map.entry("rate_limits", "on"), Map.entry("relay_delay", "5s"));

    UserChangeAddressRouteTest() {
        super("api/user-change-address");
    }

    @BeforeEach
    void ann_knows_the_password() {
        direct("access-check").sets("actor", ANN.toString());
        direct("current-password-check").sets("user", Map.of("id", ANN, "email", "ann@example.com"));
        direct("address-change-prepare").does(exchange -> PREPARED.forEach(exchange::setVariable));
        sql(ISSUE).answers(Map.of("old_mail_id", OLD_MAIL, "new_mail_id", NEW_MAIL, "answer", "{\"error_code\":0}"));
    }

    @Test
    void both_codes_are_stored_and_both_mails_handed_over_afterwards() {
        assertThat(change().succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        assertThat(sql(ISSUE).parameters())
                .containsEntry("variable.user[id]", ANN).containsEntry("variable.user[email]", "ann@example.com")
                .containsEntry("actor", ANN.toString()).containsEntry("variable.remote_address", "192.0.2.1")
                .containsEntry("traceparent", TRACEPARENT).containsEntry("new_address", "new@example.com")
                .containsEntry("variable.new_owner_id", ANN).containsEntry("code_hmac", "o").containsEntry("new_code_hmac", "n");
        await().until(() -> visited().size() == 7);
        assertThat(visited()).containsExactly("direct:access-check", "direct:current-password-check", "direct:rate-check",
                "direct:address-change-prepare", "sql:" + ISSUE, "direct:mail-hand-over", "direct:mail-hand-over");
        assertThat(direct("mail-hand-over").received()).extracting(mail -> mail.getVariable("mail_id"))
                .containsExactlyInAnyOrder(OLD_MAIL, NEW_MAIL);
    }

    @Test
    void the_password_and_the_new_address_are_limited_by_the_same_name() {
        change();

        assertThat(direct("current-password-check").variables())
                .containsEntry("current_password", "correct horse").containsEntry("limited", "change-address");
        assertThat(direct("rate-check").variables())
                .containsEntry("email", "new@example.com").containsEntry("limited", "change-address");
    }

    @ParameterizedTest
    @ValueSource(strings = {"current-password-check", "rate-check", "address-change-prepare"})
    void what_is_refused_on_the_way_stores_nothing(String step) {
        direct(step).fails(new ProblemException(ProblemCode.ADDRESS_TAKEN));

        change().refused(ProblemCode.ADDRESS_TAKEN);

        assertThat(visited()).doesNotContain("sql:" + ISSUE).endsWith("direct:" + step);
    }

    @Test
    void who_asks_too_often_is_told_how_long_to_wait() {
        sql(ISSUE).answers(null);
        sql("one-time-code/find-wait").answers(42L);

        change().refused(ProblemCode.TOO_MANY_REQUESTS, 42L);

        assertThat(sql("one-time-code/find-wait").parameters()).containsEntry("purpose", "address-confirm-old");
        assertThat(visited()).doesNotContain("direct:mail-hand-over");
    }

    @Test
    void a_database_that_is_away_is_a_503_and_no_mail() {
        sql(ISSUE).fails(databaseAway());

        change().refused(ProblemCode.SERVICE_UNAVAILABLE);

        assertThat(visited()).doesNotContain("direct:mail-hand-over");
    }

    private Answer change() {
        return request(Map.of("email", "new@example.com", "password", "correct horse", "remote_address", "192.0.2.1"));
    }
}
