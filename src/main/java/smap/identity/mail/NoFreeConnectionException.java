package smap.identity.mail;

import jakarta.mail.MessagingException;

/** No connection was handed out: all were busy for too long, the wait was interrupted, or the sender is closed. Nothing was sent. */
public final class NoFreeConnectionException extends MessagingException {

    private static final long serialVersionUID = 1L;

    NoFreeConnectionException(String message) {
        super(message);
    }
}
