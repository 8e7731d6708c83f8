package smap.identity.contract;

import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * A request as the bytes that go over the wire.
 *
 * @param number which of the run it is: with the run's seed it makes the same request again
 * @param operation what it is for
 * @param form how far it keeps to what a client may send
 * @param method as on the wire
 */
record FuzzedRequest(long number, String operation, Form form, String method, byte[] bytes) {

    /** How much the answer is bound to. */
    enum Form {
        /** To this operation, in sound HTTP: the contract documents the answer. */
        FOR_THE_OPERATION,
        /** In sound HTTP, and whether an operation is meant is not for sure: the answer is one of the general refusals, or documented. */
        SOUND,
        /** What no HTTP client would send: refused or cut off. */
        BROKEN
    }

    private static final int SHOWN = 700;
    static final Set<Integer> GENERAL = Set.of(400, 401, 403, 404, 405, 413, 414, 415, 431);

    /** For a failure's message: what is not ASCII is escaped. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("request " + number + " (" + operation + ", " + form + "): ");
        for (char c : new String(bytes, 0, Math.min(bytes.length, SHOWN), StandardCharsets.ISO_8859_1).toCharArray()) {
            text.append(c == '\n' || c >= ' ' && c < 127 ? String.valueOf(c) : String.format("\\x%02x", (int) c));
        }
        return text + (bytes.length > SHOWN ? "… " + bytes.length + " bytes" : "");
    }
}
