package smap.identity.soak;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import smap.identity.flow.Deployment;
import smap.identity.support.JsonHttp;

/**
 * Asks the API for mails at a rate: a new person registers and has a code sent, once. Who gets no answer, or a refusal, does not ask again:
 * a second code would supersede the first, whose mail then is not owed. Thread-safe.
 */
final class RequestLoad implements AutoCloseable {

    private static final int CLIENTS = 3;
    /** Longer than a client waits for its two answers. */
    private static final Duration DRAIN = Duration.ofSeconds(70);

    private final JsonHttp http;
    private final Ledger ledger;
    private final long interval;
    private final AtomicBoolean running = new AtomicBoolean(true);
    private final AtomicInteger people = new AtomicInteger();
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger unanswered = new AtomicInteger();
    private final Map<Integer, Integer> refusals = new ConcurrentSkipListMap<>();
    private final List<Thread> clients = IntStream.range(0, CLIENTS).mapToObj(i -> new Thread(this::ask, "request-load-" + i)).toList();
    private volatile CountDownLatch next = new CountDownLatch(1);

    private RequestLoad(JsonHttp http, Ledger ledger, int rate) {
        this.http = http;
        this.ledger = ledger;
        this.interval = TimeUnit.SECONDS.toNanos(CLIENTS) / rate;
    }

    /**
     * Begins to ask.
     *
     * @param rate people a second; what an absent API kept back is not made up for
     */
    static RequestLoad start(JsonHttp http, Ledger ledger, int rate) {
        RequestLoad load = new RequestLoad(http, ledger, rate);
        load.clients.forEach(client -> {
            client.setDaemon(true);
            client.start();
        });
        return load;
    }

    /** Returns at the moment a mail is next accepted, or after this time. */
    void awaitAccepted(Duration limit) throws InterruptedException {
        CountDownLatch moment = new CountDownLatch(1);
        next = moment;
        moment.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Asks no more, and returns when all requests have come to an end. */
    void stop() {
        running.set(false);
        Awaitility.await("the end of all requests").atMost(DRAIN).until(() -> clients.stream().noneMatch(Thread::isAlive));
    }

    /** Mails asked for. */
    int asked() {
        return asked.get();
    }

    /** Of these, those the API said are coming. */
    int accepted() {
        return accepted.get();
    }

    /** And those that were asked for without an answer: the API was killed. */
    int unanswered() {
        return unanswered.get();
    }

    /** How often each other status was answered, to a registration too. */
    Map<Integer, Integer> refusals() {
        return Map.copyOf(refusals);
    }

    @Override
    public void close() {
        running.set(false);
    }

    private void ask() {
        while (running.get()) {
            long due = System.nanoTime() + interval;
            Map<String, String> person = Deployment.credentials("asked" + people.incrementAndGet() + "@example.com");
            if (isRegistered(person)) {
                askFor(person);
            }
            pause(due - System.nanoTime());
        }
    }

    private boolean isRegistered(Map<String, String> person) {
        try {
            return is(201, http.post("/api/v1/authentication/register", person));
        } catch (UncheckedIOException e) {
            // There is no API now, or it was killed: nobody owes this person a mail.
            return false;
        }
    }

    private void askFor(Map<String, String> person) {
        String address = person.get("email");
        ledger.asked(address);
        asked.incrementAndGet();
        try {
            if (is(200, http.post("/api/v1/authentication/send-otp", person))) {
                next.countDown();
                ledger.accepted(address);
                accepted.incrementAndGet();
            }
        } catch (UncheckedIOException e) {
            // It was killed before its answer, and may have stored the mail.
            unanswered.incrementAndGet();
        }
    }

    private boolean is(int status, JsonHttp.Answer answer) {
        if (answer.status() != status) {
            refusals.merge(answer.status(), 1, Integer::sum);
        }
        return answer.status() == status;
    }

    private static void pause(long nanos) {
        try {
            TimeUnit.NANOSECONDS.sleep(nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
