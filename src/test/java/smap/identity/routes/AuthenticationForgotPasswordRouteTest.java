package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.problem.Envelope;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class AuthenticationForgotPasswordRouteTest extends RouteTestSupport {

    private static final String DONE = "{\"error_code\":0,\"message\":\"Success\",\"data\":null}";
    private static final String FIND = "user/find-addressee";

    AuthenticationForgotPasswordRouteTest() {
        super("api/authentication-forgot-password");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("envelope", new Envelope());
    }

    @Test
    void the_answer_is_the_same_and_the_same_is_done_whoever_is_asked_for() {
        for (UUID id : new UUID[] {UUID.randomUUID(), null}) {
            Map<String, Object> user = new HashMap<>();
            user.put("id", id);
            user.put("may_reset", id != null);
            sql(FIND).answers(user);

            assertThat(forgot().succeeded(200).body()).isEqualTo(DONE);
        }

        await().until(() -> visited().size() == 6);
        assertThat(visited()).filteredOn("direct:password-reset-send"::equals).hasSize(2);
        assertThat(direct("rate-check").received().get(0).getVariables())
                .containsEntry("limited", "forgot-password").containsEntry("email", "ann@example.com");
        assertThat(direct("password-reset-send").received()).extracting(sent -> sent.getVariable("user", Map.class).get("may_reset"))
                .containsExactlyInAnyOrder(true, false);
        assertThat(direct("password-reset-send").received().get(0).getVariables()).containsEntry("lang", "vi");
    }

    @Test
    void what_is_done_afterwards_and_fails_is_told_to_nobody() {
        sql(FIND).answers(Map.of("may_reset", true));
        direct("password-reset-send").fails(databaseAway());

        assertThat(forgot().succeeded(200).body()).isEqualTo(DONE);
        await().until(() -> visited().contains("direct:password-reset-send"));
    }

    @Test
    void who_asks_too_often_is_refused_before_anything_is_looked_up() {
        direct("rate-check").does(exchange -> {
            exchange.setVariable("retry_after", 42L);
            throw new ProblemException(ProblemCode.TOO_MANY_REQUESTS);
        });

        forgot().refused(ProblemCode.TOO_MANY_REQUESTS, 42L);

        assertThat(visited()).containsExactly("direct:rate-check");
    }

    @Test
    void a_database_that_is_away_is_a_503_and_no_mail() {
        sql(FIND).fails(databaseAway());

        forgot().refused(ProblemCode.SERVICE_UNAVAILABLE);

        assertThat(visited()).doesNotContain("direct:password-reset-send");
    }

    private Answer forgot() {
        return request(Map.of("email", "ann@example.com", "lang", "vi"));
    }
}
