package smap.identity.mail;

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
    private static final int LONGEST_REPLY = 500;
    /** What looks like an address: a server may repeat one in other letters than the job's, or name one the job does not. */
    private static final Pattern ADDRESS = Pattern.compile("([^\\s<>(),;:]{1,2})[^\\s<>(),;:]*@([^\\s<>(),;:@]+)");

    private final boolean masked;

    /** @param recipients {@code masked} or {@code plain} */
    public DeliveryLog(String recipients) {
        this.masked = !"plain".equals(recipients);
    }

    /**
     * Attempts to send, with the one that begins now. Camel's own counter is of no use: after a wait for the database it counts the
     * redeliveries of another step.
     */
    public int attempts(@Variable("attempts") Integer before) {
        return before == null ? 1 : before + 1;
    }

    /** Puts what the failure said into the variable {@code reply}: on one line, and no longer than a log line should be. */
    public void explain(Exchange exchange) {
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        while (failure != null && failure.getCause() != null && failure.getCause() != failure) {
            failure = failure.getCause();
        }
        String words = failure == null ? "" : failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        exchange.setVariable("reply", shortened(words));
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
            exchange.setVariable("reply", shortened(words));
        }
    }

    private static String shortened(String words) {
        String line = words.replaceAll("\\s+", " ").strip();
        return line.substring(0, Math.min(line.length(), LONGEST_REPLY));
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
        LoggingEventBuilder line = "dead".equals(outcome) ? LOG.atWarn() : LOG.atInfo();
        line = line.addKeyValue("message_id", exchange.getVariable("mail_id", String.class))
                .addKeyValue("purpose", exchange.getVariable("purpose", String.class))
                .addKeyValue("outcome", outcome)
                .addKeyValue("attempts", exchange.getVariable("attempts", Integer.class))
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
            case "dead" -> line.log("Email could not be delivered");
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
