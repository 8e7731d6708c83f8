package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Variable;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import smap.identity.mail.DeliveryLog;
import smap.identity.mail.EmailData;

class MailOutcomeRecordRouteTest extends RouteTestSupport {

    private static final String ID = "7a4c1d2e-0000-4000-8000-000000000002";
    private static final EmailData MAIL =
            new EmailData("Hello", "ann@example.com", "<b>123456</b>", null, null, List.of(), List.of(), List.of());
    private static final Map<String, Object> SENT =
            Map.of("mail_id", ID, "purpose", "verification", "mail", MAIL, "outcome", "sent", "tries", 1, "attempt", 1);

    /** What {@code UnrecordedMails} is told. */
    public static final class Unrecorded {

        private final List<String> settled = new ArrayList<>();

        public void settled(@Variable("mail_id") String id) {
            settled.add(id);
        }
    }

    private final Unrecorded unrecorded = new Unrecorded();

    MailOutcomeRecordRouteTest() {
        super("consumer/mail-outcome-record");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("deliveryLog", new DeliveryLog("masked"));
        beans.bind("unrecordedMails", unrecorded);
    }

    @Test
    void a_sent_mail_is_written_into_its_row_and_then_logged() {
        request(SENT).succeeded(200);

        Map<String, Object> parameters = new HashMap<>(Map.of(
                "mail_id", ID, "purpose", "verification", "variable.mail?.recipient", "ann@example.com", "outcome", "sent",
                "variable.tries", 1, "now", NOW));
        parameters.put("variable.reply", null);
        parameters.put("variable.phase", null);
        assertThat(sql("mail/record-outcome").parameters()).isEqualTo(parameters);
        assertThat(log.lines()).hasSize(1);
        assertThat(log.lines().get(0))
                .startsWith("INFO Email sent successfully message_id=" + ID + " purpose=verification outcome=sent attempt=1 tries=1")
                .contains("recipient=an***@example.com")
                .doesNotContain("123456");
    }

    @Test
    void a_failed_attempt_is_written_with_what_the_server_said() {
        request(Map.of("mail_id", ID, "purpose", "other", "mail", MAIL, "outcome", "retry", "tries", 3, "reply", "451 later",
                "phase", "RCPT"));

        assertThat(sql("mail/record-outcome").parameters())
                .containsEntry("outcome", "retry").containsEntry("variable.tries", 3)
                .containsEntry("variable.reply", "451 later").containsEntry("variable.phase", "RCPT");
        assertThat(log.lines()).singleElement().asString().startsWith("INFO Email will be tried again");
    }

    @Test
    void a_mail_whose_row_is_written_keeps_no_other_back() {
        request(SENT);

        assertThat(unrecorded.settled).containsExactly(ID);
    }

    @Test
    void a_mail_whose_row_is_not_written_goes_on_keeping_others_back() {
        sql("mail/record-outcome").fails(databaseAway());

        request(SENT);

        assertThat(unrecorded.settled).isEmpty();
    }

    @Test
    void the_finished_mail_is_no_parameter_of_the_statement() {
        send(exchange -> {
            SENT.forEach(exchange::setVariable);
            exchange.getMessage().setBody("the finished mail");
        });

        assertThat(sql("mail/record-outcome").sent().getMessage().getBody()).isNull();
    }

    @Test
    void what_is_not_written_is_not_logged_either() {
        sql("mail/record-outcome").fails(databaseAway());

        assertThat(request(SENT).failure()).isInstanceOf(CannotGetJdbcConnectionException.class);

        assertThat(log.lines()).isEmpty();
    }
}
