package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.account.Caller;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class SubscriptionShowRouteTest extends RouteTestSupport {

    private static final Caller CALLER = new Caller(UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001"), "USER");
    private static final String SHOW = "subscription/show";
    private static final Map<String, Object> REQUEST = Map.of("id", "9c8b7a6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d");

    SubscriptionShowRouteTest() {
        super("api/subscription-show");
    }

    @BeforeEach
    void somebody_is_calling() {
        direct("access-check").does(exchange -> {
            exchange.setVariable("caller", CALLER);
            exchange.setVariable("caller_id", CALLER.id());
            exchange.setVariable("actor", CALLER.actor());
        });
    }

    @Test
    void the_statement_is_told_who_asks_and_the_version_is_the_etag() {
        sql(SHOW).answers(Map.of("answer", "{\"error_code\":0}", "etag", "\"3\""));

        Answer answer = request(REQUEST).succeeded(200);

        assertThat(answer.body()).isEqualTo("{\"error_code\":0}");
        assertThat(answer.headers()).containsEntry("ETag", "\"3\"");
        assertThat(sql(SHOW).parameters()).isEqualTo(Map.of(
                "id", REQUEST.get("id"), "caller_id", CALLER.id(), "variable.caller.role", "USER"));
        assertThat(visited()).containsExactly("direct:access-check", "sql:" + SHOW);
    }

    @Test
    void what_is_not_there_for_the_caller_is_not_found() {
        request(REQUEST).refused(ProblemCode.SUBSCRIPTION_NOT_FOUND);
    }

    @Test
    void nobody_else_gets_further_than_the_check() {
        direct("access-check").fails(new ProblemException(ProblemCode.FORBIDDEN));

        request(REQUEST).refused(ProblemCode.FORBIDDEN);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        sql(SHOW).fails(databaseAway());

        request(REQUEST).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }
}
