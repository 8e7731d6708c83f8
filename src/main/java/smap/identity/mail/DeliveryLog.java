package smap.identity.mail;

import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * One line in the log for each outcome of a job, and the words for a failure. Never a body, and a recipient only as {@code LOG_RECIPIENTS}
 * allows. Thread-safe.
 */
public final class DeliveryLog {

    private static final Logger LOG = LoggerFactory.getLogger(DeliveryLog.class);
    private static final Set<String> WARNINGS = Set.of("dead", "unknown");
    /** What looks like an address: a server may repeat one in other letters than the job's, or name one the job does not. */
    private static final Pattern ADDRESS = Pattern.compile("([^\\s<>(),;:]{1,2})[^\\s<>(),;:]*@([^\\s<>(),;:@]+)");

    private final boolean masked;

    /** @param recipients {@code masked} or {@code plain} */
    public DeliveryLog(String recipients) {
        this.masked = !"plain".equals(recipients);
    }

    /** Tries to send the mail in this attempt, with the one that begins now. */
    public int tries(@Variable("tries") Integer before) {
        return before == null ? 1 : before + 1;
    }

    /**
     * Puts who did not get the mail just sent, which is the body, and why into the variable {@code reply}; nothing if all were accepted.
     */
    public void refused(Exchange exchange) {
        IdentifiedMessage mail = exchange.getMessage().getBody() instanceof IdentifiedMessage sent ? sent : null;
        if (mail != null && !mail.refused().isEmpty()) {
            String words = mail.refused().stream()
                    .map(recipient -> recipient.address() + ": " + recipient.reply().strip())
                    .collect(Collectors.joining("; ", "refused for ", ""));
            exchange.setVariable("reply", JobHeaders.oneLine(words));
        }
    }

    /** Writes that a mail was sent and its row does not say so: the one case in which the table is wrong. */
    public void unrecorded(Exchange exchange) {
        LOG.atError()
                .addKeyValue("message_id", exchange.getVariable("mail_id", String.class))
                .addKeyValue("route", exchange.getFromRouteId())
                .setCause(exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class))
                .log("Email was sent, but that could not be recorded");
    }

    /**
     * Writes the line of the outcome in the variables {@code outcome}, {@code mail_id}, {@code purpose}, {@code mail} and
     * {@code reply}.
     */
    public void record(Exchange exchange) {
        String outcome = exchange.getVariable("outcome", String.class);
        EmailData mail = exchange.getVariable("mail", EmailData.class);
        String reply = exchange.getVariable("reply", String.class);
        LoggingEventBuilder line = WARNINGS.contains(outcome) ? LOG.atWarn() : LOG.atInfo();
        line = line.addKeyValue("message_id", exchange.getVariable("mail_id", String.class))
                .addKeyValue("purpose", exchange.getVariable("purpose", String.class))
                .addKeyValue("outcome", outcome)
                .addKeyValue("attempt", exchange.getVariable("attempt", Integer.class))
                .addKeyValue("tries", exchange.getVariable("tries", Integer.class))
                .addKeyValue("duration_ms", exchange.getClock().elapsed())
                .addKeyValue("route", exchange.getFromRouteId());
        if (mail != null) {
            line = line.addKeyValue("recipient", shown(mail.recipient()));
        }
        if (reply != null) {
            line = line.addKeyValue("reply", withoutAddresses(reply));
        }
        switch (outcome) {
            case "sent" -> line.log("Email sent successfully");
            case "repeated" -> line.log("Email was sent before");
            case "dead" -> line.addKeyValue("reason", exchange.getVariable("reason")).log("Email could not be delivered");
            case "cancelled" -> line.log("Email was not sent, because the account it is for was deleted");
            case "retry" -> line.addKeyValue("queue", exchange.getVariable("next_queue")).log("Email will be tried again");
            case "unknown" -> line.log("Email may have been taken: the server did not answer");
            default -> line.log("Email was not sent, because its code is of no more use");
        }
    }

    /** {@code us***@example.com}: enough to find a mail by, too little to write to. */
    private String shown(String mailbox) {
        return masked ? withoutAddresses(mailbox.substring(mailbox.lastIndexOf('<') + 1).replace(">", "")) : mailbox;
    }

    private String withoutAddresses(String text) {
        return masked ? ADDRESS.matcher(text).replaceAll("$1***@$2") : text;
    }
}
