package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import smap.identity.problem.FieldError;
import smap.identity.problem.ProblemCode;

class RequestFaultCodeTest {

    @ParameterizedTest
    @CsvSource({
        "authentication, email!,            AUTHENTICATION_WRONG_BODY",
        "users,          id,                USER_WRONG_BODY",
        "mails,          id,                MAIL_WRONG_BODY",
        "dead-letters,   id,                MAIL_WRONG_BODY",
        "audit,          id,                BAD_REQUEST",
        "plans,          body,              PLAN_WRONG_BODY",
        "plans,          name,              PLAN_WRONG_BODY",
        "plans,          name!,             PLAN_FIELD_REQUIRED",
        "plans,          name! code!,       PLAN_FIELD_REQUIRED",
        "plans,          name! code,        PLAN_WRONG_BODY",
        "plans,          id,                PLAN_ID_NOT_VALID",
        "plans,          ids,               PLAN_ID_NOT_VALID",
        "plans,          ids limit,         PLAN_WRONG_BODY",
        "plans,          paid,              PLAN_WRONG_BODY",
        "subscriptions,  plan_id,           SUBSCRIPTION_ID_NOT_VALID",
        "subscriptions,  user_ids plan_ids, SUBSCRIPTION_ID_NOT_VALID",
        "subscriptions,  plan_id!,          SUBSCRIPTION_FIELD_REQUIRED",
        "subscriptions,  plan_id user_id!,  SUBSCRIPTION_WRONG_BODY",
        "subscriptions,  statuses,          SUBSCRIPTION_WRONG_BODY",
    })
    void the_group_decides_and_what_is_at_fault(String tag, String faults, ProblemCode code) {
        List<FieldError> errors = Stream.of(faults.split(" "))
                .map(fault -> fault.endsWith("!")
                        ? FieldError.missing(fault.substring(0, fault.length() - 1)) : new FieldError(fault, "must be a UUID"))
                .toList();

        assertThat(RequestFaultCode.of(tag, errors)).isEqualTo(code);
    }
}
