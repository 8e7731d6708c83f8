package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import smap.identity.account.PasswordHasher;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class CurrentPasswordCheckRouteTest extends RouteTestSupport {

    private static final UUID ANN = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final String FIND = "user/find-by-id";
    private static final String NOTE = "audit-event/insert";

    private final PasswordHasher hasher = new PasswordHasher(1);
    private final Map<String, Object> row = Map.of("id", ANN, "email", "ann@example.com", "password_hash", hasher.hash("correct horse"));

    CurrentPasswordCheckRouteTest() {
        super("api/current-password-check");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("passwordHasher", hasher);
    }

    @BeforeEach
    void ann_is_calling() {
        sql(FIND).answers(row);
    }

    @Test
    void the_right_password_leaves_the_account_and_the_request_as_it_was() {
        Answer answer = check("correct horse").succeeded(200);

        assertThat(answer.variable("user")).isEqualTo(row);
        assertThat(answer.variable("email")).isEqualTo("new@example.com");
        assertThat(visited()).containsExactly("sql:" + FIND, "direct:rate-check");
        assertThat(direct("rate-check").variables()).containsEntry("email", "ann@example.com").containsEntry("limited", "change-address");
    }

    @Test
    void a_wrong_password_is_refused_and_noted() {
        check("wrong horse").failedWith(ProblemCode.WRONG_CURRENT_PASSWORD);

        Map<String, Object> noted = new HashMap<>(sql(NOTE).parameters());
        assertThat(noted.values()).contains("current-password-refuse", ANN.toString()).doesNotContain("wrong horse");
    }

    @Test
    void who_has_guessed_too_often_is_refused_before_the_password_is_looked_at() {
        direct("rate-check").fails(new ProblemException(ProblemCode.TOO_MANY_REQUESTS));

        check("wrong horse").failedWith(ProblemCode.TOO_MANY_REQUESTS);

        assertThat(visited()).containsExactly("sql:" + FIND, "direct:rate-check");
    }

    @Test
    void an_account_that_is_no_more_has_no_valid_token() {
        sql(FIND).answers(null);

        check("correct horse").failedWith(ProblemCode.UNAUTHORIZED);

        assertThat(visited()).containsExactly("sql:" + FIND);
    }

    @Test
    void a_database_that_is_away_is_left_to_the_caller() {
        sql(FIND).fails(databaseAway());

        assertThat(check("correct horse").failure()).isInstanceOf(CannotGetJdbcConnectionException.class);
    }

    private Answer check(String password) {
        return request(Map.of("caller_id", ANN, "actor", ANN.toString(), "current_password", password, "limited", "change-address",
                "email", "new@example.com", "remote_address", "192.0.2.1"));
    }
}
