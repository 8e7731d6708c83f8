package smap.identity.imports;

/** An export that cannot be read on from some place, which the message tells. */
public final class BrokenExportException extends RuntimeException {

    BrokenExportException(String message, Throwable cause) {
        super(message, cause);
    }
}
