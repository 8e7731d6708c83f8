package smap.identity.account;

import java.util.UUID;

/**
 * Who is calling.
 *
 * @param id of a user; null for who is on the machine
 * @param role as an access token says
 * @param actor the name that what is done is noted under
 * @param sessionId the session the access token was made in; null for who has none
 */
public record Caller(UUID id, String role, String actor, UUID sessionId) {

    /** A user, as an access token says that was made in no session. */
    public Caller(UUID id, String role) {
        this(id, role, id.toString(), null);
    }

    /** Whoever runs a command on the machine, with the product's settings in hand: an administrator. */
    public static Caller onMachine(String account) {
        return new Caller(null, "ADMIN", "cli:" + account, null);
    }
}
