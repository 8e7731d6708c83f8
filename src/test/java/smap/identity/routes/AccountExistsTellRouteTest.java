package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class AccountExistsTellRouteTest extends RouteTestSupport {

    private static final String FIND = "user/find-by-email";
    private static final Map<String, Object> ANN = Map.of("id", "1", "email", "ann@example.com");

    AccountExistsTellRouteTest() {
        super("api/account-exists-tell");
    }

    @Test
    void the_owner_of_an_address_that_is_taken_is_told() {
        sql(FIND).answers(ANN);

        registered(false);

        assertThat(sql(FIND).parameters()).isEqualTo(Map.of("email", "ann@example.com"));
        assertThat(direct("notice-send").variables()).containsEntry("user", ANN).containsEntry("template", "account-exists");
    }

    @Test
    void a_new_account_is_nothing_to_tell() {
        registered(true);

        assertThat(visited()).isEmpty();
    }

    @Test
    void an_account_that_is_gone_in_between_is_not_told() {
        registered(false);

        assertThat(visited()).containsExactly("sql:" + FIND);
    }

    @Test
    void a_database_that_is_away_is_one_line_in_the_log() {
        sql(FIND).fails(databaseAway());

        registered(false);

        assertThat(log.lines()).singleElement().asString().startsWith("WARN Run given up until the next one route=account-exists-tell");
    }

    private void registered(boolean isNew) {
        Answer answer = send(exchange -> {
            exchange.setVariable("email", "ann@example.com");
            exchange.setVariable("registered", Map.of("is_new", isNew, "answer", "{}"));
            exchange.getMessage().setBody("{\"the\":\"answer\"}");
        });
        assertThat(answer.failure()).isNull();
    }
}
