package smap.identity.problem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProblemExceptionTest {

    @Test
    void a_route_names_its_problem() {
        ProblemException problem = new ProblemException("WRONG_OTP");

        assertThat(problem.code()).isEqualTo(ProblemCode.WRONG_OTP);
        assertThat(problem.errors()).isEmpty();
        assertThat(problem.retryAfter()).isNull();
        assertThat(problem).hasMessage("Wrong OTP");
    }

    @Test
    void a_statement_names_the_field_at_fault_and_what_was_expected_of_it() {
        ProblemException problem = new ProblemException("SUBSCRIPTION_NOT_VALID ends_at must be later than starts_at");

        assertThat(problem.code()).isEqualTo(ProblemCode.SUBSCRIPTION_NOT_VALID);
        assertThat(problem.errors()).containsExactly(new FieldError("ends_at", "must be later than starts_at"));
        assertThat(problem).hasMessage("Subscription not valid");
    }

    @Test
    void a_problem_nobody_has_heard_of_is_a_mistake_of_ours() {
        assertThatThrownBy(() -> new ProblemException("WRONG")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void it_is_an_answer_and_costs_no_stack_trace() {
        assertThat(new ProblemException(ProblemCode.WRONG_OTP).getStackTrace()).isEmpty();
    }

    @Test
    void what_it_says_does_not_change_afterwards() {
        List<FieldError> errors = new ArrayList<>(List.of(new FieldError("email", "is required")));
        ProblemException problem = new ProblemException(ProblemCode.BAD_REQUEST, errors, Duration.ofSeconds(3));
        errors.clear();

        assertThat(problem.errors()).containsExactly(new FieldError("email", "is required"));
        assertThat(problem.retryAfter()).isEqualTo(Duration.ofSeconds(3));
    }
}
