package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Map;
import java.util.UUID;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.account.PasswordPolicy;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class UserChangePasswordRouteTest extends RouteTestSupport {

    private static final UUID USER = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final UUID MAIL = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");
    private static final UUID SESSION = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000003");
    private static final String DONE = "{\"error_code\":0,\"message\":\"Success\",\"data\":null}";
    private static final String CHANGE = "user/change-password";

    UserChangePasswordRouteTest() {
        super("api/user-change-password");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("passwordPolicy", new PasswordPolicy());
    }

    @BeforeEach
    void the_current_password_is_right() {
        direct("access-check").does(exchange -> {
            exchange.setVariable("caller_id", USER);
            exchange.setVariable("actor", USER.toString());
            exchange.setVariable("session_id", SESSION);
        });
        direct("current-password-check").sets("user", Map.of("id", USER, "email", "Ann.Lee@example.com", "password_hash", "old"));
        direct("password-change-prepare").does(exchange -> Map.of(
                "password_hash", "new", "job", "{}", "relay_delay", "5s", "now", NOW).forEach(exchange::setVariable));
    }

    @Test
    void the_password_is_changed_the_callers_session_kept_and_the_notice_handed_over() {
        sql(CHANGE).answers(Map.of("mail_id", MAIL, "answer", DONE));

        assertThat(change("incorrect donkey").succeeded(200).body()).isEqualTo(DONE);

        assertThat(direct("current-password-check").variables())
                .containsEntry("limited", "change-password").containsEntry("current_password", "correct horse");
        assertThat(sql(CHANGE).parameters()).isEqualTo(Map.of(
                "variable.user[id]", USER, "variable.user[password_hash]", "old", "password_hash", "new", "variable.session_id", SESSION,
                "actor", USER.toString(), "variable.remote_address", "192.0.2.7", "job", "{}", "relay_delay", "5s",
                "traceparent", TRACEPARENT, "now", NOW));
        await().until(() -> visited().size() == 5);
        assertThat(visited()).containsExactly("direct:access-check", "direct:current-password-check", "direct:password-change-prepare",
                "sql:" + CHANGE, "direct:mail-hand-over");
        assertThat(direct("mail-hand-over").variables()).containsEntry("mail_id", MAIL);
    }

    @Test
    void a_new_password_may_be_none_that_is_common_or_made_of_the_address_or_the_one_there_is() {
        for (String password : new String[] {"password123", "ann.lee.2026", "correct horse"}) {
            Answer answer = change(password);

            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.json().path("error_code").asInt()).isEqualTo(140001);
            assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo("password");
        }
        assertThat(visited()).doesNotContain("direct:password-change-prepare", "sql:" + CHANGE);
    }

    @Test
    void who_does_not_know_the_current_password_changes_nothing() {
        direct("current-password-check").fails(new ProblemException(ProblemCode.WRONG_CURRENT_PASSWORD));

        change("incorrect donkey").refused(ProblemCode.WRONG_CURRENT_PASSWORD);

        assertThat(visited()).containsExactly("direct:access-check", "direct:current-password-check");
    }

    @Test
    void who_is_late_no_longer_knows_it() {
        change("incorrect donkey").refused(ProblemCode.WRONG_CURRENT_PASSWORD);

        assertThat(visited()).doesNotContain("direct:mail-hand-over");
    }

    @Test
    void who_is_nobody_is_refused_at_once() {
        direct("access-check").fails(new ProblemException(ProblemCode.UNAUTHORIZED));

        change("incorrect donkey").refused(ProblemCode.UNAUTHORIZED);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503_and_no_mail() {
        sql(CHANGE).fails(databaseAway());

        change("incorrect donkey").refused(ProblemCode.SERVICE_UNAVAILABLE);

        assertThat(visited()).doesNotContain("direct:mail-hand-over");
    }

    private Answer change(String password) {
        return request(Map.of("current_password", "correct horse", "password", password, "remote_address", "192.0.2.7"));
    }
}
