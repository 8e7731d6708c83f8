package smap.identity.problem;

import java.time.Duration;
import java.util.List;

/**
 * A request that is refused for a reason its caller may know. Carries no stack trace: it is an answer, not a fault.
 */
public final class ProblemException extends RuntimeException {

    private final ProblemCode code;
    private final transient List<FieldError> errors;
    private final transient Duration retryAfter;

    /**
     * For routes ({@code throwException}), and the statements that tell them why something was not done.
     *
     * @param problem name of a {@link ProblemCode}; where a field is at fault, followed by it and what was expected of it:
     *         {@code SUBSCRIPTION_NOT_VALID ends_at must be later than starts_at}
     * @throws IllegalArgumentException if there is no such code
     */
    public ProblemException(String problem) {
        this(problem.split(" ", 3));
    }

    private ProblemException(String[] words) {
        this(ProblemCode.valueOf(words[0]), words.length < 3 ? List.of() : List.of(new FieldError(words[1], words[2])), null);
    }

    public ProblemException(ProblemCode code) {
        this(code, List.of(), null);
    }

    /** @param retryAfter when the caller may try again, or null if that is not known */
    public ProblemException(ProblemCode code, List<FieldError> errors, Duration retryAfter) {
        super(code.message(), null, false, false);
        this.code = code;
        this.errors = List.copyOf(errors);
        this.retryAfter = retryAfter;
    }

    public ProblemCode code() {
        return code;
    }

    public List<FieldError> errors() {
        return errors;
    }

    public Duration retryAfter() {
        return retryAfter;
    }
}
