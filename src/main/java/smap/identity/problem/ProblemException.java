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
     * For routes ({@code throwException}).
     *
     * @param code name of a {@link ProblemCode}
     * @throws IllegalArgumentException if there is no such code
     */
    public ProblemException(String code) {
        this(ProblemCode.valueOf(code), List.of(), null);
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
