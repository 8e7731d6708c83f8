package smap.identity.mail;

/** What a failed attempt to send says of the next one. */
public enum FailureClass {
    /** The server will never take this mail. */
    PERMANENT,
    /** The server may take it later. */
    TEMPORARY,
    /** Server, connection or login are at fault: it would be the same with any other mail, so this one has not been tried. */
    ACCOUNT,
    /** The mail was complete and no answer came: it may have been taken. */
    UNKNOWN
}
