package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import smap.identity.problem.ProblemCode;

class GuessRefuseRouteTest extends RouteTestSupport {

    private static final String FIND = "one-time-code/find-refusal";
    private static final Map<String, Object> GUESS = Map.of(
            "email", "ann@example.com", "purpose", "verification", "otp_max_tries", "5", "otp_tries_per_hour", "20", "otp_cooldown", "60s",
            "now", NOW);

    GuessRefuseRouteTest() {
        super("api/guess-refuse");
    }

    @ParameterizedTest
    @EnumSource(names = {"USER_NOT_FOUND", "USER_VERIFIED", "WRONG_OTP", "TOO_MANY_ATTEMPTS", "OTP_EXPIRED"})
    void the_guess_is_refused_with_the_reason_the_database_finds(ProblemCode reason) {
        Map<String, Object> refusal = new HashMap<>(Map.of("problem", reason.name()));
        refusal.put("wait", null);
        sql(FIND).answers(refusal);

        request(GUESS).failedWith(reason);

        assertThat(sql(FIND).parameters()).isEqualTo(GUESS);
    }

    @Test
    void how_long_to_wait_is_left_to_who_renders_the_answer() {
        sql(FIND).answers(Map.of("problem", "TOO_MANY_ATTEMPTS", "wait", 17L));

        assertThat(request(GUESS).failedWith(ProblemCode.TOO_MANY_ATTEMPTS).variable("retry_after")).isEqualTo(17L);
    }

    @Test
    void a_database_that_is_away_is_left_to_the_caller() {
        sql(FIND).fails(databaseAway());

        assertThat(request(GUESS).failure()).isInstanceOf(CannotGetJdbcConnectionException.class);
    }
}
