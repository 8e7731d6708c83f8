package smap.identity.contract;

import java.util.List;
import java.util.regex.Pattern;
import smap.identity.problem.FieldError;
import smap.identity.problem.ProblemCode;

/** Which code a request gets that is not as the contract says: each group of operations has its own. Stateless. */
final class RequestFaultCode {

    private static final Pattern ID = Pattern.compile("(.*_)?ids?");

    private RequestFaultCode() {}

    static ProblemCode of(String tag, List<FieldError> errors) {
        return switch (tag) {
            case "authentication" -> ProblemCode.AUTHENTICATION_WRONG_BODY;
            case "plans" -> of(errors, ProblemCode.PLAN_WRONG_BODY, ProblemCode.PLAN_FIELD_REQUIRED, ProblemCode.PLAN_ID_NOT_VALID);
            case "subscriptions" -> of(errors, ProblemCode.SUBSCRIPTION_WRONG_BODY, ProblemCode.SUBSCRIPTION_FIELD_REQUIRED,
                    ProblemCode.SUBSCRIPTION_ID_NOT_VALID);
            case "users" -> ProblemCode.USER_WRONG_BODY;
            case "mails", "dead-letters" -> ProblemCode.MAIL_WRONG_BODY;
            default -> ProblemCode.BAD_REQUEST;
        };
    }

    /** The one that tells more, where it tells all. */
    private static ProblemCode of(List<FieldError> errors, ProblemCode wrong, ProblemCode required, ProblemCode id) {
        if (errors.stream().allMatch(FieldError::isMissing)) {
            return required;
        }
        return errors.stream().allMatch(error -> !error.isMissing() && ID.matcher(error.field()).matches()) ? id : wrong;
    }
}
