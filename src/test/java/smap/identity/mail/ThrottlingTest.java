package smap.identity.mail;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThrottlingTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            GREETING    | 421 4.7.0 too many                        | true
            GREETING    | 450 4.7.1 later                           | true
            GREETING    | 554 5.7.1 blocked                         | false
            CONNECT     | 421 4.7.0 too many                        | true
            CONNECT     | 454 4.7.0 login not possible for now      | false
            CONNECT     | 535 5.7.8 wrong                           | false
            MAIL        | 421 4.4.2 closing                         | true
            MAIL        | 450 later                                 | true
            MAIL        | 451 4.7.1 later                           | true
            MAIL        | 452 4.3.1 disk full                       | false
            MAIL        | 454 4.7.1 too fast                        | true
            MAIL        | 550 5.7.1 too many mails, says the text   | false
            RCPT        | 421 4.7.0 too many                        | true
            RCPT        | 450 4.2.0 grey-listed                     | false
            RCPT        | 451 4.7.1 later                           | false
            RCPT        | 454 4.7.1 too many, says the text         | false
            RCPT        | 450 4.7.28 a flood                        | true
            RCPT        | 452 4.4.5 congested                       | true
            DATA        | 451 4.3.0 local error                     | true
            DATA        | 454 4.7.0 too fast                        | true
            DATA        | 554 5.5.1 no recipients                   | false
            END_OF_DATA | 421 4.3.2 shutting down                   | true
            END_OF_DATA | 432 4.3.2 too many at once                | true
            END_OF_DATA | 451 4.7.1 looks like spam                 | false
            END_OF_DATA | 454 too fast                              | true
            END_OF_DATA | 550 5.7.28 a flood                        | true
            END_OF_DATA | 550 5.7.280 no such status                | false
            """)
    void it_is_told_by_code_status_and_phase(String when, String text, boolean asked) {
        boolean greeting = when.equals("GREETING");
        SmtpPhase phase = greeting ? SmtpPhase.CONNECT : SmtpPhase.valueOf(when);

        SmtpReply reply = SmtpReply.of(Integer.parseInt(text.substring(0, 3)), text);

        assertThat(Throttling.isAskedBy(reply, phase, greeting)).isEqualTo(asked);
    }
}
