package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.account.PasswordHasher;

class CodeRequestQuietRouteTest extends RouteTestSupport {

    private static final String FIND = "user/find-by-email";
    private static final String SHOW = "one-time-code/show-expiry";
    private static final String ANSWER =
            "{\"error_code\":0,\"message\":\"Success\",\"data\":{\"expires_at\":\"2030-01-02T03:09:05.000Z\"}}";

    private final PasswordHasher hasher = new PasswordHasher(1);

    CodeRequestQuietRouteTest() {
        super("api/code-request-quiet");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("passwordHasher", hasher);
    }

    @BeforeEach
    void the_answer_is_the_same_for_all() {
        sql(SHOW).answers(ANSWER);
    }

    @Test
    void the_right_password_is_settled_beside_the_answer() {
        Map<String, Object> ann = Map.of("id", "1", "email", "ann@example.com", "password_hash", hasher.hash("correct horse"));
        sql(FIND).answers(ann);

        assertThat(ask().body()).isEqualTo(ANSWER);

        assertThat(sql(SHOW).parameters()).isEqualTo(Map.of("now", NOW, "otp_ttl", "5m"));
        await().until(() -> visited().size() == 3);
        assertThat(visited()).containsExactly("sql:" + FIND, "sql:" + SHOW, "direct:code-request-settle");
        assertThat(direct("code-request-settle").variables()).containsEntry("user", ann).containsEntry("is_right", true);
    }

    @Test
    void an_unknown_address_goes_the_same_way_and_gets_the_same_answer() {
        assertThat(ask().body()).isEqualTo(ANSWER);

        await().until(() -> visited().size() == 3);
        assertThat(visited()).containsExactly("sql:" + FIND, "sql:" + SHOW, "direct:code-request-settle");
        assertThat(direct("code-request-settle").variables()).doesNotContainKey("user").containsEntry("is_right", false);
    }

    private Answer ask() {
        return request(Map.of("email", "ann@example.com", "password", "correct horse")).succeeded(200);
    }
}
