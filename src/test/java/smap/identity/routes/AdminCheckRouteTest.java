package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.account.Caller;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class AdminCheckRouteTest extends RouteTestSupport {

    private static final UUID ID = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");

    AdminCheckRouteTest() {
        super("api/admin-check");
    }

    @Test
    void an_administrator_passes_under_the_id_of_the_account() {
        direct("access-check").sets("caller", new Caller(ID, "ADMIN"));

        assertThat(request(Map.of("token", "t")).succeeded(200).variable("actor")).isEqualTo(ID.toString());
        assertThat(visited()).containsExactly("direct:access-check");
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"USER", "admin", ""})
    void nobody_else_does(String role) {
        direct("access-check").sets("caller", new Caller(ID, role));

        assertThat(request(Map.of("token", "t")).failedWith(ProblemCode.FORBIDDEN).variable("actor")).isNull();
    }

    @Test
    void who_has_no_valid_token_is_nobody() {
        direct("access-check").fails(new ProblemException(ProblemCode.UNAUTHORIZED));

        request(Map.of()).failedWith(ProblemCode.UNAUTHORIZED);
    }

    @Test
    void who_runs_a_command_on_the_machine_passes_without_a_token() {
        Answer answer = request(Map.of("caller", Caller.onMachine("root"))).succeeded(200);

        assertThat(answer.variable("actor")).isEqualTo("cli:root");
        assertThat(visited()).isEmpty();
    }
}
