package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.Exchange;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.account.AuthCookie;
import smap.identity.mail.MailTemplates;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class UserMeDeleteRouteTest extends RouteTestSupport {

    private static final UUID ANN = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final UUID MAIL = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");
    private static final String DELETE = "user/delete";
    private static final String DONE = "{\"error_code\":0,\"message\":\"Success\",\"data\":null}";

    UserMeDeleteRouteTest() {
        super("api/user-me-delete");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("mailTemplates", new MailTemplates());
        beans.bind("authCookie", new AuthCookie("auto", false));
    }

    @BeforeEach
    void ann_knows_the_password() {
        direct("access-check").does(exchange -> {
            exchange.setVariable("caller_id", ANN);
            exchange.setVariable("actor", ANN.toString());
        });
        direct("current-password-check").sets("user", Map.of("id", ANN, "email", "ann@example.com"));
        sql(DELETE).answers(deleted(null));
    }

    @Test
    void the_account_is_deleted_with_the_notice_of_it_and_the_cookie_is_taken_back() {
        Answer answer = delete().succeeded(200);

        assertThat(answer.body()).isEqualTo(DONE);
        assertThat(answer.headers()).containsEntry("Set-Cookie", "smap_auth_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax");
        Map<String, Object> parameters = new HashMap<>(sql(DELETE).parameters());
        assertThat(parameters.remove("job").toString()).contains("\"recipient\":\"ann@example.com\"", "account was deleted");
        assertThat(parameters).isEqualTo(Map.of("caller_id", ANN, "actor", ANN.toString(), "variable.remote_address", "192.0.2.1",
                "traceparent", TRACEPARENT, "now", NOW, "relay_delay", "5s"));
        await().until(() -> visited().size() == 4);
        assertThat(visited()).containsExactly(
                "direct:access-check", "direct:current-password-check", "sql:" + DELETE, "direct:mail-hand-over");
        assertThat(direct("mail-hand-over").variables()).containsEntry("mail_id", MAIL);
    }

    @Test
    void the_password_is_asked_for_again_within_the_budget_of_all_that_ask_for_it() {
        delete();

        assertThat(direct("current-password-check").variables())
                .containsEntry("current_password", "correct horse").containsEntry("limited", "change-password");
    }

    @Test
    void a_wrong_password_deletes_nothing() {
        direct("current-password-check").fails(new ProblemException(ProblemCode.WRONG_CURRENT_PASSWORD));

        delete().refused(ProblemCode.WRONG_CURRENT_PASSWORD);

        assertThat(visited()).containsExactly("direct:access-check", "direct:current-password-check");
    }

    @Test
    void the_last_administrator_is_told_so_and_keeps_the_cookie() {
        sql(DELETE).answers(deleted("LAST_ADMIN"));

        Answer answer = delete().refused(ProblemCode.LAST_ADMIN);

        assertThat(answer.exchange().getMessage().getHeader("Set-Cookie")).isNull();
        assertThat(answer.exchange().getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(409);
        assertThat(visited()).doesNotContain("direct:mail-hand-over");
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        sql(DELETE).fails(databaseAway());

        delete().refused(ProblemCode.SERVICE_UNAVAILABLE);
    }

    private Answer delete() {
        return request(Map.of("password", "correct horse", "remote_address", "192.0.2.1", "lang", "en"));
    }

    private static Map<String, Object> deleted(String problem) {
        Map<String, Object> row = new HashMap<>();
        row.put("problem", problem);
        row.put("mail_id", problem == null ? MAIL : null);
        row.put("answer", problem == null ? DONE : null);
        return row;
    }
}
