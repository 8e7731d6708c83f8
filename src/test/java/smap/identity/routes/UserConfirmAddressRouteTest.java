package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.dao.DuplicateKeyException;
import smap.identity.problem.ProblemCode;

class UserConfirmAddressRouteTest extends RouteTestSupport {

    private static final UUID ANN = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000001");
    private static final UUID SESSION = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");
    private static final UUID MAIL = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000003");
    private static final String FIND = "address-change/find";
    private static final String TRY = "address-change/try";
    private static final Map<String, Object> PREPARED = Map.ofEntries(
            Map.entry("old_code_hmac", "o"), Map.entry("new_code_hmac", "n"), Map.entry("new_address", "new@example.com"),
            Map.entry("job", "{}"), Map.entry("now", NOW), Map.entry("otp_max_tries", "5"), Map.entry("otp_tries_per_hour", "20"),
            Map.entry("otp_cooldown", "60s"), Map.entry("rate_limits", "on"), Map.entry("relay_delay", "5s"));

    UserConfirmAddressRouteTest() {
        super("api/user-confirm-address");
    }

    @BeforeEach
    void a_change_is_pending() {
        direct("access-check").does(exchange -> {
            exchange.setVariable("caller_id", ANN);
            exchange.setVariable("actor", ANN.toString());
            exchange.setVariable("session_id", SESSION);
        });
        sql(FIND).answers(Map.of("id", ANN, "email", "ann@example.com", "new_address", "new@example.com"));
        direct("address-guess-prepare").does(exchange -> PREPARED.forEach(exchange::setVariable));
        sql(TRY).answers(guess(null, null));
    }

    @Test
    void right_codes_change_the_address_and_the_old_one_is_told_afterwards() {
        assertThat(confirm().succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        assertThat(sql(FIND).parameters()).isEqualTo(Map.of("caller_id", ANN));
        assertThat(sql(TRY).parameters())
                .containsEntry("caller_id", ANN).containsEntry("variable.session_id", SESSION).containsEntry("actor", ANN.toString())
                .containsEntry("old_code_hmac", "o").containsEntry("new_code_hmac", "n").containsEntry("new_address", "new@example.com")
                .containsEntry("variable.user[email]", "ann@example.com").containsEntry("variable.remote_address", "192.0.2.1");
        await().until(() -> visited().size() == 5);
        assertThat(visited()).containsExactly(
                "direct:access-check", "sql:" + FIND, "direct:address-guess-prepare", "sql:" + TRY, "direct:mail-hand-over");
        assertThat(direct("mail-hand-over").variables()).containsEntry("mail_id", MAIL);
    }

    @Test
    void nothing_is_confirmed_that_was_not_asked_for() {
        sql(FIND).answers(null);

        confirm().refused(ProblemCode.NO_ADDRESS_CHANGE);

        assertThat(visited()).containsExactly("direct:access-check", "sql:" + FIND);
    }

    @ParameterizedTest
    @EnumSource(value = ProblemCode.class, names = {"WRONG_OTP", "OTP_EXPIRED", "ADDRESS_TAKEN", "NO_ADDRESS_CHANGE", "UNAUTHORIZED"})
    void why_it_was_not_done_is_told_and_nobody_is_written_to(ProblemCode problem) {
        sql(TRY).answers(guess(problem.name(), 1L));

        confirm().refused(problem);

        assertThat(visited()).doesNotContain("direct:mail-hand-over");
    }

    @Test
    void who_guesses_too_often_is_told_how_long_to_wait() {
        sql(TRY).answers(guess("TOO_MANY_ATTEMPTS", 42L));

        confirm().refused(ProblemCode.TOO_MANY_ATTEMPTS, 42L);
    }

    @Test
    void an_address_that_somebody_else_gets_in_this_very_moment_is_a_conflict() {
        sql(TRY).fails(new DuplicateKeyException("users_email_key"));

        confirm().refused(ProblemCode.CONFLICT);
    }

    @Test
    void a_database_that_is_away_is_a_503() {
        sql(TRY).fails(databaseAway());

        confirm().refused(ProblemCode.SERVICE_UNAVAILABLE);
    }

    private Answer confirm() {
        return request(Map.of("otp", "123456", "new_otp", "654321", "remote_address", "192.0.2.1"));
    }

    private static Map<String, Object> guess(String problem, Long wait) {
        Map<String, Object> row = new HashMap<>();
        row.put("problem", problem);
        row.put("wait", wait);
        row.put("answer", problem == null ? "{\"error_code\":0}" : null);
        row.put("mail_id", problem == null ? MAIL : null);
        return row;
    }
}
