package smap.identity.mail;

/** How a connection to the mail server is protected. */
public enum SmtpTls {
    /** STARTTLS (RFC 3207); a server that does not offer it gets no mail. */
    REQUIRED,
    /** STARTTLS if the server offers it. An attacker on the path can take the offer away; a refused or failed handshake still fails. */
    OPPORTUNISTIC,
    /** TLS from the first byte (RFC 8314, section 3.3), usually port 465. */
    IMPLICIT,
    /** Plain text, the password included. */
    OFF
}
