package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class AuthenticationMeRouteTest extends RouteTestSupport {

    private static final UUID ID = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final String SHOWN = "{\"error_code\":0,\"message\":\"Success\",\"data\":{\"email\":\"ann@example.com\"}}";

    AuthenticationMeRouteTest() {
        super("api/authentication-me");
    }

    @BeforeEach
    void the_token_is_valid() {
        direct("access-check").sets("caller_id", ID);
    }

    @Test
    void the_caller_sees_the_account_the_token_speaks_for() {
        sql("user/show").answers(SHOWN);

        Answer answer = request(Map.of("token", "t"));

        assertThat(answer.succeeded(200).body()).isEqualTo(SHOWN);
        assertThat(direct("access-check").variables()).containsEntry("token", "t");
        assertThat(sql("user/show").parameters()).isEqualTo(Map.of("caller_id", ID));
    }

    @Test
    void without_a_valid_token_nothing_is_looked_up() {
        direct("access-check").fails(new ProblemException(ProblemCode.UNAUTHORIZED));

        request(Map.of()).refused(ProblemCode.UNAUTHORIZED);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_token_of_an_account_that_is_no_more_is_refused() {
        request(Map.of("token", "t")).refused(ProblemCode.UNAUTHORIZED);
    }

    @Test
    void a_database_that_is_away_is_a_503_that_says_when_to_come_back() {
        sql("user/show").fails(databaseAway());

        request(Map.of("token", "t")).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }
}
