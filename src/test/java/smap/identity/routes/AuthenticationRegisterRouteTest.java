package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DuplicateKeyException;
import smap.identity.account.PasswordHasher;
import smap.identity.account.PasswordPolicy;
import smap.identity.mail.MailTemplates;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class AuthenticationRegisterRouteTest extends RouteTestSupport {

    private static final String CREATED = "{\"error_code\":0,\"message\":\"Success\",\"data\":{\"is_active\":false}}";

    private final PasswordHasher hasher = new PasswordHasher(1);

    AuthenticationRegisterRouteTest() {
        super("api/authentication-register");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("passwordHasher", hasher);
        beans.bind("passwordPolicy", new PasswordPolicy());
        beans.bind("mailTemplates", new MailTemplates());
    }

    @Test
    void a_new_account_is_stored_with_a_hash_of_its_password() {
        sql("user/insert").answers(Map.of("is_new", true, "answer", CREATED));

        Answer answer = register("correct horse", "Ann");

        assertThat(answer.succeeded(201).body()).isEqualTo(CREATED);
        Map<String, Object> stored = sql("user/insert").parameters();
        assertThat(stored).containsOnlyKeys(
                "email", "password_hash", "variable.full_name", "now", "variable.remote_address", "enumeration_safe",
                "variable.idempotency_lease", "variable.language");
        assertThat(stored).containsEntry("email", "ann@example.com").containsEntry("variable.full_name", "Ann").containsEntry("now", NOW);
        assertThat(hasher.matches("correct horse", Map.of("password_hash", stored.get("password_hash")))).isTrue();
    }

    @Test
    void a_name_is_not_asked_for() {
        sql("user/insert").answers(Map.of("is_new", true, "answer", CREATED));

        register("correct horse", null).succeeded(201);

        assertThat(sql("user/insert").parameters()).containsEntry("variable.full_name", null);
    }

    @Test
    void the_language_that_is_asked_for_is_stored_for_mails_that_nobody_will_ask_for() {
        sql("user/insert").answers(Map.of("is_new", true, "answer", CREATED));

        request(Map.of("email", "ann@example.com", "password", "correct horse", "Accept-Language", "fr, vi;q=0.5")).succeeded(201);

        assertThat(sql("user/insert").parameters()).containsEntry("variable.language", "vi");
    }

    @Test
    void an_address_that_has_an_account_is_refused() {
        Map<String, Object> taken = new HashMap<>(Map.of("is_new", false));
        taken.put("answer", null);
        sql("user/insert").answers(taken);

        register("correct horse", "Ann").refused(ProblemCode.USERNAME_EXISTED);

        assertThat(visited()).containsSubsequence("direct:rate-check", "direct:idempotency-begin", "sql:user/insert");
    }

    @Test
    void a_password_that_may_not_be_chosen_is_refused_with_the_reason_and_not_stored() {
        for (String password : List.of("ä".repeat(65), "password123", "Ann@Example.com")) {
            Answer answer = register(password, "Ann");

            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.json().path("error_code").asInt()).isEqualTo(ProblemCode.AUTHENTICATION_WRONG_BODY.number());
            assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo("password");
            assertThat(answer.json().at("/errors/0/message").asText()).startsWith("must ");
            assertThat(answer.json().path("trace_id").asText()).isEqualTo(TRACE_ID);
        }
        assertThat(visited()).containsOnly("direct:rate-check");
    }

    @Test
    void who_asks_too_often_is_refused_before_anything_is_hashed() {
        direct("rate-check").fails(new ProblemException(ProblemCode.TOO_MANY_REQUESTS));

        register("correct horse", "Ann").refused(ProblemCode.TOO_MANY_REQUESTS);

        assertThat(direct("rate-check").variables()).containsEntry("limited", "register").containsEntry("email", "ann@example.com")
                .doesNotContainKey("password_hash");
        assertThat(visited()).containsExactly("direct:rate-check");
    }

    @Test
    void two_at_once_with_one_key_are_a_conflict() {
        sql("user/insert").fails(new DuplicateKeyException("Key (email)=(ann@example.com) already exists"));

        register("correct horse", "Ann").refused(ProblemCode.CONFLICT);
    }

    @Test
    void a_database_that_is_away_is_a_503_that_says_when_to_come_back() {
        sql("user/insert").fails(databaseAway());

        register("correct horse", "Ann").refused(ProblemCode.SERVICE_UNAVAILABLE);
    }

    @Test
    void the_lease_of_an_idempotency_key_goes_to_the_statement_that_keeps_the_answer() {
        direct("idempotency-begin").sets("idempotency_lease", "a lease");
        sql("user/insert").answers(Map.of("is_new", true, "answer", CREATED));

        register("correct horse", "Ann").succeeded(201);

        assertThat(visited()).containsExactly("direct:rate-check", "direct:idempotency-begin", "sql:user/insert");
        assertThat(sql("user/insert").parameters()).containsEntry("variable.idempotency_lease", "a lease");
    }

    @Test
    void a_repeated_request_is_answered_before_anything_is_done() {
        direct("idempotency-begin").does(exchange -> {
            exchange.getMessage().setBody(CREATED);
            exchange.setRouteStop(true);
        });

        assertThat(register("correct horse", "Ann").body()).isEqualTo(CREATED);

        assertThat(visited()).containsExactly("direct:rate-check", "direct:idempotency-begin");
    }

    @Test
    void a_refused_request_gives_its_key_back_and_is_answered_as_ever() {
        direct("idempotency-begin").sets("idempotency_lease", "a lease");
        sql("user/insert").answers(Map.of("is_new", false));

        register("correct horse", "Ann").refused(ProblemCode.USERNAME_EXISTED);

        assertThat(visited()).containsExactly(
                "direct:rate-check", "direct:idempotency-begin", "sql:user/insert", "direct:idempotency-release");
    }

    @Test
    void a_fault_of_ours_is_told_to_nobody_but_the_log() {
        sql("user/insert").fails(new IllegalStateException("bad grammar near password_hash"));

        Answer answer = register("correct horse", "Ann").refused(ProblemCode.SOMETHING_WENT_WRONG);

        assertThat(answer.headers()).containsOnlyKeys(Exchange.HTTP_RESPONSE_CODE, Exchange.CONTENT_TYPE);
        assertThat(log.lines()).containsExactly("ERROR Request failed trace_id=" + TRACE_ID + " route=authentication-register");
    }

    private Answer register(String password, String fullName) {
        Map<String, Object> declared = new HashMap<>(Map.of("email", "ann@example.com", "password", password));
        declared.put("full_name", fullName);
        return request(declared);
    }
}
