package smap.identity.account;

import com.password4j.BcryptFunction;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.camel.Variable;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

/**
 * Hashes and verifies passwords, never more at once than {@code PASSWORD_HASHERS}: a hash takes a core for some 20 ms and 19 MiB of
 * memory, so a flood of logins has to queue. The queue is short; who finds it full or waits too long is told to come back
 * ({@link ProblemCode#SERVICE_UNAVAILABLE}). Hashes of the old system are bcrypt and verify as well. Thread-safe.
 */
public final class PasswordHasher {

    private static final int WAITING_FOR_EACH_HASHER = 16;
    private static final int SHARE_OF_THE_HEAP = 4;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);
    private static final Duration COME_BACK = Duration.ofSeconds(2);

    private final Argon2id argon2id;
    private final Duration longestWait;
    private final Semaphore hashers;
    private final int mostWaiting;
    private final String hashOfNobody;

    /** @param hashers hashes under way at once; 0 for as many as there are cores, and as many as the heap has room for */
    public PasswordHasher(int hashers) {
        this(hashers, Argon2id.create());
    }

    private PasswordHasher(int hashers, Argon2id argon2id) {
        this(hashers > 0 ? hashers : fitting(Runtime.getRuntime().availableProcessors(), Runtime.getRuntime().maxMemory(), argon2id),
                argon2id, LONGEST_WAIT);
    }

    /** For tests, which keep a hash under way for as long as they need. */
    PasswordHasher(int hashers, Argon2id argon2id, Duration longestWait) {
        this.argon2id = argon2id;
        this.longestWait = longestWait;
        this.hashers = new Semaphore(hashers, true);
        this.mostWaiting = hashers * WAITING_FOR_EACH_HASHER;
        this.hashOfNobody = argon2id.hash("nobody has this password");
    }

    /** One a core; where a hash takes its memory from the heap, no more than a quarter of that holds, and one in any case. */
    static int fitting(int cores, long heapBytes, Argon2id argon2id) {
        if (!argon2id.isOnHeap()) {
            return cores;
        }
        long fitting = heapBytes / SHARE_OF_THE_HEAP / (Argon2id.MEMORY_KIB * 1024L);
        return (int) Math.max(1, Math.min(cores, fitting));
    }

    /** @throws ProblemException if there is no hasher free in time */
    public String hash(@Variable("password") String password) {
        return inTurn(() -> argon2id.hash(password));
    }

    /**
     * Whether a password is the one of a user's row.
     *
     * @param user column {@code password_hash}; null if there is no such user, which takes as long and answers no
     * @throws ProblemException if there is no hasher free in time
     */
    public boolean matches(@Variable("password") String password, @Variable("user") Map<String, Object> user) {
        String hash = user == null ? hashOfNobody : user.get("password_hash").toString();
        boolean matches = inTurn(() -> verify(password, hash));
        return matches && user != null;
    }

    /**
     * Whether a user who is logged in knows the password.
     *
     * @throws ProblemException if there is no hasher free in time
     */
    public boolean isCurrent(@Variable("current_password") String password, @Variable("user") Map<String, Object> user) {
        return matches(password, user);
    }

    /** Whether a user's hash should be made anew while the password is at hand: bcrypt, or argon2id with weaker parameters. */
    public boolean isOutdated(@Variable("user") Map<String, Object> user) {
        return argon2id.isOutdated(user.get("password_hash").toString());
    }

    private boolean verify(String password, String hash) {
        if (hash.startsWith("$argon2id$")) {
            return argon2id.verify(password, hash);
        }
        return BcryptFunction.getInstanceFromHash(hash).check(password, hash);
    }

    private <T> T inTurn(Supplier<T> work) {
        if (hashers.getQueueLength() >= mostWaiting) {
            throw busy();
        }
        try {
            if (!hashers.tryAcquire(longestWait.toMillis(), TimeUnit.MILLISECONDS)) {
                throw busy();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw busy();
        }
        try {
            return work.get();
        } finally {
            hashers.release();
        }
    }

    private static ProblemException busy() {
        return new ProblemException(ProblemCode.SERVICE_UNAVAILABLE, List.of(), COME_BACK);
    }
}
