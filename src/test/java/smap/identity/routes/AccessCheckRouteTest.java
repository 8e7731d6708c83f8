package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.account.Caller;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class AccessCheckRouteTest extends RouteTestSupport {

    private static final UUID ID = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");

    private static final UUID SESSION = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");

    AccessCheckRouteTest() {
        super("api/access-check");
    }

    @Test
    void who_has_a_role_of_the_operation_passes_under_the_id_of_the_account() {
        Answer answer = check("ADMIN", Set.of("ADMIN")).succeeded(200);

        assertThat(answer.variable("caller_id")).isEqualTo(ID);
        assertThat(answer.variable("actor")).isEqualTo(ID.toString());
        assertThat(answer.variable("session_id")).isEqualTo(SESSION);
        assertThat(visited()).containsExactly("direct:token-check");
    }

    @Test
    void each_role_of_the_operation_passes() {
        check("USER", Set.of("USER", "ADMIN")).succeeded(200);
        check("ADMIN", Set.of("USER", "ADMIN")).succeeded(200);
        check("USER", Set.of("USER")).succeeded(200);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"USER", "admin", "ADMI", "ADMIN, USER", ""})
    void no_other_role_does(String role) {
        Answer answer = check(role, Set.of("ADMIN")).failedWith(ProblemCode.FORBIDDEN);

        assertThat(answer.variable("caller_id")).isNull();
        assertThat(answer.variable("actor")).isNull();
    }

    @Test
    void what_has_no_roles_is_for_nobody() {
        check("ADMIN", Set.of()).failedWith(ProblemCode.FORBIDDEN);
        check("ADMIN", null).failedWith(ProblemCode.FORBIDDEN);
        check(null, null).failedWith(ProblemCode.FORBIDDEN);
    }

    @Test
    void who_has_no_valid_token_is_nobody() {
        direct("token-check").fails(new ProblemException(ProblemCode.UNAUTHORIZED));

        request(Map.of("allowed_roles", Set.of("ADMIN"))).failedWith(ProblemCode.UNAUTHORIZED);
    }

    @Test
    void who_runs_a_command_on_the_machine_passes_without_a_token() {
        Answer answer = request(Map.of("caller", Caller.onMachine("root"), "allowed_roles", Set.of("ADMIN"))).succeeded(200);

        assertThat(answer.variable("actor")).isEqualTo("cli:root");
        assertThat(visited()).isEmpty();
    }

    private Answer check(String role, Set<String> roles) {
        direct("token-check").sets("caller", new Caller(ID, role, ID.toString(), SESSION));
        return send(exchange -> exchange.setVariable("allowed_roles", roles));
    }
}
