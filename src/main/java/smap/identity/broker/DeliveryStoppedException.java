package smap.identity.broker;

/** A job was not looked at, because nothing can be delivered at present or this process is stopping: it goes back to its queue. */
public final class DeliveryStoppedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public DeliveryStoppedException(String reason) {
        super(reason);
    }
}
