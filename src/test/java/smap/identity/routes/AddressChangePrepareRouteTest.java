package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import smap.identity.problem.ProblemCode;

class AddressChangePrepareRouteTest extends RouteTestSupport {

    private static final UUID ANN = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final UUID BOB = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");
    private static final String FIND = "user/find-by-email";

    AddressChangePrepareRouteTest() {
        super("api/address-change-prepare");
    }

    @BeforeEach
    void a_code_tells_what_it_is_for() {
        direct("address-code-prepare").does(exchange -> {
            String made = exchange.getVariable("purpose", String.class) + " to " + exchange.getVariable("email");
            exchange.setVariable("code_hmac", "hmac of " + made);
            exchange.setVariable("job", "job of " + made);
        });
    }

    @Test
    void a_code_is_made_for_each_address_and_the_old_one_last() {
        Answer answer = prepare().succeeded(200);

        assertThat(answer.variable("new_address")).isEqualTo("new@example.com");
        assertThat(answer.variable("new_code_hmac")).isEqualTo("hmac of address-confirm-new to new@example.com");
        assertThat(answer.variable("new_job")).isEqualTo("job of address-confirm-new to new@example.com");
        assertThat(answer.variable("new_purpose")).isEqualTo("address-confirm-new");
        assertThat(answer.variable("new_recipient")).isEqualTo("new@example.com");
        assertThat(answer.variable("new_owner_id")).isEqualTo(ANN);
        assertThat(answer.variable("purpose")).isEqualTo("address-confirm-old");
        assertThat(answer.variable("code_hmac")).isEqualTo("hmac of address-confirm-old to ann@example.com");
        assertThat(answer.variable("job")).isEqualTo("job of address-confirm-old to ann@example.com");
        assertThat(visited()).containsExactly("sql:" + FIND, "direct:address-code-prepare", "direct:address-code-prepare");
        assertThat(sql(FIND).parameters()).isEqualTo(Map.of("email", "new@example.com"));
    }

    @Test
    void an_address_that_somebody_has_is_refused() {
        sql(FIND).answers(Map.of("id", BOB, "email", "new@example.com"));

        prepare().failedWith(ProblemCode.ADDRESS_TAKEN);

        assertThat(visited()).containsExactly("sql:" + FIND);
    }

    @Test
    void a_database_that_is_away_is_left_to_the_caller() {
        sql(FIND).fails(databaseAway());

        assertThat(prepare().failure()).isInstanceOf(CannotGetJdbcConnectionException.class);
    }

    private Answer prepare() {
        return request(Map.of("email", "new@example.com", "user", Map.of("id", ANN, "email", "ann@example.com")));
    }
}
