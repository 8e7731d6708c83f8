package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import smap.identity.mail.JobRecipient;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class DeadLetterUpdateRouteTest extends RouteTestSupport {

    private static final String FIND = "dead-letter/find-editable";
    private static final String UPDATE = "dead-letter/update";
    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";
    private static final Map<String, Object> REQUEST = Map.of("id", ID, "recipient", "bob@EXAMPLE.com");

    DeadLetterUpdateRouteTest() {
        super("api/dead-letter-update");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("jobRecipient", new JobRecipient());
    }

    @BeforeEach
    void the_caller_is_an_administrator() {
        direct("access-check").sets("actor", "admin");
        sql(FIND).answers(row("{\"Recipient\":\"ann@example.com\",\"Body\":\"B\"}", null));
    }

    @Test
    void row_and_job_get_the_new_recipient() {
        sql(UPDATE).answers("{\"error_code\":0}");

        assertThat(request(REQUEST).succeeded(200).body()).isEqualTo("{\"error_code\":0}");

        assertThat(visited()).containsExactly("direct:access-check", "sql:" + FIND, "sql:" + UPDATE);
        Map<String, Object> parameters = sql(UPDATE).parameters();
        assertThat((byte[]) parameters.get("job")).asString(StandardCharsets.UTF_8)
                .isEqualTo("{\"Recipient\":\"bob@example.com\",\"Body\":\"B\"}");
        assertThat(parameters).containsEntry("id", ID).containsEntry("recipient", "bob@example.com").containsEntry("now", NOW)
                .containsEntry("actor", "admin");
    }

    @Test
    void a_recipient_that_is_none_is_told_and_nothing_is_looked_up() {
        Answer answer = request(Map.of("id", ID, "recipient", "bob@example.com,eve@example.com"));

        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.json().path("error_code").asInt()).isEqualTo(150006);
        assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo("recipient");
        assertThat(visited()).containsExactly("direct:access-check");
    }

    @ParameterizedTest
    @EnumSource(names = {"DEAD_LETTER_NOT_FOUND", "DEAD_LETTER_CLOSED", "CODE_OF_NO_USE"})
    void what_may_not_be_changed_is_refused_with_the_reason(ProblemCode problem) {
        sql(FIND).answers(row(null, problem.name()));

        request(REQUEST).refused(problem);

        assertThat(visited()).doesNotContain("sql:" + UPDATE);
    }

    @Test
    void a_job_that_is_no_json_object_is_not_changed() {
        sql(FIND).answers(row("not JSON", null));

        request(REQUEST).refused(ProblemCode.JOB_NOT_READABLE);

        assertThat(visited()).doesNotContain("sql:" + UPDATE);
    }

    @Test
    void what_somebody_else_replayed_meanwhile_is_not_changed() {
        request(REQUEST).refused(ProblemCode.DEAD_LETTER_CLOSED);
    }

    @Test
    void nobody_else_changes_anything() {
        direct("access-check").fails(new ProblemException(ProblemCode.FORBIDDEN));

        request(REQUEST).refused(ProblemCode.FORBIDDEN);

        assertThat(visited()).containsExactly("direct:access-check");
    }

    @Test
    void a_database_that_is_away_is_a_503_that_says_when_to_come_back() {
        sql(UPDATE).fails(databaseAway());

        request(REQUEST).refused(ProblemCode.SERVICE_UNAVAILABLE);
    }

    private static Map<String, Object> row(String job, String problem) {
        Map<String, Object> row = new HashMap<>();
        row.put("job", job == null ? null : job.getBytes(StandardCharsets.UTF_8));
        row.put("problem", problem);
        return row;
    }
}
