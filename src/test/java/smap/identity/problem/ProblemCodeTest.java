package smap.identity.problem;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ProblemCodeTest {

    /** Clients switch on these: a line may be added here, and none is ever changed. */
    private static final String VOCABULARY = """
            REQUEST_UNDER_WAY 100001 409 A request with this Idempotency-Key is under way
            IDEMPOTENCY_KEY_REUSED 100002 422 Idempotency-Key was used for another request
            AUTHENTICATION_WRONG_BODY 110002 400 Wrong body
            USER_NOT_FOUND 110003 404 User not found
            USERNAME_EXISTED 110004 409 Username existed
            WRONG_PASSWORD 110005 401 Wrong password
            WRONG_OTP 110006 422 Wrong OTP
            USER_VERIFIED 110007 409 User verified
            OTP_EXPIRED 110008 410 OTP expired
            TOO_MANY_ATTEMPTS 110009 429 Too many attempts
            USER_NOT_VERIFIED 110010 403 User not verified
            SESSION_ENDED 110011 401 Session expired or revoked
            PLAN_WRONG_BODY 120001 400 Wrong body or parameter
            PLAN_NOT_FOUND 120002 404 Plan not found
            PLAN_EXISTS 120003 409 Plan exists
            PLAN_NOT_VALID 120004 422 Plan not valid
            PLAN_FIELD_REQUIRED 120005 400 Field required
            PLAN_CODE_EXISTS 120006 409 Plan code exists
            PLAN_ID_NOT_VALID 120007 400 Plan id not valid
            PLAN_IN_USE 120008 409 Plan has live subscriptions
            SUBSCRIPTION_WRONG_BODY 130001 400 Wrong body or parameter
            SUBSCRIPTION_NOT_FOUND 130002 404 Subscription not found
            SUBSCRIPTION_EXISTS 130003 409 Subscription exists in this period
            SUBSCRIPTION_NOT_VALID 130004 422 Subscription not valid
            SUBSCRIPTION_FIELD_REQUIRED 130005 400 Field required
            SUBSCRIPTION_ID_NOT_VALID 130006 400 Subscription id not valid
            LIVE_SUBSCRIPTION_EXISTS 130007 409 User has a live subscription
            SUBSCRIPTION_STATUS_NOT_VALID 130008 422 Status or transition not valid
            CANNOT_CANCEL 130009 422 Cannot cancel
            USER_WRONG_BODY 140001 400 Wrong body or parameter
            ACCOUNT_NOT_FOUND 140002 404 User not found
            ADDRESS_TAKEN 140003 409 Address taken
            WRONG_CURRENT_PASSWORD 140004 422 Wrong current password
            OWN_ACCOUNT 140006 409 Not possible on one's own account
            USER_DEACTIVATED 140007 403 User deactivated
            NO_ADDRESS_CHANGE 140008 404 No address change pending
            LAST_ADMIN 140009 409 Last administrator
            MAIL_WRONG_BODY 150001 400 Wrong body or parameter
            MAIL_NOT_FOUND 150002 404 Mail not found
            DEAD_LETTER_NOT_FOUND 150003 404 Dead letter not found
            DEAD_LETTER_CLOSED 150004 409 Dead letter is replayed or discarded already
            CODE_OF_NO_USE 150005 410 The code in the mail is of no more use
            RECIPIENT_NOT_VALID 150006 422 Recipient not valid
            REPLAY_NOT_FOUND 150007 404 Replay not found
            JOB_NOT_READABLE 150008 422 Job not readable
            BAD_REQUEST 400 400 Bad request
            UNAUTHORIZED 401 401 Unauthorized
            FORBIDDEN 403 403 Forbidden
            NOT_FOUND 404 404 Not found
            METHOD_NOT_ALLOWED 405 405 Method not allowed
            CONFLICT 409 409 Conflict
            PRECONDITION_FAILED 412 412 Precondition failed
            BODY_TOO_LARGE 413 413 Body too large
            URI_TOO_LONG 414 414 URI too long
            UNSUPPORTED_MEDIA_TYPE 415 415 Unsupported media type
            TOO_MANY_REQUESTS 429 429 Too many requests
            HEADERS_TOO_LARGE 431 431 Headers too large
            SOMETHING_WENT_WRONG 500 500 Something went wrong
            SERVICE_UNAVAILABLE 503 503 Service unavailable
            """;

    @Test
    void the_vocabulary_is_this() {
        assertThat(Arrays.stream(ProblemCode.values())
                .map(code -> code + " " + code.number() + " " + code.status() + " " + code.message() + "\n")
                .collect(Collectors.joining())).isEqualTo(VOCABULARY);
    }

    @Test
    void no_number_means_two_things() {
        assertThat(ProblemCode.values()).extracting(ProblemCode::number).doesNotHaveDuplicates();
    }

    @Test
    void a_general_number_is_its_status() {
        assertThat(ProblemCode.values()).filteredOn(code -> code.number() < 1_000)
                .allSatisfy(code -> assertThat(code.number()).isEqualTo(code.status()));
    }
}
