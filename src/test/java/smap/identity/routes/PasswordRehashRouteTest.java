package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import smap.identity.account.PasswordHasher;

class PasswordRehashRouteTest extends RouteTestSupport {

    private static final Map<String, Object> USER = Map.of("id", "1", "password_hash", "$2a$10$old");

    private final PasswordHasher hasher = new PasswordHasher(1);

    PasswordRehashRouteTest() {
        super("api/password-rehash");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("passwordHasher", hasher);
    }

    @Test
    void the_new_hash_is_stored_in_place_of_the_one_that_was_read() {
        rehash().succeeded(200);

        Map<String, Object> stored = sql("user/rehash").parameters();
        assertThat(stored).containsOnlyKeys("password_hash", "now", "variable.user[id]", "variable.user[password_hash]");
        assertThat(stored)
                .containsEntry("variable.user[id]", "1")
                .containsEntry("variable.user[password_hash]", "$2a$10$old")
                .containsEntry("now", NOW);
        Map<String, Object> renewed = Map.of("password_hash", stored.get("password_hash"));
        assertThat(hasher.matches("correct horse", renewed)).isTrue();
        assertThat(hasher.isOutdated(renewed)).isFalse();
    }

    @Test
    void a_database_that_is_away_is_left_to_the_caller() {
        sql("user/rehash").fails(databaseAway());

        assertThat(rehash().failure()).isInstanceOf(CannotGetJdbcConnectionException.class);
    }

    private Answer rehash() {
        return request(Map.of("user", USER, "password", "correct horse"));
    }
}
