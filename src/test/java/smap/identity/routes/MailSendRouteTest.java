package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import java.util.List;
import java.util.function.Consumer;
import org.apache.camel.Exchange;
import org.apache.camel.component.mail.DefaultJavaMailSender;
import org.apache.camel.component.mail.JavaMailSender;
import org.apache.camel.component.mail.MailEndpoint;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.mail.DeliveryLog;
import smap.identity.mail.EmailData;
import smap.identity.mail.MailComposer;
import smap.identity.mail.MinutesLeft;
import smap.identity.mail.Refusals;

class MailSendRouteTest extends RouteTestSupport {

    private static final String SMTP = "smtp:mail.invalid:587";
    private static final EmailData MAIL =
            new EmailData("Hello", "ann@example.com", "<b>123456</b>", null, null, List.of("bob@example.com"), List.of(), List.of());

    private static final EmailData CODE_MAIL =
            new EmailData("Hello", "ann@example.com", "123456 for {{minutes_left}} min", null, null, List.of(), List.of(), List.of());

    private final JavaMailSender sender = new DefaultJavaMailSender();
    private final JavaMailSender bulkSender = new DefaultJavaMailSender();

    MailSendRouteTest() {
        super("consumer/mail-send");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("deliveryLog", new DeliveryLog("masked"));
        beans.bind("minutesLeft", new MinutesLeft());
        beans.bind("mailComposer", new MailComposer("no-reply@smap.example", "SMAP", CLOCK));
        beans.bind("mailSender", sender);
        beans.bind("bulkMailSender", bulkSender);
    }

    @Test
    void the_job_is_sent_as_a_finished_mail_that_names_the_job() throws Exception {
        assertThat(deliver(0).variable("outcome")).isEqualTo("sent");

        MimeMessage mail = edge(SMTP).sent().getMessage().getBody(MimeMessage.class);
        assertThat(mail.getMessageID()).isEqualTo("<7a4c1d2e-0000-4000-8000-000000000002@smap.example>");
        assertThat(mail.getSubject()).isEqualTo("Hello");
        assertThat(mail.getAllRecipients()).extracting(Object::toString).containsExactly("ann@example.com", "bob@example.com");
        assertThat(mail.getSentDate()).isEqualTo(CLOCK.instant());
    }

    @Test
    void a_mail_that_brings_a_code_states_the_minutes_left_at_the_time_of_each_try() throws Exception {
        edge(SMTP).failsTimes(1, new MessagingException("451 try again later"));
        Consumer<Exchange> job = exchange -> {
            exchange.setVariable("mail", CODE_MAIL);
            exchange.setVariable("mail_id", "7a4c1d2e-0000-4000-8000-000000000002");
            exchange.setVariable("code_expires_at", "2030-01-02T03:06:06.000Z");
            exchange.setVariable("now", NOW.minusMinutes(3));
        };

        assertThat(send(job).variable("mail")).as("for the next try").isEqualTo(CODE_MAIL);
        send(job);

        assertThat(edge(SMTP).received()).hasSize(2).allSatisfy(sent ->
                assertThat(sent.getMessage().getBody(MimeMessage.class).getContent()).isEqualTo("123456 for 3 min"));
    }

    @Test
    void a_mail_without_a_code_is_sent_as_it_is_whatever_stands_in_it() throws Exception {
        send(exchange -> {
            exchange.setVariable("mail", CODE_MAIL);
            exchange.setVariable("mail_id", "7a4c1d2e-0000-4000-8000-000000000002");
            exchange.setVariable("code_expires_at", null);
        });

        assertThat(edge(SMTP).sent().getMessage().getBody(MimeMessage.class).getContent()).isEqualTo(CODE_MAIL.body());
    }

    @Test
    void a_recipient_the_server_refused_is_recorded_and_the_mail_is_sent() {
        assertThat(deliver(0).variable("reply")).isNull();
        edge(SMTP).does(exchange -> Refusals.refuse(exchange, "bob@example.com", "550 5.1.1 nobody here"));

        Answer answer = deliver(0);

        assertThat(answer.variable("outcome")).isEqualTo("sent");
        assertThat(answer.variable("reply")).isEqualTo("refused for bob@example.com: 550 5.1.1 nobody here");
    }

    @Test
    void it_goes_out_over_the_pooled_connections_and_a_bulk_mail_over_what_is_left_of_them() {
        deliver(0);
        assertThat(senderOf(edge(SMTP).received().get(0))).isSameAs(sender);

        send(exchange -> {
            exchange.setVariable("mail", MAIL);
            exchange.setVariable("mail_id", "7a4c1d2e-0000-4000-8000-000000000002");
            exchange.setVariable("lane", "bulk");
        });
        assertThat(senderOf(edge(SMTP).received().get(1))).isSameAs(bulkSender);
    }

    @Test
    void every_try_is_counted() {
        assertThat(deliver(0).variable("tries")).isEqualTo(1);
        assertThat(deliver(2).variable("tries")).isEqualTo(3);
    }

    @Test
    void a_mail_the_server_did_not_take_is_not_called_sent() {
        MessagingException refusal = new MessagingException("451 try again later");
        edge(SMTP).fails(refusal);

        Answer answer = deliver(0);

        assertThat(answer.failure()).isSameAs(refusal);
        assertThat(answer.variable("outcome")).isEqualTo("deliver");
        assertThat(answer.variable("tries")).isEqualTo(1);
    }

    private Answer deliver(int tries) {
        return send(exchange -> {
            exchange.setVariable("mail", MAIL);
            exchange.setVariable("mail_id", "7a4c1d2e-0000-4000-8000-000000000002");
            exchange.setVariable("outcome", "deliver");
            exchange.setVariable("tries", tries == 0 ? null : tries);
            exchange.getMessage().setHeader(Exchange.REDELIVERY_COUNTER, 5);
        });
    }

    /** The sender of the endpoint an exchange was on its way to. */
    private JavaMailSender senderOf(Exchange sent) {
        return context.getEndpoint(sent.getProperty(Exchange.TO_ENDPOINT, String.class), MailEndpoint.class).getConfiguration()
                .getJavaMailSender();
    }
}
