package smap.identity.mail;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.springrabbit.SpringRabbitMQConstants;

/**
 * What is said of a job beside its body: AMQP properties and headers on the wire, exchange variables in the routes. What others have
 * written there is taken only in the form it should have. Thread-safe.
 */
public final class JobHeaders {

    private static final String OTHER = "other";
    private static final int LONGEST_TEXT = 500;
    private static final Pattern UUID_FORM = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    private static final Pattern PURPOSE = Pattern.compile("[a-z][a-z0-9_-]{0,63}");
    private static final Pattern TRACEPARENT = Pattern.compile("[0-9a-f-]{1,100}");
    private static final Pattern SETTLED = Pattern.compile("sent");
    private static final Pattern REASON = Pattern.compile("unreadable|permanent|exhausted|unknown");
    private static final Pattern PHASE = Pattern.compile("[A-Z_]{1,32}");
    private static final Pattern COUNT = Pattern.compile("[0-9]{1,6}");
    /** Control characters too: PostgreSQL takes no NUL. */
    private static final Pattern GAP = Pattern.compile("[\\s\\p{Cntrl}]+");

    private static final List<String> TIMES = List.of("expires_at", "first_attempt_at", "not_before");

    /**
     * Puts them into variables of their names, with {@code mail_id} for the message's id and {@code settled} for the header
     * {@code outcome}, and the body into the variable {@code job}. The message is empty then: camel-sql would try to make a map of a body
     * at each parameter of a statement. What is missing or not in its form is null; {@code attempt} is then 1 and {@code purpose}
     * is {@code other}.
     */
    public void read(Exchange exchange) {
        Message job = exchange.getMessage();
        exchange.setVariable("mail_id", id(job.getHeader(SpringRabbitMQConstants.MESSAGE_ID, String.class)));
        String purpose = matching(PURPOSE, job.getHeader("purpose"));
        exchange.setVariable("purpose", purpose == null ? OTHER : purpose);
        exchange.setVariable("attempt", Math.max(1, count(job.getHeader("attempt"))));
        exchange.setVariable("traceparent", matching(TRACEPARENT, job.getHeader("traceparent")));
        exchange.setVariable("settled", matching(SETTLED, job.getHeader("outcome")));
        TIMES.forEach(name -> exchange.setVariable(name, time(job.getHeader(name))));
        exchange.setVariable("job", job.getBody(byte[].class));
        job.setBody(null);
        job.removeHeaders("*");
    }

    /** The same for a dead letter, with what is said of its end: {@code reason}, {@code phase}, {@code reply}, … */
    public void readDeadLetter(Exchange exchange) {
        Message job = exchange.getMessage();
        String reason = matching(REASON, job.getHeader("reason"));
        exchange.setVariable("reason", reason == null ? "exhausted" : reason);
        exchange.setVariable("phase", matching(PHASE, job.getHeader("phase")));
        exchange.setVariable("reply", oneLine(job.getHeader("reply")));
        exchange.setVariable("tries", count(job.getHeader("tries")));
        exchange.setVariable("last_attempt_at", time(job.getHeader("last_attempt_at")));
        read(exchange);
    }

    /**
     * Makes the variables the headers of a copy of the job, and its body the variable {@code job}; what is null is left out. The copy has
     * no other headers.
     */
    public void write(Exchange exchange) {
        Message copy = exchange.getMessage();
        copy.removeHeaders("*");
        copy.setBody(exchange.getVariable("job"));
        copy.setHeader(SpringRabbitMQConstants.MESSAGE_ID, exchange.getVariable("mail_id"));
        copy.setHeader(SpringRabbitMQConstants.CONTENT_TYPE, "application/json");
        set(copy, "outcome", exchange.getVariable("settled"));
        List.of("purpose", "attempt", "traceparent").forEach(name -> set(copy, name, exchange.getVariable(name)));
        TIMES.forEach(name -> set(copy, name, exchange.getVariable(name)));
    }

    /** The same for a dead letter, with what is said of its end. */
    public void writeDeadLetter(Exchange exchange) {
        write(exchange);
        List.of("reason", "phase", "reply", "tries", "last_attempt_at")
                .forEach(name -> set(exchange.getMessage(), name, exchange.getVariable(name)));
    }

    private static void set(Message copy, String name, Object value) {
        if (value instanceof OffsetDateTime time) {
            copy.setHeader(name, DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(time));
        } else if (value != null) {
            copy.setHeader(name, value);
        }
    }

    /**
     * The job's id: the message's if that is a UUID, one derived from it if it is something else. A message of the old services has none;
     * it gets a new one each time the broker hands it out, because two equal jobs may well be two mails.
     */
    private static String id(String messageId) {
        if (messageId == null || messageId.isBlank()) {
            return UUID.randomUUID().toString();
        }
        return UUID_FORM.matcher(messageId).matches()
                ? messageId.toLowerCase(Locale.ROOT)
                : UUID.nameUUIDFromBytes(messageId.getBytes(StandardCharsets.UTF_8)).toString();
    }

    private static int count(Object value) {
        String digits = matching(COUNT, value);
        return digits == null ? 0 : Integer.parseInt(digits);
    }

    private static OffsetDateTime time(Object value) {
        try {
            return value == null ? null : OffsetDateTime.parse(value.toString());
        } catch (DateTimeException e) {
            return null;
        }
    }

    private static String matching(Pattern form, Object value) {
        return value != null && form.matcher(value.toString()).matches() ? value.toString() : null;
    }

    /** A text as it may stand in a header, a row and a line of the log. */
    static String oneLine(Object text) {
        if (text == null) {
            return null;
        }
        String line = GAP.matcher(text.toString()).replaceAll(" ").strip();
        return line.substring(0, Math.min(line.length(), LONGEST_TEXT));
    }
}
