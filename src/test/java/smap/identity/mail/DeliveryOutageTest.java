package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import jakarta.mail.MessagingException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.service.ServiceSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import smap.identity.broker.DeliveryStoppedException;
import smap.identity.health.ManagedDependency;
import smap.identity.health.UnavailableException;
import smap.identity.support.MovableClock;
import smap.identity.support.RecordedLog;

class DeliveryOutageTest {

    @RegisterExtension
    final RecordedLog log = new RecordedLog(DeliveryOutage.class.getName());

    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final MovableClock clock = new MovableClock();
    private final DeliveryOutage outage = new DeliveryOutage(clock, "consumer");

    @AfterEach
    void stop() throws IOException {
        camel.close();
    }

    @Test
    void without_a_fault_jobs_are_let_through_and_nothing_is_due() {
        assertThatCode(() -> outage.admit(exchange(null))).doesNotThrowAnyException();
        assertThat(outage.due()).isEqualTo("nothing");
        assertThatCode(outage::probe).doesNotThrowAnyException();
    }

    @Test
    void a_fault_stops_delivery_gives_every_job_back_and_is_told_once() {
        begin(smtpAway());
        begin(smtpAway());

        assertThatThrownBy(() -> outage.admit(exchange(null))).isInstanceOf(DeliveryStoppedException.class);
        assertThat(outage.due()).isEqualTo("suspend");
        assertThat(outage.isStopped()).isTrue();
        assertThat(log.lines()).containsExactly("WARN Delivery stopped reason=smtp phase=CONNECT cause=connection refused");
    }

    @Test
    void readiness_says_why_in_words_for_anybody() {
        begin(smtpAway());
        assertThatThrownBy(outage::probe).isInstanceOf(UnavailableException.class)
                .hasMessage("is stopped since 2026-11-23T09:00:00Z, because of the mail server or our account there");
    }

    @Test
    void jmx_shows_whether_why_and_for_how_long() throws Exception {
        ObjectName name = new ObjectName("smap.identity:name=outage-" + UUID.randomUUID());
        try (ManagedDependency shown = new ManagedDependency(outage, name.getKeyProperty("name"))) {
            MBeanServer jmx = ManagementFactory.getPlatformMBeanServer();
            assertThat(attributes(jmx, name)).containsExactly(false, "", 0L);

            begin(smtpAway());
            clock.move(Duration.ofSeconds(7));

            assertThat(attributes(jmx, name)).containsExactly(true, "smtp", 7L);
        }
        assertThat(ManagementFactory.getPlatformMBeanServer().isRegistered(name)).isFalse();
    }

    @Test
    void a_database_that_is_away_is_another_reason() {
        begin(new SQLException("refused"));
        assertThatThrownBy(outage::probe).hasMessage("is stopped since 2026-11-23T09:00:00Z, because of the database");
    }

    @Test
    void probes_come_after_growing_pauses_up_to_half_a_minute() {
        begin(smtpAway());
        outage.suspended();

        List<Long> pauses = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            pauses.add(secondsUntilProbe());
            outage.goesOn(exchange(smtpAway()));
        }

        assertThat(pauses).containsExactly(1L, 2L, 4L, 8L, 16L, 30L, 30L);
    }

    @Test
    void while_it_lasts_it_is_told_once_a_minute() {
        begin(smtpAway());
        outage.suspended();
        log.clear();
        for (int second = 1; second <= 150; second++) {
            clock.move(Duration.ofSeconds(1));
            if ("probe".equals(outage.due())) {
                outage.goesOn(exchange(smtpAway()));
            }
        }

        assertThat(log.lines()).hasSize(2);
        assertThat(log.lines().get(0))
                .startsWith("WARN Delivery is still stopped reason=smtp seconds=").endsWith("cause=connection refused");
    }

    @Test
    void when_it_ends_jobs_are_let_through_again_and_it_is_told() {
        begin(smtpAway());
        outage.suspended();
        clock.move(Duration.ofSeconds(90));
        log.clear();

        outage.ends();

        assertThatCode(() -> outage.admit(exchange(null))).doesNotThrowAnyException();
        assertThat(outage.due()).isEqualTo("nothing");
        assertThat(log.lines()).containsExactly("INFO Delivery resumed reason=smtp seconds=90");
    }

    @Test
    void a_fault_that_comes_back_at_once_goes_on_with_the_pause_it_had() {
        begin(smtpAway());
        outage.suspended();
        outage.goesOn(exchange(smtpAway()));
        outage.goesOn(exchange(smtpAway()));
        outage.ends();

        clock.move(Duration.ofSeconds(2));
        begin(smtpAway());
        outage.suspended();

        assertThat(secondsUntilProbe()).isEqualTo(8);
    }

    @Test
    void a_fault_that_comes_back_much_later_begins_anew() {
        begin(smtpAway());
        outage.suspended();
        outage.goesOn(exchange(smtpAway()));
        outage.ends();

        clock.move(Duration.ofMinutes(1));
        begin(smtpAway());
        outage.suspended();

        assertThat(secondsUntilProbe()).isEqualTo(1);
    }

    @Test
    void a_process_that_stops_takes_no_more_jobs() throws Exception {
        List<Throwable> refusals = new ArrayList<>();
        Exchange late = exchange(null);
        camel.addService(new ServiceSupport() {
            @Override
            protected void doStop() {
                refusals.add(catchThrowable(() -> outage.admit(late)));
            }
        });
        camel.start();

        camel.stop();

        assertThat(refusals).singleElement().isInstanceOf(DeliveryStoppedException.class);
    }

    private static List<Object> attributes(MBeanServer jmx, ObjectName name) throws JMException {
        return List.of(jmx.getAttribute(name, "Stopped"), jmx.getAttribute(name, "Reason"), jmx.getAttribute(name, "StoppedSeconds"));
    }

    private void begin(Exception failure) {
        assertThatThrownBy(() -> outage.begin(exchange(failure))).isInstanceOf(DeliveryStoppedException.class);
    }

    private long secondsUntilProbe() {
        long seconds = 0;
        while (!"probe".equals(outage.due())) {
            clock.move(Duration.ofSeconds(1));
            seconds++;
        }
        return seconds;
    }

    private Exchange exchange(Exception failure) {
        Exchange exchange = new DefaultExchange(camel);
        exchange.setProperty(Exchange.EXCEPTION_CAUGHT, failure);
        return exchange;
    }

    private static MessagingException smtpAway() {
        return SmtpPhase.CONNECT.mark(new MessagingException("could not connect", new IOException("connection refused")));
    }
}
