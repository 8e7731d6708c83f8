package smap.identity.mail;

/** What JMX shows of {@link DeliveryOutage}. */
public interface DeliveryOutageMBean {

    /** Whether delivery is stopped. */
    boolean isStopped();

    /** {@code smtp} (mail server, way to it, or our account there) or {@code database}; empty while delivery runs. */
    String getReason();

    /** For how long it has been stopped; 0 while it runs. */
    long getStoppedSeconds();
}
