package smap.identity.mail;

import org.apache.camel.Exchange;

/**
 * Asked by the routes' error handling what to do with the mail whose sending failed. Thread-safe.
 *
 * <p>The failure is taken from the exchange and not by {@code @ExchangeException}: Camel binds that one by looking through suppressed
 * exceptions too, and finds the mark of {@link SmtpPhase} in place of the failure it marks.
 */
public final class FailureSorter {

    /** Whether the mail server, or the making of the mail, refuses this mail for good. */
    public boolean isPermanent(Exchange exchange) {
        return failure(exchange).type() == FailureClass.PERMANENT;
    }

    /** Whether any other mail would have failed as well. */
    public boolean isAccount(Exchange exchange) {
        return failure(exchange).type() == FailureClass.ACCOUNT;
    }

    /** Whether the mail may have been taken. */
    public boolean isUnknown(Exchange exchange) {
        return failure(exchange).type() == FailureClass.UNKNOWN;
    }

    /** Puts what the failure said into the variable {@code reply} and how far the mail had come into {@code phase}. */
    public void explain(Exchange exchange) {
        Throwable failure = caught(exchange);
        SmtpPhase phase = SmtpPhase.of(failure);
        exchange.setVariable("phase", phase == null ? null : phase.name());
        exchange.setVariable("reply", words(failure));
    }

    /** What the innermost cause says, or is called where it says nothing: on one line, and not longer than a log line should be. */
    static String words(Throwable failure) {
        Throwable last = failure;
        while (last != null && last.getCause() != null && last.getCause() != last) {
            last = last.getCause();
        }
        if (last == null) {
            return "";
        }
        return JobHeaders.oneLine(last.getMessage() == null ? last.getClass().getSimpleName() : last.getMessage());
    }

    private static DeliveryFailure failure(Exchange exchange) {
        return DeliveryFailure.of(caught(exchange));
    }

    private static Throwable caught(Exchange exchange) {
        return exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    }
}
