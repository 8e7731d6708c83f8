package smap.identity.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import smap.identity.support.JsonHttp;

/**
 * Codes asked for over HTTP at a steady pace, each by another person, whether or not those before have come; and what happened to each
 * between its request and the mail server's word that it took the mail. Thread-safe.
 */
final class CodeRequests {

    /** Far longer than any code may take: who waits for it has found a fault. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final JsonHttp http;
    private final LongSupplier others;
    private final Map<String, Moment> requested = new ConcurrentHashMap<>();
    private final Map<String, Moment> accepted = new ConcurrentHashMap<>();

    /** @param others how many mails of others the mail server has answered so far */
    CodeRequests(JsonHttp http, LongSupplier others) {
        this.http = http;
        this.others = others;
    }

    /** Asks for a code for each of these people, one in each of these intervals; returns when the API has answered all. */
    void ask(List<String> people, Duration interval) throws Exception {
        ScheduledExecutorService pacer = Executors.newSingleThreadScheduledExecutor();
        ExecutorService crowd = Executors.newCachedThreadPool();
        try {
            List<ScheduledFuture<Future<Integer>>> answers = IntStream.range(0, people.size())
                    .mapToObj(i -> pacer.schedule(
                            () -> crowd.submit(() -> ask(people.get(i))), i * interval.toNanos(), TimeUnit.NANOSECONDS))
                    .toList();
            for (ScheduledFuture<Future<Integer>> answer : answers) {
                assertThat(answer.get().get()).isEqualTo(200);
            }
        } finally {
            pacer.shutdownNow();
            crowd.shutdownNow();
        }
    }

    /** Hashing has a short queue by design; who is told to come back does, and that is the request that counts. */
    private int ask(String email) {
        return Awaitility.await().atMost(PATIENCE).pollDelay(Duration.ZERO).until(() -> {
            requested.put(email, now());
            return http.post("/api/v1/authentication/send-otp", Deployment.credentials(email)).status();
        }, status -> status != 503);
    }

    /** The mail server took a mail to this person. */
    void accepted(String email) {
        accepted.putIfAbsent(email, now());
    }

    /** What each code met, once the mail server has taken all of them. */
    CodeTimes await() {
        Awaitility.await("codes").atMost(PATIENCE).pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> assertThat(accepted.keySet()).containsAll(requested.keySet()));
        return new CodeTimes(
                requested.keySet().stream().map(email -> accepted.get(email).time() - requested.get(email).time()).toList(),
                requested.keySet().stream().map(email -> accepted.get(email).others() - requested.get(email).others()).toList());
    }

    private Moment now() {
        return new Moment(System.nanoTime(), others.getAsLong());
    }

    private record Moment(long time, long others) {}
}
