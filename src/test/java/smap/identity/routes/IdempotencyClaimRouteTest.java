package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.Exchange;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.contract.Contract;
import smap.identity.contract.RequestHashes;
import smap.identity.problem.ProblemCode;

class IdempotencyClaimRouteTest extends RouteTestSupport {

    private static final String CLAIM = "idempotency-key/claim";
    private static final UUID LEASE = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");

    IdempotencyClaimRouteTest() {
        super("api/idempotency-claim");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("idempotency.ttl", "2h", "idempotency.lease", "3m");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("requestHashes", new RequestHashes(Contract.read("openapi/smap-identity.yaml"), "a secret of thirty-two characters"));
    }

    @Test
    void a_free_key_is_leased_and_the_request_goes_on() {
        sql(CLAIM).answers(row(LEASE, false, null, null));

        Answer claimed = claim();

        assertThat(claimed.failure()).isNull();
        assertThat(claimed.exchange().isRouteStop()).isFalse();
        assertThat(claimed.variable("idempotency_lease")).isEqualTo(LEASE);
        Map<String, Object> parameters = sql(CLAIM).parameters();
        assertThat((String) parameters.get("request_hash")).matches("[0-9a-f]{64}");
        assertThat(parameters).containsEntry("operation", "authentication-register").containsEntry("variable.Idempotency-Key", "k-1")
                .containsEntry("variable.actor", null).containsEntry("now", NOW).containsEntry("idempotency_ttl", "2h")
                .containsEntry("lease_time", "3m");
    }

    @Test
    void the_kept_answer_ends_the_request_as_it_was_and_says_so() {
        sql(CLAIM).answers(row(null, false, 201, "{\"error_code\" : 0}"));

        Answer replayed = claim().succeeded(201);

        assertThat(replayed.body()).isEqualTo("{\"error_code\" : 0}");
        assertThat(replayed.headers())
                .containsOnly(Map.entry(Exchange.HTTP_RESPONSE_CODE, 201), Map.entry("Idempotency-Replayed", "true"));
        assertThat(replayed.exchange().isRouteStop()).as("the caller's route too").isTrue();
        assertThat(replayed.variable("idempotency_lease")).as("nothing to keep or give back").isNull();
    }

    @Test
    void a_key_that_was_used_for_another_request_is_refused_whatever_became_of_that() {
        sql(CLAIM).answers(row(null, true, 201, "{\"error_code\" : 0}"));
        claim().failedWith(ProblemCode.IDEMPOTENCY_KEY_REUSED);

        sql(CLAIM).answers(row(null, true, null, null));
        claim().failedWith(ProblemCode.IDEMPOTENCY_KEY_REUSED);
    }

    @Test
    void a_request_under_way_is_not_made_twice() {
        sql(CLAIM).answers(row(null, false, null, null));

        Answer refused = claim().failedWith(ProblemCode.REQUEST_UNDER_WAY);

        assertThat(refused.variable("idempotency_lease")).isNull();
    }

    @Test
    void without_a_database_the_caller_is_told() {
        Exception away = databaseAway();
        sql(CLAIM).fails(away);

        assertThat(claim().failure()).isSameAs(away);
    }

    private Answer claim() {
        return request(Map.of("operation", "authentication-register", "Idempotency-Key", "k-1",
                "email", "ann@example.com", "password", "correct horse"));
    }

    private static Map<String, Object> row(UUID lease, boolean misused, Integer status, String answer) {
        Map<String, Object> row = new HashMap<>();
        row.put("lease", lease);
        row.put("misused", misused);
        row.put("status", status);
        row.put("answer", answer);
        return row;
    }
}
