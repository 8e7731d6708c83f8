package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class QuickRedeliveryTest {

    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final QuickRedelivery redelivery = new QuickRedelivery(2, 8);

    @AfterEach
    void stop() throws IOException {
        camel.close();
    }

    @Test
    void a_mail_is_tried_so_many_times_more_and_then_no_more() {
        Exchange mail = mail();

        assertThat(redelivery.isAllowed(mail)).isTrue();
        tried(mail, 2);
        assertThat(redelivery.isAllowed(mail)).isTrue();
        tried(mail, 3);
        assertThat(redelivery.isAllowed(mail)).isFalse();
    }

    @Test
    void a_quarter_of_the_workers_may_wait_and_a_place_is_free_again_once_its_mail_is_done() {
        Exchange first = mail();
        Exchange second = mail();
        assertThat(redelivery.isAllowed(first)).isTrue();
        assertThat(redelivery.isAllowed(second)).isTrue();
        assertThat(redelivery.isAllowed(mail())).isFalse();

        tried(first, 2);
        assertThat(redelivery.isAllowed(first)).as("it keeps its place").isTrue();
        assertThat(redelivery.isAllowed(mail())).isFalse();

        first.getExchangeExtension().handoverCompletions().forEach(completion -> completion.onComplete(first));
        assertThat(redelivery.isAllowed(mail())).isTrue();
        assertThat(redelivery.isAllowed(mail())).isFalse();
    }

    @Test
    void there_is_a_place_where_there_are_few_workers() {
        QuickRedelivery single = new QuickRedelivery(2, 1);

        assertThat(single.isAllowed(mail())).isTrue();
        assertThat(single.isAllowed(mail())).isFalse();
    }

    private Exchange mail() {
        return new DefaultExchange(camel);
    }

    private static void tried(Exchange mail, int times) {
        mail.getMessage().setHeader(Exchange.REDELIVERY_COUNTER, times);
    }
}
