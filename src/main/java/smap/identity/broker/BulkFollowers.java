package smap.identity.broker;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConfirmListener;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ReturnCallback;
import com.rabbitmq.client.ReturnListener;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.util.TimeUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.rabbit.connection.Connection;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.connection.RabbitUtils;

/**
 * Moves the bulk jobs at the head of the work queue to their own queue, many at a time: one by one each of them costs a worker the wait
 * for its confirm, and a code behind ten thousand of them waits for all. They are acknowledged when the broker has confirmed all copies.
 * From the first job on that is not bulk, what was taken goes back to its place. Thread-safe.
 *
 * <p>They are consumed, and not got by basic.get: a round trip for each made codes behind 10,000 of them wait over a second.
 */
public final class BulkFollowers {

    private static final Logger LOG = LoggerFactory.getLogger(BulkFollowers.class);

    /** The worker is away from its next job for as long as these take. */
    private static final int MOST = 100;
    /** How long the broker may take for the next one: nobody needs to wait for those that are not there. */
    private static final long PATIENCE_MILLIS = 20;
    private static final int PERSISTENT = 2;

    private final ConnectionFactory connections;
    private final MailQueues queues;
    private final long confirmTimeoutMillis;

    /** @param confirmTimeout such as {@code 5s} */
    public BulkFollowers(ConnectionFactory connections, MailQueues queues, String confirmTimeout) {
        this.connections = connections.getPublisherConnectionFactory();
        this.queues = queues;
        this.confirmTimeoutMillis = TimeUtils.toMilliSeconds(confirmTimeout);
    }

    /** Moves some, if there are any. What could not be moved stays in the work queue, where it is met again one by one. */
    public void move() {
        try (Connection connection = connections.createConnection(); Channel channel = connection.createChannel(false)) {
            try {
                moveOn(channel);
            } catch (IOException | TimeoutException | InterruptedException | RuntimeException e) {
                giveBack(channel);
                throw e;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | TimeoutException | AmqpException | ShutdownSignalException e) {
            LOG.atWarn().addKeyValue("cause", String.valueOf(e.getMessage())).log("Bulk mails could not be moved together");
        }
    }

    /** All that was taken and is not acknowledged: a channel that is put aside, or closed later, would keep it. */
    private static void giveBack(Channel channel) throws IOException {
        RabbitUtils.setPhysicalCloseRequired(channel, true);
        if (channel.isOpen()) {
            channel.basicNack(0, true, true);
        }
    }

    private void moveOn(Channel channel) throws IOException, TimeoutException, InterruptedException {
        AtomicBoolean lost = new AtomicBoolean();
        ConfirmListener onRefusal = channel.addConfirmListener((tag, multiple) -> {}, (tag, multiple) -> lost.set(true));
        ReturnCallback onReturn = back -> lost.set(true);
        ReturnListener returns = channel.addReturnListener(onReturn);
        try {
            long last = copy(channel);
            if (last > 0) {
                channel.waitForConfirmsOrDie(confirmTimeoutMillis);
                if (lost.get()) {
                    throw new IOException("the broker refused a copy for queue " + queues.bulk());
                }
                channel.basicAck(last, true);
            }
        } finally {
            channel.removeReturnListener(returns);
            channel.removeConfirmListener(onRefusal);
        }
    }

    /** @return the delivery tag of the last job copied, or 0 */
    private long copy(Channel channel) throws IOException, TimeoutException, InterruptedException {
        Head head = new Head(channel);
        channel.basicQos(MOST);
        String consumer = channel.basicConsume(queues.work(), false, head);
        long last = 0;
        Delivery job = head.next(PATIENCE_MILLIS);
        for (int i = 0; i < MOST && job != null && isBulk(job.getProperties()); i++) {
            channel.basicPublish("", queues.bulk(), true, properties(job.getProperties()), job.getBody());
            last = job.getEnvelope().getDeliveryTag();
            job = head.next(PATIENCE_MILLIS);
        }
        channel.basicCancel(consumer);
        while (job != Head.END) {
            if (job != null) {
                channel.basicNack(job.getEnvelope().getDeliveryTag(), false, true);
            }
            job = head.next(confirmTimeoutMillis);
            if (job == null) {
                throw new TimeoutException("the broker went on handing out jobs");
            }
        }
        return last;
    }

    /** One without an id is left to the route, which gives it one. */
    private static boolean isBulk(BasicProperties properties) {
        return properties != null && properties.getMessageId() != null && properties.getHeaders() != null
                && "bulk".equals(String.valueOf(properties.getHeaders().get("purpose")));
    }

    /** Without what the broker itself has added on the way. */
    private static BasicProperties properties(BasicProperties job) {
        Map<String, Object> headers = new HashMap<>(job.getHeaders());
        headers.keySet().removeIf(name -> name.startsWith("x-"));
        return new BasicProperties.Builder()
                .contentType("application/json")
                .deliveryMode(PERSISTENT)
                .messageId(job.getMessageId())
                .headers(headers)
                .build();
    }

    /** The jobs the broker hands out, in order, and then {@link #END}: some may still come after the consumer was cancelled. */
    private static final class Head extends DefaultConsumer {

        private static final Delivery END = new Delivery(null, null, null);

        private final BlockingQueue<Delivery> jobs = new LinkedBlockingQueue<>();

        Head(Channel channel) {
            super(channel);
        }

        Delivery next(long patienceMillis) throws InterruptedException {
            return jobs.poll(patienceMillis, TimeUnit.MILLISECONDS);
        }

        @Override
        public void handleDelivery(String tag, Envelope envelope, BasicProperties properties, byte[] body) {
            jobs.add(new Delivery(envelope, properties, body));
        }

        @Override
        public void handleCancelOk(String tag) {
            jobs.add(END);
        }

        @Override
        public void handleCancel(String tag) {
            jobs.add(END);
        }

        @Override
        public void handleShutdownSignal(String tag, ShutdownSignalException signal) {
            jobs.add(END);
        }
    }
}
