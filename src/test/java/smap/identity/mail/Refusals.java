package smap.identity.mail;

import java.util.List;
import org.apache.camel.Exchange;

/** Plays, for tests of routes, a mail server that refuses one recipient of a mail and takes it for the others. */
public final class Refusals {

    private Refusals() {}

    /** Leaves the body, a mail of {@link MailComposer}, as the sender would. */
    public static void refuse(Exchange exchange, String address, String reply) {
        exchange.getMessage().getBody(IdentifiedMessage.class).refused(List.of(new RefusedRecipient(address, reply)));
    }
}
