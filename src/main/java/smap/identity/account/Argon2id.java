package smap.identity.account;

import com.password4j.Argon2Function;
import com.password4j.types.Argon2;
import de.mkammerer.argon2.Argon2Factory;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Argon2id (RFC 9106) with 19 MiB, two passes and one lane, as OWASP recommends. The native library is used where its binary runs,
 * because it is half as slow and takes its memory off the heap; elsewhere a Java implementation of the same function. Both write and
 * read the PHC string format, so a hash made by one verifies with the other. Thread-safe.
 */
final class Argon2id {

    static final int MEMORY_KIB = 19 * 1024;
    static final int PASSES = 2;
    static final int LANES = 1;
    private static final int HASH_BYTES = 32;
    private static final Logger LOG = LoggerFactory.getLogger(Argon2id.class);

    private final de.mkammerer.argon2.Argon2 library;

    /** @param library null for the Java implementation */
    Argon2id(de.mkammerer.argon2.Argon2 library) {
        this.library = library;
    }

    /** The native implementation if it loads on this machine, else the Java one. */
    static Argon2id create() {
        try {
            var library = Argon2Factory.create(Argon2Factory.Argon2Types.ARGON2id);
            library.verify(library.hash(1, 8, 1, new byte[] {1}), new byte[] {1});
            return new Argon2id(library);
        } catch (LinkageError | RuntimeException e) {
            LOG.info("Native argon2 is not available here, the Java implementation is used: {}", e.toString());
            return java();
        }
    }

    static Argon2id java() {
        return new Argon2id(null);
    }

    String hash(String password) {
        byte[] bytes = password.getBytes(StandardCharsets.UTF_8);
        return library != null
                ? library.hash(PASSES, MEMORY_KIB, LANES, bytes)
                : Argon2Function.getInstance(MEMORY_KIB, PASSES, LANES, HASH_BYTES, Argon2.ID).hash(password).getResult();
    }

    boolean verify(String password, String hash) {
        return library != null
                ? library.verify(hash, password.getBytes(StandardCharsets.UTF_8))
                : Argon2Function.getInstanceFromHash(hash).check(password, hash);
    }

    /** Whether each hash under way takes {@link #MEMORY_KIB} of the heap. */
    boolean isOnHeap() {
        return library == null;
    }

    /** Whether a hash was made with other parameters than today's. */
    boolean isOutdated(String hash) {
        return !hash.startsWith("$argon2id$v=19$m=" + MEMORY_KIB + ",t=" + PASSES + ",p=" + LANES + '$');
    }
}
