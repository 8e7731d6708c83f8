package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.problem.ProblemCode;

/** {@code address-change-prepare} where AUTH_ENUMERATION_SAFE says that nobody is told whether an address has an account. */
class AddressChangeEnumerationSafeRouteTest extends RouteTestSupport {

    private static final UUID ANN = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final UUID BOB = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");
    private static final String FIND = "user/find-by-email";

    AddressChangeEnumerationSafeRouteTest() {
        super("api/address-change-prepare");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("auth.enumeration.safe", "true");
    }

    @BeforeEach
    void a_code_tells_what_it_is_for() {
        direct("address-code-prepare").does(exchange ->
                exchange.setVariable("code_hmac", "hmac of " + exchange.getVariable("purpose") + " to " + exchange.getVariable("email")));
    }

    @Test
    void a_stranger_s_address_goes_the_same_way_and_its_owner_is_told_in_place_of_the_code() {
        Map<String, Object> bob = Map.of("id", BOB, "email", "bob@example.com");
        sql(FIND).answers(bob);

        Answer answer = prepare("BOB@example.com").succeeded(200);

        assertThat(visited()).containsExactly(
                "sql:" + FIND, "direct:address-code-prepare", "direct:address-taken-prepare", "direct:address-code-prepare");
        assertThat(direct("address-taken-prepare").variables()).containsEntry("owner", bob);
        assertThat(answer.variable("new_code_hmac")).isEqualTo("hmac of address-confirm-new to BOB@example.com");
        assertThat(answer.variable("code_hmac")).isEqualTo("hmac of address-confirm-old to ann@example.com");
    }

    @Test
    void a_free_address_gets_its_code() {
        prepare("new@example.com").succeeded(200);

        assertThat(visited()).containsExactly("sql:" + FIND, "direct:address-code-prepare", "direct:address-code-prepare");
    }

    @Test
    void the_own_address_is_no_secret() {
        sql(FIND).answers(Map.of("id", ANN, "email", "ann@example.com"));

        prepare("ANN@example.com").failedWith(ProblemCode.ADDRESS_TAKEN);
    }

    private Answer prepare(String address) {
        return request(Map.of("email", address, "user", Map.of("id", ANN, "email", "ann@example.com")));
    }
}
