package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.account.Caller;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class SubscriptionPageRouteTest extends RouteTestSupport {

    private static final Caller CALLER = new Caller(UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001"), "USER");
    private static final String LIST = "subscription/list-page";
    private static final Map<String, Object> REQUEST = Map.of("page", 2, "limit", 15, "user_ids", new String[] {"x"});

    SubscriptionPageRouteTest() {
        super("api/subscription-page");
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
    void the_statement_is_told_who_asks_and_which_page() {
        sql(LIST).answers("{\"error_code\":0}");

        assertThat(request(REQUEST).succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        Map<String, Object> parameters = new HashMap<>(sql(LIST).parameters());
        parameters.values().removeIf(value -> value == null);
        assertThat(parameters).isEqualTo(Map.of("caller_id", CALLER.id(), "variable.caller.role", "USER", "variable.user_ids",
                REQUEST.get("user_ids"), "page", 2, "limit", 15));
        assertThat(visited()).containsExactly("direct:access-check", "sql:" + LIST);
    }

    @Test
    void nobody_else_gets_further_than_the_check() {
        direct("access-check").fails(new ProblemException(ProblemCode.FORBIDDEN));

        request(REQUEST).refused(ProblemCode.FORBIDDEN);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        sql(LIST).fails(databaseAway());

        request(REQUEST).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }
}
