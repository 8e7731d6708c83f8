package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Properties;
import org.apache.camel.component.timer.TimerEndpoint;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.Role;
import smap.identity.account.FirstAdmin;
import smap.identity.account.PasswordHasher;
import smap.identity.account.PasswordPolicy;
import smap.identity.settings.Settings;

class AdminCreateRouteTest extends RouteTestSupport {

    private static final String INSERT = "user/insert-admin";
    private static final String COUNT = "user/count-admins";
    private static final String PASSWORD = "correct horse battery";

    private final PasswordHasher hasher = new PasswordHasher(1);

    AdminCreateRouteTest() {
        super("api/admin-create");
    }

    @Override
    void bind(Registry beans) {
        bind(beans, Map.of("ADMIN_EMAIL", "boss@example.com", "ADMIN_PASSWORD", PASSWORD));
    }

    private void bind(Registry beans, Map<String, String> environment) {
        beans.bind("passwordHasher", hasher);
        beans.bind("firstAdmin", FirstAdmin.of(Settings.read(Role.API, environment, new Properties()), new PasswordPolicy()));
    }

    @Test
    void each_process_asks_once_when_it_starts() {
        assertThat(input(TimerEndpoint.class).getRepeatCount()).isEqualTo(1);
        assertThat(input(TimerEndpoint.class).getDelay()).isZero();
    }

    @Test
    void the_administrator_of_the_settings_is_made_and_the_log_tells_it_without_the_address() {
        sql(INSERT).answers("created");

        request(Map.of()).succeeded(200);

        Map<String, Object> parameters = sql(INSERT).parameters();
        assertThat(parameters).containsEntry("email", "boss@example.com").containsEntry("now", NOW);
        String hash = parameters.get("password_hash").toString();
        assertThat(hasher.matches(PASSWORD, Map.of("password_hash", hash))).isTrue();
        assertThat(log.lines()).singleElement().asString().contains("created").doesNotContain("boss", PASSWORD);
        assertThat(visited()).containsExactly("sql:" + INSERT);
    }

    @Test
    void where_there_is_one_nothing_is_said() {
        sql(COUNT).answers(1L);

        request(Map.of()).succeeded(200);

        assertThat(visited()).containsExactly("sql:" + INSERT, "sql:" + COUNT);
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void where_there_is_none_after_all_the_log_warns() {
        sql(COUNT).answers(0L);

        request(Map.of()).succeeded(200);

        assertThat(log.lines()).singleElement().asString().contains("WARN", "no administrator");
    }

    @Test
    void a_database_that_is_away_is_logged_and_nothing_more() {
        sql(INSERT).fails(databaseAway());

        assertThat(request(Map.of()).failure()).isNull();

        assertThat(log.lines()).anyMatch(line -> line.contains("Run given up"));
    }
}
