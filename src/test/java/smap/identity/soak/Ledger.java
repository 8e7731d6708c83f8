package smap.identity.soak;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import smap.identity.support.ReceivedMail;

/**
 * What became of each job, as the two ends of the product saw it: the broker confirmed it, the SMTP server read its final dot. A mail
 * counts as a copy also where the server read the dot and gave no answer: a real one may have kept it. Thread-safe.
 */
public final class Ledger {

    private static final Pattern MESSAGE_ID = Pattern.compile("(?im)^Message-ID:\\s*<([^@>]+)@");

    private final Set<String> accepted = ConcurrentHashMap.newKeySet();
    private final Set<String> taken = ConcurrentHashMap.newKeySet();
    private final Map<String, List<Copy>> copies = new ConcurrentHashMap<>();
    private final AtomicInteger unanswered = new AtomicInteger();
    private final List<Instant> kills = new CopyOnWriteArrayList<>();

    /** The broker confirmed this job. */
    void accepted(String id) {
        accepted.add(id);
    }

    /** The SMTP server read the final dot of this mail. */
    public void offered(ReceivedMail mail) {
        boolean answered = mail.reply() != null;
        if (answered && !mail.accepted()) {
            return;
        }
        if (!answered) {
            unanswered.incrementAndGet();
        }
        String id = idOf(mail);
        copies.computeIfAbsent(id, unseen -> new CopyOnWriteArrayList<>()).add(new Copy(Instant.now(), answered));
        if (answered) {
            taken.add(id);
        }
    }

    /** A consumer is about to be killed. */
    void killed() {
        kills.add(Instant.now());
    }

    public int accepted() {
        return accepted.size();
    }

    /** Jobs the server has said it took. */
    public int delivered() {
        return taken.size();
    }

    /** Copies beyond the first of each job. */
    public int doubled() {
        return copies.values().stream().mapToInt(all -> all.size() - 1).sum();
    }

    /** Mails whose final dot was read and not answered: what became of them nobody but the server knows. */
    public int unanswered() {
        return unanswered.get();
    }

    /** Consumers killed. */
    public int kills() {
        return kills.size();
    }

    /** Accepted jobs that the server has not said it took. */
    public Set<String> undelivered() {
        Set<String> ids = new TreeSet<>(accepted);
        ids.removeAll(taken);
        return ids;
    }

    /**
     * Returns when the server has said it took all accepted jobs, those aside of which the caller knows better; fails when there was no
     * progress for so long.
     *
     * @param patience longer than any pause between two attempts at one mail
     * @param others ids of jobs that were given up, so far
     */
    public void awaitDelivery(Duration patience, Supplier<Set<String>> others) {
        AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);
        while (left.get() > 0) {
            int before = left.get();
            Awaitility.await("one more of " + before + " mails").atMost(patience).pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(200)).until(() -> {
                Set<String> missing = undelivered();
                missing.removeAll(others.get());
                left.set(missing.size());
                return left.get() == 0 || left.get() < before;
            });
        }
    }

    /** Whether the server read the final dot of this job at least once. */
    public boolean wasOffered(String id) {
        return copies.containsKey(id);
    }

    /** Mails that nobody had published. */
    public Set<String> unknown() {
        Set<String> ids = new TreeSet<>(copies.keySet());
        ids.removeAll(accepted);
        return ids;
    }

    /** A line for each job that came more than once: its copies, and how long before each copy but the last a consumer was killed next. */
    public List<String> doubles() {
        List<String> lines = new ArrayList<>();
        copies.forEach((id, all) -> {
            if (all.size() > 1) {
                StringBuilder line = new StringBuilder(id);
                all.forEach(copy -> line.append("  ").append(copy.at()).append(copy.answered() ? " taken" : " unanswered")
                        .append(nextKill(copy.at())));
                lines.add(line.toString());
            }
        });
        return lines;
    }

    @Override
    public String toString() {
        return "accepted " + accepted() + ", delivered " + delivered() + ", doubled " + doubled() + " (consumers killed " + kills()
                + ", final dots without an answer " + unanswered() + ")";
    }

    private String nextKill(Instant at) {
        return kills.stream().filter(kill -> kill.isAfter(at)).findFirst()
                .map(kill -> " (" + Duration.between(at, kill).toMillis() + " ms before a kill)").orElse("");
    }

    private static String idOf(ReceivedMail mail) {
        Matcher matcher = MESSAGE_ID.matcher(mail.rawText());
        return matcher.find() ? matcher.group(1) : "without Message-ID";
    }

    private record Copy(Instant at, boolean answered) {}
}
