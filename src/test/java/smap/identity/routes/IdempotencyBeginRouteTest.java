package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class IdempotencyBeginRouteTest extends RouteTestSupport {

    IdempotencyBeginRouteTest() {
        super("api/idempotency-begin");
    }

    @Test
    void a_request_without_a_key_goes_on() {
        assertThat(request(Map.of()).failure()).isNull();

        assertThat(visited()).isEmpty();
    }

    @Test
    void a_key_is_claimed() {
        assertThat(request(Map.of("Idempotency-Key", "k-1")).failure()).isNull();

        assertThat(visited()).containsExactly("direct:idempotency-claim");
        assertThat(direct("idempotency-claim").variables()).containsEntry("Idempotency-Key", "k-1");
    }

    @Test
    void a_refusal_is_left_to_the_caller() {
        direct("idempotency-claim").fails(new ProblemException(ProblemCode.REQUEST_UNDER_WAY));

        request(Map.of("Idempotency-Key", "k-1")).failedWith(ProblemCode.REQUEST_UNDER_WAY);
    }
}
