package smap.identity.mail;

import org.apache.camel.Exchange;

/** The conditions under which a route configuration treats a failed delivery one way or another. Thread-safe. */
public final class FailureSorter {

    /** Whether trying again is of no use to this mail. */
    public boolean isPermanent(Exchange exchange) {
        return DeliveryFailure.of(failure(exchange)).type() == FailureClass.PERMANENT;
    }

    /** As it was thrown: Camel's own look-up by type would return what is suppressed in it, the mark of its {@link SmtpPhase}. */
    private static Throwable failure(Exchange exchange) {
        return exchange.getException() != null
                ? exchange.getException()
                : exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    }
}
