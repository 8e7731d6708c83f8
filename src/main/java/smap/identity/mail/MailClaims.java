package smap.identity.mail;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;
import org.apache.camel.support.SynchronizationAdapter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessResourceFailureException;

/**
 * Sees to it that no two workers, of this process or of others, have the same job in hand: the broker hands a job out again when it lost
 * the connection of a worker that is still sending, and a job that was published twice is in the queue twice. Thread-safe.
 *
 * <p>The claims are PostgreSQL's advisory locks, held by one session for the whole process, so that those of a process that was killed end
 * with it at once. A pooler between this process and PostgreSQL has to keep its sessions. While the database is away nothing is claimed,
 * and what was claimed before may be claimed by another.
 */
public final class MailClaims implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(MailClaims.class);
    private static final String HELD = "smap.mailClaim";
    /** False if another session has it. 5321 keeps these locks apart from others. */
    private static final String TAKE = "SELECT pg_try_advisory_lock(hashtextextended(?, 5321))";
    private static final String RELEASE = "SELECT pg_advisory_unlock(hashtextextended(?, 5321))";

    private static final int LONGEST_WAIT_MILLIS = 5_000;

    /** Those who waited while a session could not be had need not wait for the same again, one after the other. */
    private static final long ANOTHER_TRY = TimeUnit.SECONDS.toNanos(1);

    private final HikariDataSource pool;
    private final Set<String> claimed = ConcurrentHashMap.newKeySet();
    private Connection session;
    private SQLException failure;
    private long failedAt;

    /** @param pool lends one connection from the first claim on, for good */
    public MailClaims(HikariDataSource pool) {
        this.pool = pool;
    }

    /**
     * Claims the job until the exchange is done, for all its tries.
     *
     * @throws MailUnderWayException if another worker has it
     * @throws DataAccessResourceFailureException if the database could not be asked
     */
    public void claim(Exchange exchange, @Variable("mail_id") String jobId) {
        if (jobId.equals(exchange.getProperty(HELD))) {
            return;
        }
        if (!claimed.add(jobId)) {
            throw new MailUnderWayException(jobId);
        }
        boolean locked = false;
        try {
            locked = lock(jobId);
        } finally {
            if (!locked) {
                claimed.remove(jobId);
            }
        }
        if (!locked) {
            throw new MailUnderWayException(jobId);
        }
        exchange.setProperty(HELD, jobId);
        exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
            @Override
            public void onDone(Exchange done) {
                release(jobId);
            }
        });
    }

    private synchronized boolean lock(String jobId) {
        boolean known = session != null;
        if (!known && failure != null && System.nanoTime() - failedAt < ANOTHER_TRY) {
            throw new DataAccessResourceFailureException("The mail could not be claimed", failure);
        }
        try {
            boolean locked = ask(TAKE, jobId);
            failure = null;
            return locked;
        } catch (SQLException e) {
            drop();
            if (!known) {
                failure = e;
                failedAt = System.nanoTime();
                throw new DataAccessResourceFailureException("The mail could not be claimed", e);
            }
            // The session ended while nobody used it.
            return lock(jobId);
        }
    }

    private void release(String jobId) {
        try {
            unlock(jobId);
        } finally {
            // not before, or it would be unlocked for whoever claims it in between
            claimed.remove(jobId);
        }
    }

    private synchronized void unlock(String jobId) {
        try {
            if (session != null && !ask(RELEASE, jobId)) {
                LOG.atDebug().addKeyValue("message_id", jobId).log("The claim was lost with its session");
            }
        } catch (SQLException e) {
            drop();
        }
    }

    private boolean ask(String statement, String jobId) throws SQLException {
        if (session == null) {
            session = pool.getConnection();
            // the pool looks after none of what it has lent, and all workers wait for this session
            session.setNetworkTimeout(Runnable::run, LONGEST_WAIT_MILLIS);
        }
        try (PreparedStatement question = session.prepareStatement(statement)) {
            question.setString(1, jobId);
            try (ResultSet answer = question.executeQuery()) {
                return answer.next() && answer.getBoolean(1);
            }
        }
    }

    /** Not back into the pool: whoever got it next would have its locks. */
    private void drop() {
        if (session != null) {
            pool.evictConnection(session);
            session = null;
        }
    }

    /** Ends all claims. */
    @Override
    public synchronized void close() {
        drop();
    }
}
