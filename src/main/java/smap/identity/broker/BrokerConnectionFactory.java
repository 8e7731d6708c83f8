package smap.identity.broker;

import com.rabbitmq.client.ConnectionFactory;
import java.net.URISyntaxException;
import java.security.GeneralSecurityException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import smap.identity.settings.Settings;

/**
 * Connections to the broker at {@code RABBITMQ_URL}. A second connection carries what is published, so that a broker that slows down
 * publishers does not stop consumers. Thread-safe.
 */
public final class BrokerConnectionFactory extends CachingConnectionFactory {

    private static final Logger LOG = LoggerFactory.getLogger(BrokerConnectionFactory.class);
    private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
    private static final int HEARTBEAT_SECONDS = 10;
    private static final int CHANNELS_KEPT = 64;

    private final ExecutorService deliveries;

    /**
     * Connects to {@code rabbitmq.url} when first asked to.
     *
     * @param name shown by the broker beside the connection
     * @throws IllegalArgumentException if the URL is none
     */
    public BrokerConnectionFactory(Settings settings, String name, MailTopology topology) {
        super(client(settings.get("rabbitmq.url")));
        // the client's own default is a thread for each core, which would leave most workers idle; a consumer never uses more than one
        this.deliveries = Executors.newCachedThreadPool(new CustomizableThreadFactory("mail-worker-"));
        setExecutor(this.deliveries);
        setConnectionNameStrategy(factory -> name);
        setPublisherConfirmType(ConfirmType.SIMPLE);
        setChannelCacheSize(CHANNELS_KEPT);
        addConnectionListener(topology);
    }

    private static ConnectionFactory client(String url) {
        ConnectionFactory client = new ConnectionFactory();
        try {
            client.setUri(url);
            if (client.getVirtualHost().isEmpty()) {
                // amqp://host/ as people write it; by the letter of the URI scheme that is the virtual host without a name
                client.setVirtualHost(ConnectionFactory.DEFAULT_VHOST);
            }
            if (client.isSSL()) {
                // the client's own choice for amqps:// trusts every certificate
                client.useSslProtocol(SSLContext.getDefault());
                client.enableHostnameVerification();
            }
        } catch (URISyntaxException | GeneralSecurityException | IllegalArgumentException e) {
            throw new IllegalArgumentException("RABBITMQ_URL: expected amqp://user:password@host:port/virtual-host or amqps://…", e);
        }
        client.setConnectionTimeout(CONNECT_TIMEOUT_MILLIS);
        client.setRequestedHeartbeat(HEARTBEAT_SECONDS);
        client.setAutomaticRecoveryEnabled(false);
        return client;
    }

    /** Connects, and so declares the topology, if the broker is there; a broker that is away is no reason not to start. */
    public void open() {
        try {
            createConnection();
        } catch (AmqpException e) {
            LOG.atWarn().addKeyValue("cause", String.valueOf(e.getMessage())).log("Broker is away at the start");
        }
    }

    /** Closes both connections and ends the threads that hand over deliveries. */
    public void close() {
        destroy();
        deliveries.shutdown();
    }
}
