package smap.identity.mail;

import org.apache.camel.ExchangeException;

/** The conditions under which a route configuration treats a failed delivery one way or another. Thread-safe. */
public final class FailureSorter {

    /** Whether trying again is of no use to this mail. */
    public boolean isPermanent(@ExchangeException Exception failure) {
        return DeliveryFailure.of(failure).type() == FailureClass.PERMANENT;
    }
}
