package smap.identity.mail;

/**
 * A mail job that no retry can make readable. The message names the field and what was expected there and never quotes
 * what was found, so that it may be logged and stored.
 */
public final class UnreadableJobException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** No cause is taken: a parser's message quotes its input. */
    UnreadableJobException(String message) {
        super(message);
    }

    static UnreadableJobException expected(String field, String expectation) {
        return new UnreadableJobException(field + ": expected " + expectation);
    }
}
