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
 * What became of each mail, as the two ends of the product saw it: the broker confirmed its job or the API answered that it was coming, the
 * SMTP server read its final dot. A published mail goes by the id of its job; one asked of the API by its address, because nobody outside
 * knows its id. A mail counts as a copy also where the server read the dot and gave no answer: a real one may have kept it. Thread-safe.
 */
public final class Ledger {

    private static final Pattern MESSAGE_ID = Pattern.compile("(?im)^Message-ID:\\s*<([^@>]+)@");

    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    private final Set<String> accepted = ConcurrentHashMap.newKeySet();
    private final Set<String> taken = ConcurrentHashMap.newKeySet();
    private final Map<String, List<Copy>> copies = new ConcurrentHashMap<>();
    private final AtomicInteger unanswered = new AtomicInteger();
    private final List<Instant> kills = new CopyOnWriteArrayList<>();

    /** The API is about to be asked for a mail to this address, for the only time. */
    void asked(String address) {
        asked.add(address);
    }

    /** The broker confirmed this job, or the API that it has this address's mail. */
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

    /** Mails the server has said it took. */
    public int delivered() {
        return taken.size();
    }

    /** Copies beyond the first of each mail. */
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

    /** Accepted mails that the server has not said it took. */
    public Set<String> undelivered() {
        Set<String> ids = new TreeSet<>(accepted);
        ids.removeAll(taken);
        return ids;
    }

    /**
     * Returns when the server has said it took all accepted mails, those aside of which the caller knows better; fails when there was no
     * progress for so long.
     *
     * @param patience longer than any pause between two attempts at one mail
     * @param others ids of mails that were given up, so far
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

    /** Whether the server read the final dot of this mail at least once. */
    public boolean wasOffered(String id) {
        return copies.containsKey(id);
    }

    /** What a mail goes by here, of the two the product knows of it. */
    String idOf(String jobId, String recipient) {
        return recipient != null && asked.contains(recipient) ? recipient : jobId;
    }

    /** Mails that nobody had published or asked for. A request the API left without an answer may have been carried out. */
    public Set<String> unknown() {
        Set<String> ids = new TreeSet<>(copies.keySet());
        ids.removeAll(accepted);
        ids.removeAll(asked);
        return ids;
    }

    /** A line for each mail that came more than once: its copies, and how long before each copy but the last a consumer was killed next. */
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

    private String idOf(ReceivedMail mail) {
        Matcher matcher = MESSAGE_ID.matcher(mail.rawText());
        return idOf(matcher.find() ? matcher.group(1) : "without Message-ID", mail.recipients().get(0));
    }

    private record Copy(Instant at, boolean answered) {}
}
