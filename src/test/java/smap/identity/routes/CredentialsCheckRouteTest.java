package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import com.password4j.BcryptFunction;
import com.password4j.types.Bcrypt;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import smap.identity.account.PasswordHasher;
import smap.identity.problem.ProblemCode;

class CredentialsCheckRouteTest extends RouteTestSupport {

    private static final String PASSWORD = "correct horse";
    private static final String WAIT = "login-failure/find-wait";
    private static final String RECORD = "login-failure/record";

    private final PasswordHasher hasher = new PasswordHasher(1);

    CredentialsCheckRouteTest() {
        super("api/credentials-check");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("login.free.failures", "3", "login.delay.max", "9m", "login.failures.kept", "2d");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("passwordHasher", hasher);
    }

    @Test
    void the_right_password_leaves_the_row_of_the_user() {
        Map<String, Object> row = row(hasher.hash(PASSWORD));
        sql("user/find-by-email").answers(row);

        Answer answer = check(PASSWORD).succeeded(200);

        assertThat(answer.variable("user")).isEqualTo(row);
        assertThat(answer.body()).isNull();
        assertThat(sql("user/find-by-email").parameters()).isEqualTo(Map.of("email", "ann@example.com"));
        assertThat(sql(WAIT).parameters())
                .isEqualTo(Map.of("email", "ann@example.com", "variable.remote_address", "192.0.2.7", "now", NOW));
        assertThat(sql(RECORD).parameters()).containsAllEntriesOf(Map.of(
                "email", "ann@example.com", "is_right", true, "variable.user[id]", "1", "variable.user[is_active]", true,
                "variable.remote_address", "192.0.2.7", "variable.limited", "login", "now", NOW));
        assertThat(sql(RECORD).parameters()).containsAllEntriesOf(Map.of(
                "rate_limits", "on", "login_free_failures", "3", "login_delay_max", "9m", "login_failures_kept", "2d"));
        assertThat(visited()).containsExactly("sql:user/find-by-email", "sql:" + WAIT, "sql:" + RECORD);
    }

    @Test
    void who_is_deactivated_is_told_so_by_the_right_password_alone() {
        Map<String, Object> row = new HashMap<>(row(hasher.hash(PASSWORD)));
        row.put("deactivated_at", NOW);
        sql("user/find-by-email").answers(row);

        check(PASSWORD).failedWith(ProblemCode.USER_DEACTIVATED);
        check("wrong horse").failedWith(ProblemCode.WRONG_PASSWORD);
    }

    @Test
    void within_the_delay_no_password_is_looked_at() {
        sql("user/find-by-email").answers(row(hasher.hash(PASSWORD)));
        sql(WAIT).answers(17L);

        assertThat(check(PASSWORD).failedWith(ProblemCode.TOO_MANY_ATTEMPTS).variable("retry_after")).isEqualTo(17L);

        assertThat(visited()).doesNotContain("sql:" + RECORD);
    }

    @Test
    void what_was_looked_at_beside_a_failure_that_came_first_is_not_told() {
        sql("user/find-by-email").answers(row(hasher.hash(PASSWORD)));
        sql(RECORD).answers(4L);

        assertThat(check(PASSWORD).failedWith(ProblemCode.TOO_MANY_ATTEMPTS).variable("retry_after")).isEqualTo(4L);
        assertThat(check("wrong horse").failedWith(ProblemCode.TOO_MANY_ATTEMPTS).variable("retry_after")).isEqualTo(4L);
    }

    @Test
    void a_wrong_password_is_refused() {
        sql("user/find-by-email").answers(row(hasher.hash(PASSWORD)));

        check("wrong horse").failedWith(ProblemCode.WRONG_PASSWORD);

        assertThat(sql(RECORD).parameters()).containsEntry("is_right", false).containsEntry("variable.user[id]", "1");
    }

    @Test
    void an_unknown_address_is_refused_in_the_same_words_and_slowed_down_likewise() {
        check(PASSWORD).failedWith(ProblemCode.WRONG_PASSWORD);

        assertThat(sql(RECORD).parameters()).containsEntry("is_right", false).containsEntry("variable.user[id]", null);
        assertThat(visited()).containsExactly("sql:user/find-by-email", "sql:" + WAIT, "sql:" + RECORD);
    }

    @Test
    void a_hash_of_the_old_system_is_replaced_once_the_password_is_proved() {
        Map<String, Object> row = row(BcryptFunction.getInstance(Bcrypt.A, 4).hash(PASSWORD).getResult());
        sql("user/find-by-email").answers(row);

        check(PASSWORD).succeeded(200);

        assertThat(direct("password-rehash").variables()).containsEntry("user", row).containsEntry("password", PASSWORD);
    }

    @Test
    void a_hash_of_the_old_system_stays_while_the_password_is_wrong() {
        sql("user/find-by-email").answers(row(BcryptFunction.getInstance(Bcrypt.A, 4).hash(PASSWORD).getResult()));

        check("wrong horse").failedWith(ProblemCode.WRONG_PASSWORD);

        assertThat(visited()).doesNotContain("direct:password-rehash");
    }

    @Test
    void a_database_that_is_away_is_left_to_the_caller() {
        sql("user/find-by-email").fails(databaseAway());

        assertThat(check(PASSWORD).failure()).isInstanceOf(CannotGetJdbcConnectionException.class);
    }

    private Answer check(String password) {
        return request(
                Map.of("email", "ann@example.com", "password", password, "limited", "login", "remote_address", "192.0.2.7"));
    }

    private static Map<String, Object> row(String hash) {
        return Map.of("id", "1", "email", "ann@example.com", "password_hash", hash, "is_active", true);
    }
}
