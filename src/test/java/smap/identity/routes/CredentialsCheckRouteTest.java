package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import com.password4j.BcryptFunction;
import com.password4j.types.Bcrypt;
import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import smap.identity.account.PasswordHasher;
import smap.identity.problem.ProblemCode;

class CredentialsCheckRouteTest extends RouteTestSupport {

    private static final String PASSWORD = "correct horse";

    private final PasswordHasher hasher = new PasswordHasher(1);

    CredentialsCheckRouteTest() {
        super("api/credentials-check");
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
        assertThat(visited()).containsExactly("sql:user/find-by-email");
    }

    @Test
    void a_wrong_password_is_refused() {
        sql("user/find-by-email").answers(row(hasher.hash(PASSWORD)));

        check("wrong horse").failedWith(ProblemCode.WRONG_PASSWORD);
    }

    @Test
    void an_unknown_address_is_refused_in_the_same_words() {
        check(PASSWORD).failedWith(ProblemCode.WRONG_PASSWORD);
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

        assertThat(visited()).containsExactly("sql:user/find-by-email");
    }

    @Test
    void a_database_that_is_away_is_left_to_the_caller() {
        sql("user/find-by-email").fails(databaseAway());

        assertThat(check(PASSWORD).failure()).isInstanceOf(CannotGetJdbcConnectionException.class);
    }

    private Answer check(String password) {
        return request(Map.of("email", "ann@example.com", "password", password));
    }

    private static Map<String, Object> row(String hash) {
        return Map.of("id", "1", "email", "ann@example.com", "password_hash", hash);
    }
}
